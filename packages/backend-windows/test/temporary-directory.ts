import {mkdtempSync, realpathSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {ExecutionContext} from 'ava'

/** A directory for one test, removed after it. */
export function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'hsvc-windows-'))
  t.teardown(() => {
    rmSync(directory, {recursive: true, force: true})
  })
  return directory
}
