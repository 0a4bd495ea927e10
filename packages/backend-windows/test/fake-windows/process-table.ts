import {spawnSync} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {type ProcessIdentity, readProcess} from './process-identity.js'

/** A process of a snapshot. */
export type TableEntry = ProcessIdentity & {readonly parent: number}

/** wmic.exe of Wine; its table is of UTF-16. */
function readWindowsTable(): TableEntry[] {
  const columns = 'ParentProcessId,ProcessId'
  // It reads on where its input does not end.
  const stdio = ['ignore', 'pipe', 'ignore'] as const
  const {stdout} = spawnSync('wmic', ['process', 'get', columns], {
    encoding: 'utf16le',
    windowsHide: true,
    stdio: [...stdio],
  })
  return Array.from(stdout.matchAll(/^(\d+)\s+(\d+)/gm), ([, parent, pid]) => {
    return {pid: Number(pid), parent: Number(parent), startTime: null}
  })
}

/** Every process that can be seen and is no zombie. */
export function readProcessTable(): TableEntry[] {
  if (process.platform === 'win32') return readWindowsTable()
  const names = readdirSync('/proc')
  return names.filter(name => /^\d+$/.test(name)).flatMap(name => readProcess(Number(name)) ?? [])
}

function readList(pid: number, name: 'environ' | 'cmdline'): string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** The entries of a process's environment. */
export function environmentOf(pid: number): string[] {
  return readList(pid, 'environ')
}

/** The words that a process was started with. */
export function argumentsOf(pid: number): string[] {
  return readList(pid, 'cmdline')
}

/** Processes with everything below them, parents first. */
export function treesOf(table: readonly TableEntry[], roots: readonly TableEntry[]): TableEntry[] {
  const members = new Set<TableEntry>()
  const add = (entry: TableEntry): void => {
    if (members.has(entry)) return
    members.add(entry)
    for (const child of table) if (child.parent === entry.pid) add(child)
  }
  roots.forEach(add)
  return [...members]
}

/** SIGKILL; what is gone or another account's is left alone. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}
