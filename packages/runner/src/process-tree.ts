import {execFileSync} from 'node:child_process'
import {readdirSync, readFileSync, statSync} from 'node:fs'
import {startTimeOf} from '@hermes-svc/core/process-identity'
import {RUNNER_MARK} from './invocation.js'
import {type ProcessStat, readProcessStat} from './process-stat.js'

/** One process of a snapshot. `startTime` is in the platform's own form, see ProcessIdentity. */
export interface SnapshotProcess extends ProcessStat {
  /** Its environment holds the mark that was looked for; null: it has ended since it was listed. */
  readonly marked: boolean | null
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
  /** This process has started the main process and is not gone since. */
  readonly isChild?: boolean
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

/** A process whose environment is read when somebody asks what is in it. */
function withEnvironment(stat: ProcessStat, mark: string): SnapshotProcess {
  let environment: string | undefined
  const read = (): string => (environment ??= environmentOf(stat.pid))
  return {
    ...stat,
    get marked() {
      if (read().length <= 1 && readProcessStat(stat.pid) === null) return null
      return read().includes(`\0${mark}`)
    },
    get runner() {
      return read().includes(`\0${RUNNER_MARK}`)
    },
  }
}

function readProc(mark: string): SnapshotProcess[] {
  const processes: SnapshotProcess[] = []
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readProcessStat(Number(name)) : null
    if (stat !== null) processes.push(withEnvironment(stat, mark))
  }
  return processes
}

/** This process and its ancestors; null where they cannot all be looked at. */
function ownLine(): number[] | null {
  const found = [process.pid, 0, 1]
  for (let pid = process.ppid; pid > 1;) {
    found.push(pid)
    const parent = readProcessStat(pid)?.parent
    if (parent === undefined) return null
    pid = parent
  }
  return found
}

/** Who may have become the parent of a process, see treeMembers; null: anybody. */
type Adopters = ReadonlySet<number> | null

/** Every process, and who may adopt what a child of this process leaves, before and after, since an ancestor may end meanwhile. */
function lookAround(root: TreeRoot, platform: NodeJS.Platform): {processes: SnapshotProcess[]; adopters: Adopters} {
  const isTold = root.isChild === true && platform === 'linux'
  const before = isTold ? ownLine() : null
  const processes = snapshotProcesses(root.mark, platform)
  const after = before === null ? null : ownLine()
  return {processes, adopters: before === null || after === null ? null : new Set([...before, ...after])}
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

/**
 * The tree among the processes of a snapshot: main process, group, session, mark, and all their descendants. Whoever has lost its
 * parent is adopted by pid 1 or by an ancestor of that parent (PR_SET_CHILD_SUBREAPER of prctl(2)). So where all ancestors of the
 * main process are known, only their children can be what begins a part of the tree that has come loose, and only if they were
 * started later: the others are asked for no mark. Pure but for what a snapshot reads when it is asked.
 */
export function treeMembers(
  processes: readonly SnapshotProcess[],
  root: TreeRoot,
  adopters: Adopters = null,
): SnapshotProcess[] {
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
  const pids = new Set(processes.map(({pid}) => pid))
  const mayBeLoose = ({startTime, parent}: SnapshotProcess): boolean =>
    adopters === null ||
    main === null ||
    (Number(startTime) >= Number(main.startTime) && (adopters.has(parent) || !pids.has(parent)))
  const ended = new Set<number>()
  const addMarked = (each: SnapshotProcess): void => {
    const {pid, marked} = each
    if (marked === true) add(each)
    // Nobody can tell any more whether it was one, so its children are asked.
    if (marked !== null || ended.has(pid)) return
    ended.add(pid)
    for (const child of processes) if (child.parent === pid) addMarked(child)
  }
  for (const each of processes) {
    const inGroup = groupCounts && (each.group === main.pid || each.session === main.pid)
    if (inGroup || (mainLives && each.pid === main.pid)) add(each)
    else if (mayBeLoose(each)) addMarked(each)
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
    const {processes, adopters} = lookAround(root, platform)
    const members = treeMembers(processes, root, adopters)
    if (members.length === 0 || round === ROUNDS) return members.map(each => each.pid)
    for (const each of members) signalProcess(each, 'SIGKILL', root.uid)
    await new Promise(resolve => setTimeout(resolve, ROUND_MS))
  }
}
