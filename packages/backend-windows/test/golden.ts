import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {ExecutionContext} from 'ava'

const DIRECTORY = fileURLToPath(new URL('../test/golden', import.meta.url))

/** Holds a text to the one that is kept under this name, with line ends as git keeps them. */
export function assertGolden(t: ExecutionContext, name: string, given: string): void {
  const file = join(DIRECTORY, name)
  const text = given.replaceAll('\r\n', '\n')
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(DIRECTORY, {recursive: true})
    writeFileSync(file, text)
  }
  t.true(existsSync(file), `run the test once with UPDATE_GOLDEN=1: ${name}`)
  t.is(text, readFileSync(file, 'utf8'), name)
}
