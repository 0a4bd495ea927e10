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
  rmSync(`${path}.new`, {force: true, recursive: true})
  const found = linkTarget(path)
  if (found === target) return
  // rename(2) does not replace a directory; whatever is no link was put there by hand.
  if (found === null) rmSync(path, {force: true, recursive: true})
  symlinkSync(target, `${path}.new`)
  renameSync(`${path}.new`, path)
}
