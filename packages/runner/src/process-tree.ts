import {execFileSync} from 'node:child_process'
import {readdirSync, readFileSync, statSync} from 'node:fs'
import {startTimeOf} from '@hermes-svc/core/process-identity'
import {RUNNER_MARK} from './invocation.js'
import {type ProcessStat, readProcessStat} from './process-stat.js'

/** One process of a snapshot. `startTime` is in the platform's own form, see ProcessIdentity. */
export interface SnapshotProcess extends ProcessStat {
  /** Its environment holds the mark that was looked for. */
  readonly marked: boolean
  /** It is a runner, hence not of any gateway's tree although a CLI inside one may have started it. */
  readonly runner: boolean
}

/** Which processes make up a gateway's tree. */
export interface TreeRoot {
  /** The gateway's main process; null when only the mark is known. */
  readonly main: {readonly pid: number; readonly startTime: string} | null
  /** Beginning of an environment entry that every process of the tree inherits. */
  readonly mark: string
  /**
   * The main process lives, or has died under our eyes: its process group is still its own. Later the number may
   * belong to somebody else.
   */
  readonly groupIsOurs: boolean
  /** Only processes of this account are signalled. */
  readonly uid?: number | undefined
}

function environmentOf(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${String(pid)}/environ`, 'latin1')}`
  } catch {
    return ''
  }
}

function readProc(mark: string): SnapshotProcess[] {
  const processes: SnapshotProcess[] = []
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readProcessStat(Number(name)) : null
    if (stat === null) continue
    const environment = environmentOf(stat.pid)
    processes.push({
      ...stat,
      marked: environment.includes(`\0${mark}`),
      runner: environment.includes(`\0${RUNNER_MARK}`),
    })
  }
  return processes
}

/** Parses `ps -o pid=,ppid=,pgid=,sess=,lstart=,command=` with the environment after the command, as BSD and macOS print it. */
export function parsePs(text: string, mark: string): SnapshotProcess[] {
  const processes: SnapshotProcess[] = []
  for (const line of text.split('\n')) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)(.*)$/.exec(line)
    if (match === null) continue
    const [, pid, parent, group, , startTime = '', rest = ''] = match
    processes.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      // macOS prints 0 or an address here, so that sessions take no part there.
      session: 0,
      startTime,
      marked: rest.includes(` ${mark}`),
      runner: rest.includes(` ${RUNNER_MARK}`),
    })
  }
  return processes
}

/** Every process of the machine that can be seen. Not for Windows, see windows-descendants of core. */
export function snapshotProcesses(mark: string, platform: NodeJS.Platform = process.platform): SnapshotProcess[] {
  if (platform === 'linux' || platform === 'android') return readProc(mark)
  const text = execFileSync(
    'ps',
    ['-A', platform === 'darwin' ? '-E' : '-e', '-ww', '-o', 'pid=,ppid=,pgid=,sess=,lstart=,command='],
    {
      encoding: 'utf8',
      env: {PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC'},
      maxBuffer: 64 * 2 ** 20,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  return parsePs(text, mark)
}

/** The tree among the processes of a snapshot: main process, group, session, mark, and all their descendants. Pure. */
export function treeMembers(processes: readonly SnapshotProcess[], root: TreeRoot): SnapshotProcess[] {
  const {main, groupIsOurs} = root
  const leader = main === null ? undefined : processes.find(each => each.pid === main.pid)
  const mainLives = main !== null && leader?.startTime === main.startTime
  // While a group exists its number is no pid of anybody else, so another process there means that the group is not ours.
  const groupCounts = main !== null && (mainLives || (groupIsOurs && leader === undefined))
  const members = new Map<number, SnapshotProcess>()
  const add = (each: SnapshotProcess): void => {
    if (each.runner || members.has(each.pid)) return
    members.set(each.pid, each)
    for (const child of processes) if (child.parent === each.pid) add(child)
  }
  for (const each of processes) {
    const inGroup = groupCounts && (each.group === main.pid || each.session === main.pid)
    if (each.marked || inGroup || (mainLives && each.pid === main.pid)) add(each)
  }
  members.delete(process.pid)
  members.delete(1)
  return [...members.values()]
}

function belongsTo(uid: number, pid: number): boolean {
  return statSync(`/proc/${String(pid)}`, {throwIfNoEntry: false})?.uid === uid
}

/**
 * Sends a signal to exactly that process; nothing happens when it is gone or its pid is somebody else's now, nor on Windows,
 * where that cannot be told. With `uid`, nor when it is another account's: root reads pids from files that the account could
 * have written.
 */
export function signalProcess(
  target: {readonly pid: number; readonly startTime: string | null},
  signal: NodeJS.Signals,
  uid?: number,
): void {
  if (process.platform === 'win32') return
  if (target.startTime !== null && startTimeOf(target.pid) !== target.startTime) return
  if (uid !== undefined && !belongsTo(uid, target.pid)) return
  try {
    process.kill(target.pid, signal)
  } catch {
    // It ended in between, or has another account's rights: the next snapshot tells.
  }
}

const ROUNDS = 100
const ROUND_MS = 20

/** Kills a tree and returns what would not die within two seconds (uninterruptible, or of another account). */
export async function killTree(root: TreeRoot, platform: NodeJS.Platform = process.platform): Promise<number[]> {
  for (let round = 0; ; round += 1) {
    const members = treeMembers(snapshotProcesses(root.mark, platform), root)
    if (members.length === 0 || round === ROUNDS) return members.map(each => each.pid)
    for (const each of members) signalProcess(each, 'SIGKILL', root.uid)
    await new Promise(resolve => setTimeout(resolve, ROUND_MS))
  }
}
