import {closeSync, openSync, readSync} from 'node:fs'
import {uptime} from 'node:os'

/** Fields of /proc/PID/stat, proc(5). */
export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Clock ticks since boot, as core's ProcessIdentity has it. */
  readonly startTime: string
}

// USER_HZ, which every Linux port that Node runs on fixes at 100 whatever the kernel's own tick is.
const TICKS_PER_SECOND = 100

/** A line of numbers and a name of 15 characters fits many times. */
const line = Buffer.alloc(4096)

function readLine(path: string): string {
  const descriptor = openSync(path, 'r')
  try {
    // One read has it whole; to look at each of many processes is mostly calls like these.
    return line.toString('latin1', 0, readSync(descriptor, line, 0, line.length, null))
  } finally {
    closeSync(descriptor)
  }
}

/** Reads a live process; null for one that is gone or a zombie, and always off Linux. */
export function readProcessStat(pid: number): ProcessStat | null {
  let text: string
  try {
    text = readLine(`/proc/${String(pid)}/stat`)
  } catch {
    return null
  }
  // The command name may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, parent, group, session] = fields
  const startTime = fields[19]
  if (startTime === undefined || state === 'Z' || state === 'X') return null
  return {pid, parent: Number(parent), group: Number(group), session: Number(session), startTime}
}

/** Whole seconds that a process has been up, by the machine's uptime, so that setting the clock changes nothing. */
export function uptimeOf(stat: ProcessStat, machineUptimeSeconds: number = uptime()): number {
  return Math.max(0, Math.floor(machineUptimeSeconds - Number(stat.startTime) / TICKS_PER_SECOND))
}
