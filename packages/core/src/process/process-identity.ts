import {existsSync, readFileSync, readlinkSync} from 'node:fs'
import {execFileSync} from 'node:child_process'

/**
 * What names a process for good: a pid alone is reused. `startTime` is clock ticks since boot on Linux (field 22 of
 * /proc/PID/stat, proc(5)), the text of `ps -o lstart` on other POSIX systems, and null where there is neither.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string | null
  /** /proc/sys/kernel/random/boot_id; null off Linux. */
  readonly bootId: string | null
  /** Inode of the pid namespace, namespaces(7); null off Linux. */
  readonly pidNamespace: string | null
}

/** Whether a process is still there: `unknown` when it lives where we cannot look (another boot, host or pid namespace). */
export type Liveness = 'alive' | 'gone' | 'unknown'

function readFirst(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}

// There such a path leads to whatever drive the current directory is on.
const isWindows = process.platform === 'win32'

let bootIdRead: string | null | undefined
let pidNamespaceRead: string | null | undefined
let ownStartTime: string | null | undefined

/** This boot; constant for the life of the process. */
export function bootId(): string | null {
  bootIdRead ??= isWindows ? null : readFirst('/proc/sys/kernel/random/boot_id')
  return bootIdRead
}

function pidNamespace(): string | null {
  if (pidNamespaceRead === undefined) {
    try {
      pidNamespaceRead = isWindows ? null : readlinkSync('/proc/self/ns/pid')
    } catch {
      pidNamespaceRead = null
    }
  }
  return pidNamespaceRead
}

/** Fields of /proc/PID/stat after the command name, which may itself hold spaces and parentheses. */
function statFields(pid: number): string[] | null {
  const text = readFirst(`/proc/${String(pid)}/stat`)
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** When this process started: what is asked of it with each lock. */
function startTimeOfThis(): string | null {
  return (ownStartTime ??= startTimeOf(process.pid))
}

/**
 * The start time of a live process, null when there is none (a zombie counts as none) or it cannot be told. On Linux
 * one small read; elsewhere one `ps`.
 */
export function startTimeOf(pid: number, platform: NodeJS.Platform = process.platform): string | null {
  if (platform === 'win32') return null
  if (platform === 'linux' || platform === 'android') {
    const fields = statFields(pid)
    return fields === null || fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
  }
  try {
    const text = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: {PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC'},
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return text === '' || text.startsWith('Z') ? null : text.replace(/^\S+\s+/, '')
  } catch {
    return null
  }
}

/** Names a process of this boot and pid namespace. */
export function identityOf(pid: number): ProcessIdentity {
  const startTime = pid === process.pid ? startTimeOfThis() : startTimeOf(pid)
  return {pid, startTime, bootId: bootId(), pidNamespace: pidNamespace()}
}

/** Whether any process has that pid, one of another account included. It need not be the one that had it before. */
export function answersSignalZero(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function isHidden(pid: number): boolean {
  return process.platform === 'linux' && !existsSync(`/proc/${String(pid)}`) && answersSignalZero(pid)
}

/** Whether that very process, not just its pid, is still there. */
export function livenessOf(identity: ProcessIdentity): Liveness {
  if (identity.bootId !== bootId() || identity.pidNamespace !== pidNamespace()) return 'unknown'
  if (identity.startTime !== null) {
    const startTime = identityOf(identity.pid).startTime
    if (startTime === identity.startTime) return 'alive'
    // With /proc mounted hidepid (proc(5)) another account's process cannot be read, but it can be told to be there.
    return startTime === null && isHidden(identity.pid) ? 'unknown' : 'gone'
  }
  return answersSignalZero(identity.pid) ? 'alive' : 'gone'
}

/** Whether a value read from a file has the shape of an identity. */
export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  if (value === null || typeof value !== 'object') return false
  const {pid, startTime, bootId: boot, pidNamespace: namespace} = value as Record<string, unknown>
  const nullable = [startTime, boot, namespace].every(field => field === null || typeof field === 'string')
  return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 && nullable
}
