import {closeSync, constants, fchmodSync, fchownSync, fsyncSync, openSync, rmSync, writeFileSync} from 'node:fs'
import {randomBytes} from 'node:crypto'
import {basename, dirname, join} from 'node:path'
import {renameOver} from './rename-over.js'

/** How a staged name begins; whatever lists a directory of ours passes over these. */
export const STAGING_PREFIX = '.staging-'

/**
 * Writes a file so that readers see the old contents or the new, never a part: staged beside it under a dot name,
 * flushed, renamed over. Synchronous, so that it can run with another account's rights; `owner` is for root, who gives
 * it away. Throws the system error, and then nothing of it is left.
 */
export function publishFile(
  path: string,
  contents: string | Uint8Array,
  mode = 0o600,
  owner?: {readonly uid: number; readonly gid: number},
): void {
  const staged = join(dirname(path), `${STAGING_PREFIX}${basename(path)}.${randomBytes(6).toString('hex')}`)
  // O_EXCL and O_NOFOLLOW: a link that somebody planted at the staged name is refused, not followed.
  const flags =
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | ((constants as {O_NOFOLLOW?: number}).O_NOFOLLOW ?? 0)
  const descriptor = openSync(staged, flags, mode)
  try {
    try {
      // The mode of open(2) is cut by the umask.
      fchmodSync(descriptor, mode)
      if (owner) fchownSync(descriptor, owner.uid, owner.gid)
      writeFileSync(descriptor, contents)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameOver(staged, path)
  } catch (error) {
    rmSync(staged, {force: true})
    throw error
  }
}
