import {listWindowsProcesses, type WindowsProcess} from './windows-processes.js'

/** A process whose number was its own from one moment to another. Milliseconds since the epoch. */
export interface WindowsAncestor {
  readonly pid: number
  readonly fromMs: number
  readonly toMs: number
}

/** What ending descendants needs from outside. */
export interface WindowsEnding {
  /** Processes that are left alone, with what they have started. */
  readonly spares?: (process: WindowsProcess) => boolean
  readonly list?: () => Promise<readonly WindowsProcess[]>
  readonly kill?: (pid: number) => void
}

/** The clock of a program and that by which Windows notes creations may differ by some ticks of 16 ms. */
const CLOCK_SLACK_MS = 1000
const ROUNDS = 3

/**
 * The processes that a process started, and those that these started, as far as they are still there. A process names its
 * parent by a number that is given away again soon. So a child counts only where it was made while the number was its
 * parent's: explorer.exe, whose parent ends at each logon, would otherwise be a child of whoever comes to have that number. Pure.
 */
export function windowsDescendants(
  processes: readonly WindowsProcess[],
  {pid, fromMs, toMs}: WindowsAncestor,
  spares: (process: WindowsProcess) => boolean = () => false,
): WindowsProcess[] {
  const found = new Map<number, WindowsProcess>()
  const add = (each: WindowsProcess): void => {
    if (found.has(each.pid) || spares(each)) return
    found.set(each.pid, each)
    for (const child of processes) if (child.parent === each.pid && child.createdAtMs >= each.createdAtMs) add(child)
  }
  for (const each of processes) {
    const isChild = each.parent === pid && each.createdAtMs >= fromMs - CLOCK_SLACK_MS && each.createdAtMs <= toMs
    if (isChild && each.pid !== pid) add(each)
  }
  found.delete(process.pid)
  return [...found.values()]
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended, or has rights that we lack: the next list tells.
  }
}

/** Ends the descendants of a process and returns the pids of those that would not. Rejects where processes cannot be listed. */
export async function endWindowsDescendants(
  ancestor: WindowsAncestor,
  {spares, list = listWindowsProcesses, kill = killProcess}: WindowsEnding = {},
): Promise<number[]> {
  for (let round = 0; ; round += 1) {
    const members = windowsDescendants(await list(), ancestor, spares)
    if (members.length === 0 || round === ROUNDS) return members.map(({pid}) => pid)
    for (const {pid} of members) kill(pid)
  }
}
