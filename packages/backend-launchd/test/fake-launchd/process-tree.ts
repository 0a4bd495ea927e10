import {readdirSync, readFileSync} from 'node:fs'

/** One process of a snapshot, proc(5). */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** With the pid, it tells a process from a later one of the same number. */
  readonly startTime: string
}

/** A process that is there and no zombie, or null. */
export function readEntry(pid: number): ProcessEntry | null {
  let text: string
  try {
    text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1')
  } catch {
    return null
  }
  // The command name may hold blanks and parentheses.
  const [state, parent, group, session, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return null
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime: rest[15] ?? '',
  }
}

/** Every process that can be seen and is no zombie; none where there is no /proc. */
export function readProcesses(): ProcessEntry[] {
  let names: string[]
  try {
    names = readdirSync('/proc')
  } catch {
    return []
  }
  return names.filter(name => /^\d+$/.test(name)).flatMap(name => readEntry(Number(name)) ?? [])
}

function readEnvironment(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${String(pid)}/environ`, 'utf8')}`
  } catch {
    return ''
  }
}

/** Processes that have all of these texts at the beginning of entries of their environment. */
export function withEnvironment(processes: readonly ProcessEntry[], ...starts: string[]): ProcessEntry[] {
  return processes.filter(({pid}) => {
    const environment = readEnvironment(pid)
    return starts.every(start => environment.includes(`\0${start}`))
  })
}

/** A process group and session with all their descendants, also those that left both. */
export function treeOf(processes: readonly ProcessEntry[], leader: number): ProcessEntry[] {
  const members = new Set<ProcessEntry>()
  const add = (entry: ProcessEntry): void => {
    if (members.has(entry)) return
    members.add(entry)
    for (const child of processes) if (child.parent === entry.pid) add(child)
  }
  for (const entry of processes) if (entry.group === leader || entry.session === leader) add(entry)
  return [...members]
}

/** Signals a process, or with a negative number a group; what is gone or another account's is left alone. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}
