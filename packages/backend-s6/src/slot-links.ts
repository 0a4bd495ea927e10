import {readlinkSync, renameSync, rmSync, symlinkSync} from 'node:fs'

/** Where a link leads; null for whatever is no link. */
export function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

/** Makes a link, or replaces whatever is there; readers see the old one or the new one. */
export function putLink(path: string, target: string): void {
  if (linkTarget(path) === target) return
  rmSync(`${path}.new`, {force: true, recursive: true})
  symlinkSync(target, `${path}.new`)
  renameSync(`${path}.new`, path)
}
