import {readFileSync} from 'node:fs'

/** A process, and what tells it from a later one with its number, where that can be known. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string | null
}

function statOf(pid: number): readonly string[] | null {
  let text: string
  try {
    text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1')
  } catch {
    return null
  }
  // The command name may hold blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? null : fields
}

/** A process that lives, proc(5), and its parent; null where there is none. */
export function readProcess(pid: number): (ProcessIdentity & {readonly parent: number}) | null {
  const fields = statOf(pid)
  return fields === null ? null : {pid, parent: Number(fields[1]), startTime: fields[19] ?? null}
}

/** How this process is known later. */
export function identify(pid: number): ProcessIdentity {
  return {pid, startTime: process.platform === 'linux' ? (readProcess(pid)?.startTime ?? null) : null}
}

/** Whether it is that process that is there. */
export function isAlive({pid, startTime}: ProcessIdentity): boolean {
  if (process.platform === 'linux') return readProcess(pid)?.startTime === startTime
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
