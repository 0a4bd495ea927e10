import {renameSync} from 'node:fs'

/** What Windows answers while somebody has a file open: a reader of ours for a moment, or a virus scanner. */
const IN_USE = ['EACCES', 'EBUSY', 'EPERM']
const PAUSE_MS = 10
const PATIENCE_MS = 2000

/** What renaming needs of its machine. */
export interface Renaming {
  readonly platform: NodeJS.Platform
  readonly rename: (from: string, to: string) => void
  /** Holds up the whole program for so many milliseconds: file work is synchronous here. */
  readonly pause: (ms: number) => void
}

const OWN: Renaming = {
  platform: process.platform,
  rename: renameSync,
  pause: ms => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
}

/**
 * Renames a file or directory, over one that is there too. Windows refuses that while somebody has either of them open, so it is
 * tried there for two seconds. Throws the system error.
 */
export function renameOver(from: string, to: string, {platform, rename, pause}: Renaming = OWN): void {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      rename(from, to)
      return
    } catch (error) {
      const isInUse = platform === 'win32' && IN_USE.includes((error as NodeJS.ErrnoException).code ?? '')
      if (!isInUse || waitedMs >= PATIENCE_MS) throw error
      pause(PAUSE_MS)
    }
  }
}
