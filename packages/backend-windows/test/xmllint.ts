import {spawnSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import test, {type ExecutionContext} from 'ava'
import {temporaryDirectory} from './temporary-directory.js'

const SCHEMA = fileURLToPath(new URL('../test/task.xsd', import.meta.url))

function runXmllint(args: readonly string[]) {
  return spawnSync('xmllint', args, {encoding: 'utf8', maxBuffer: 64 * 1024 * 1024})
}

const isThere = runXmllint(['--version']).status === 0

/** For tests that hold a task to the schema: `test`, or a skip; `why` goes to the end of their titles. */
export const withXmllint = isThere ? test : test.skip
export const why = isThere ? '' : ' (skipped: needs xmllint, Debian package libxml2-utils)'

/** What is wrong with each of these files by task.xsd; an empty text for one that is right. */
export function schemaErrors(t: ExecutionContext, files: readonly Buffer[]): string[] {
  const directory = temporaryDirectory(t)
  const paths = files.map((bytes, index) => {
    const path = join(directory, `${String(index)}.xml`)
    writeFileSync(path, bytes)
    return path
  })
  const {stderr} = runXmllint(['--noout', '--nonet', '--schema', SCHEMA, ...paths])
  const lines = stderr.split('\n')
  return paths.map(path =>
    lines.includes(`${path} validates`) ? '' : lines.filter(line => line.startsWith(path)).join('\n') || stderr,
  )
}
