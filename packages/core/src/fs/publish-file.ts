import {closeSync, constants, fchmodSync, fchownSync, fsync, fsyncSync, openSync, rmSync, writeFileSync} from 'node:fs'
import {randomBytes} from 'node:crypto'
import {basename, dirname, join} from 'node:path'
import {renameOver} from './rename-over.js'
import {type Run, soon} from './shared-rights.js'

/** How a staged name begins; whatever lists a directory of ours passes over these. */
export const STAGING_PREFIX = '.staging-'

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** A file with its contents, under the name that it has until it is whole. */
interface Staged {
  readonly path: string
  readonly descriptor: number
}

function stage(path: string, contents: string | Uint8Array, mode: number, owner?: Owner): Staged {
  const staged = join(dirname(path), `${STAGING_PREFIX}${basename(path)}.${randomBytes(6).toString('hex')}`)
  // O_EXCL and O_NOFOLLOW: a link that somebody planted at the staged name is refused, not followed.
  const flags =
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | ((constants as {O_NOFOLLOW?: number}).O_NOFOLLOW ?? 0)
  const descriptor = openSync(staged, flags, mode)
  try {
    // The mode of open(2) is cut by the umask.
    fchmodSync(descriptor, mode)
    if (owner) fchownSync(descriptor, owner.uid, owner.gid)
    writeFileSync(descriptor, contents)
    return {path: staged, descriptor}
  } catch (error) {
    closeSync(descriptor)
    rmSync(staged, {force: true})
    throw error
  }
}

/**
 * Writes a file so that readers see the old contents or the new, never a part: staged beside it under a dot name,
 * flushed, renamed over. Synchronous, so that it can run with another account's rights; `owner` is for root, who gives
 * it away. Throws the system error, and then nothing of it is left.
 */
export function publishFile(path: string, contents: string | Uint8Array, mode = 0o600, owner?: Owner): void {
  const staged = stage(path, contents, mode, owner)
  try {
    try {
      fsyncSync(staged.descriptor)
    } finally {
      closeSync(staged.descriptor)
    }
    renameOver(staged.path, path)
  } catch (error) {
    rmSync(staged.path, {force: true})
    throw error
  }
}

function flushed(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, error => {
      if (error) reject(error)
      else resolve()
    })
  })
}

/** How `publishFlushed` does its work. */
export interface Publishing {
  readonly mode: number
  /** Does a piece of the work with somebody's rights, which takes longer than most pieces. */
  readonly run: Run
  /** Work before and after, with the same rights. */
  readonly prepare: () => void
  readonly end: () => void
}

/**
 * The same while the program goes on with other things, since a disk takes a millisecond and more to flush. To flush needs nobody's
 * rights.
 */
export async function publishFlushed(
  path: string,
  contents: string,
  {mode, run, prepare, end}: Publishing,
): Promise<void> {
  const staged = await soon(run, () => {
    prepare()
    return stage(path, contents, mode)
  })
  try {
    try {
      await flushed(staged.descriptor)
    } finally {
      closeSync(staged.descriptor)
    }
    await soon(run, () => {
      renameOver(staged.path, path)
      end()
    })
  } catch (error) {
    await soon(run, () => {
      rmSync(staged.path, {force: true})
    })
    throw error
  }
}
