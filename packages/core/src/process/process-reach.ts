import {readFileSync, readlinkSync} from 'node:fs'
import {constants} from 'node:os'
import {basename} from 'node:path'
import {startTimeOf} from './process-identity.js'

/** What is seen of a process before it is sent a signal past its supervisor. */
export interface ProcessLook {
  readonly startTime: string
  /** Whether SIGUSR1 reaches a handler of the program's own, and does not just end it; null where that cannot be seen. */
  readonly heedsUsr1: boolean | null
}

/** Reaches a gateway's own process, past its supervisor. */
export interface ProcessReach {
  /** null when there is no such process, or none that this account can look at. */
  look(pid: number): ProcessLook | null
  /** Sends SIGUSR1 to the process of that start time; false when it is gone. Throws the system error, such as EPERM. */
  sendUsr1(pid: number, startTime: string): boolean
}

/** Reads from the text of /proc/PID/status (proc(5)) whether a signal is caught; null when it does not say. Pure. */
export function parseCaught(status: string, signal: number): boolean | null {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  return mask === undefined ? null : ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n
}

/** Whether the program of a process is Node, by what it runs or, for another account's, by what it was called. */
function isNode(pid: number): boolean {
  let program: string
  try {
    program = readlinkSync(`/proc/${String(pid)}/exe`)
  } catch {
    program = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').split('\0')[0] ?? ''
  }
  return /^node(?:js)?(?: \(deleted\))?$/.test(basename(program))
}

function heedsUsr1(pid: number): boolean | null {
  if (process.platform !== 'linux') return null
  try {
    const caught = parseCaught(readFileSync(`/proc/${String(pid)}/status`, 'latin1'), constants.signals.SIGUSR1)
    // Node catches it without being asked to, and opens its debugger for every account of the machine.
    return caught === true ? !isNode(pid) : caught
  } catch {
    return null
  }
}

/** The processes of this machine. */
export const processReach: ProcessReach = {
  look(pid) {
    const startTime = startTimeOf(pid)
    return startTime === null ? null : {startTime, heedsUsr1: heedsUsr1(pid)}
  },
  sendUsr1(pid, startTime) {
    if (startTimeOf(pid) !== startTime) return false
    try {
      process.kill(pid, 'SIGUSR1')
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
      throw error
    }
  },
}
