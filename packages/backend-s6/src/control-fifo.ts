import {closeSync, constants, fstatSync, openSync} from 'node:fs'
import {join} from 'node:path'

/** What a control FIFO answers: `dead` has no reader, `denied` has one or none, and we may not ask, `none` is no FIFO. */
export type ControlAnswer = 'alive' | 'dead' | 'denied' | 'none'

/** Whether somebody reads a control FIFO. `denied`: it is there, and we may not ask. */
export type Listening = 'yes' | 'no' | 'denied'

const FLAGS = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW

const ANSWERS: Readonly<Record<string, ControlAnswer>> = {
  // A FIFO without a reader (fifo(7)).
  ENXIO: 'dead',
  EACCES: 'denied',
  EPERM: 'denied',
  ENOENT: 'none',
  ENOTDIR: 'none',
  EISDIR: 'none',
  ELOOP: 'none',
}

/** Where a scan directory takes the commands of s6-svscanctl. */
export function scandirControl(scandir: string): string {
  return join(scandir, '.s6-svscan', 'control')
}

/** Where a service directory takes the commands of s6-svc. */
export function superviseControl(directory: string): string {
  return `${directory}/supervise/control`
}

/** Opens a control FIFO for writing, to be closed by the caller; null where nobody reads it. Throws other system errors. */
export function openControl(path: string): number | null {
  try {
    return openFifo(path)
  } catch (error) {
    if (answerOf(error) === 'denied') throw error
    return null
  }
}

/** Asks a control FIFO without writing to it: that a writer can be opened without waiting means that somebody reads. */
export function askControl(path: string): ControlAnswer {
  let descriptor: number | null
  try {
    descriptor = openFifo(path)
  } catch (error) {
    return answerOf(error)
  }
  if (descriptor === null) return 'none'
  closeSync(descriptor)
  return 'alive'
}

/**
 * The same of a control FIFO that s6 itself made, as s6-svok(8) asks it: what else lies there is nobody's to look at in each of
 * thousands of slots.
 */
export function askSupervisor(path: string): ControlAnswer {
  try {
    closeSync(openSync(path, FLAGS))
    return 'alive'
  } catch (error) {
    return answerOf(error)
  }
}

/** Whether a process reads the control FIFO of a service directory. Synchronous: for work with another account's rights. */
export function listening(path: string): Listening {
  const answer = askSupervisor(path)
  if (answer === 'denied') return answer
  return answer === 'alive' ? 'yes' : 'no'
}

/** null for what is no FIFO. */
function openFifo(path: string): number | null {
  const descriptor = openSync(path, FLAGS)
  if (fstatSync(descriptor).isFIFO()) return descriptor
  closeSync(descriptor)
  return null
}

/** What a failure to open means. Throws it again where it tells nothing of the FIFO. */
function answerOf(error: unknown): ControlAnswer {
  const answer = ANSWERS[(error as NodeJS.ErrnoException).code ?? '']
  if (answer === undefined) throw error
  return answer
}
