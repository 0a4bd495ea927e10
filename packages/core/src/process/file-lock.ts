import {spawnSync} from 'node:child_process'

/** Exit code of flock(1) when somebody else has the lock. */
const HELD = 1

/**
 * Whether some process, in whatever container, has an open file locked with flock(2); null where it cannot be told. Node
 * has no such call, so flock(1) of util-linux or busybox is run on the descriptor, which may be open for reading only.
 * Whoever asks has the lock shared for a moment, until it closes the descriptor.
 */
export function isFileLocked(descriptor: number): boolean | null {
  const {status, error} = spawnSync('flock', ['-s', '-n', '3'], {stdio: ['ignore', 'ignore', 'ignore', descriptor]})
  if (error !== undefined) return null
  return status === HELD ? true : status === 0 ? false : null
}
