import {readdirSync, rmdirSync, rmSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {STAGING_PREFIX} from './publish-file.js'

/** The names in a directory; none where it is not there. Throws other system errors. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Removes a directory that nothing is in any more; tells whether it did. Throws other system errors. */
export function removeIfEmpty(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    const {code = ''} = error as NodeJS.ErrnoException
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(code)) return false
    throw error
  }
}

/** Removes what was staged for a file or directory, by `publishFile` or alike, by whoever was killed over it. */
export function removeStaged(path: string): void {
  const begin = `${STAGING_PREFIX}${basename(path)}.`
  for (const name of namesIn(dirname(path)).filter(each => each.startsWith(begin)))
    // Windows lets nobody remove what a virus scanner, for instance, looks at: then that is waited for.
    rmSync(join(dirname(path), name), {recursive: true, force: true, maxRetries: 5})
}
