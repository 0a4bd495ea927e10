import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {definitionFiles, type ForeignFile} from './slot-store.js'

/** Other people's slots may have secrets in files that everybody can read. */
function modeFor({mode}: ForeignFile): number {
  return mode & 0o700
}

function isSame(kept: readonly ForeignFile[], files: readonly ForeignFile[]): boolean {
  const isThere = (file: ForeignFile): boolean =>
    kept.some(
      ({name, mode, contents}) => name === file.name && mode === modeFor(file) && contents.equals(file.contents),
    )
  return kept.length === files.length && files.every(isThere)
}

/** Whether one of the directories in `backups` has exactly these files: Hermes' image makes the same slot at every boot. */
export function isKept(backups: string, files: readonly ForeignFile[]): boolean {
  try {
    const entries = readdirSync(backups, {withFileTypes: true}).filter(entry => entry.isDirectory())
    return entries.some(({name}) => isSame(definitionFiles(join(backups, name)), files))
  } catch {
    // Not there, or not as it was left: another copy does no harm.
    return false
  }
}

/** Writes the files into a directory that is not there yet. */
export function keepFiles(backup: string, files: readonly ForeignFile[]): void {
  mkdirSync(backup, {recursive: true, mode: 0o700})
  for (const file of files) {
    const path = join(backup, file.name)
    mkdirSync(dirname(path), {recursive: true, mode: 0o700})
    writeFileSync(path, file.contents, {mode: modeFor(file)})
  }
}
