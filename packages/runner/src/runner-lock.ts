import {closeSync, constants, openSync} from 'node:fs'
import {join} from 'node:path'

/** Name of the file that a runner on Windows has open for itself alone. */
export const LOCK_FILE = 'runner.lock'

// UV_FS_O_EXLOCK of libuv, which Node has no name for: the file is opened with share mode 0 of CreateFile, so that nobody
// else can open it until its handle is closed. Windows does that at the latest when the process ends.
const FOR_NOBODY_ELSE = 0x10000000

/** Opens a file as openSync does, and throws EBUSY where somebody has it open for nobody else. */
export type OpenFile = (path: string, flags: number, mode?: number) => number

/** Something that is held until it is released. */
export interface Held {
  release(): void
}

/**
 * Takes the lock of a runner directory; null where another process has it, or is just looking whether somebody has. Throws
 * other system errors.
 */
export function takeRunnerLock(directory: string, open: OpenFile = openSync): Held | null {
  let descriptor: number
  try {
    descriptor = open(join(directory, LOCK_FILE), constants.O_RDWR | constants.O_CREAT | FOR_NOBODY_ELSE, 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return null
    throw error
  }
  return {
    release() {
      closeSync(descriptor)
    },
  }
}

/** Whether a process has the lock of a runner directory. Throws system errors. */
export function isRunnerLocked(directory: string, open: OpenFile = openSync): boolean {
  try {
    closeSync(open(join(directory, LOCK_FILE), constants.O_RDONLY))
    return false
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'EBUSY') return true
    if (code === 'ENOENT') return false
    throw error
  }
}
