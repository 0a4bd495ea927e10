import {closeSync, constants, openSync, readdirSync, readFileSync, statSync, writeSync} from 'node:fs'
import {join, resolve} from 'node:path'

/** What opening a FIFO says when there is no runsv, or never was. */
const NOBODY = ['ENXIO', 'ENOENT', 'ENOTDIR']

/**
 * Opens a FIFO of runsv, without waiting for it; null where nobody reads it. Throws other system errors.
 *
 * @param {string} path
 */
function openFifo(path) {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    if (NOBODY.includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) return null
    throw error
  }
}

/**
 * Whether a runsv has this service: then it reads supervise/ok, as runsv(8) says.
 *
 * @param {string} service
 */
export function isSupervised(service) {
  const descriptor = openFifo(join(service, 'supervise', 'ok'))
  if (descriptor === null) return false
  closeSync(descriptor)
  return true
}

/**
 * Sends commands to the runsv of a service: the letters of runsv(8), CONTROL. false where there is none. runsv answers
 * nothing: what comes of it has to be observed. sv(8) does the same, costs a process, and guesses within the same second.
 *
 * @param {string} service
 * @param {string} letters
 */
export function tell(service, letters) {
  const descriptor = openFifo(join(service, 'supervise', 'control'))
  if (descriptor === null) return false
  try {
    writeSync(descriptor, letters)
    return true
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Ends the sleep of a ./finish, which no letter does.
 *
 * @param {number} pid
 */
export function endSleep(pid) {
  signalOrIgnore(pid, 'SIGTERM')
}

/**
 * @param {string} path
 * @returns {string | null}
 */
function readProc(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** The name of process 1; null where it cannot be read. */
export function nameOfProcess1() {
  return readProc('/proc/1/comm')?.trim() ?? null
}

/**
 * When a process was born, in ticks since the boot; null when it is gone.
 *
 * @param {number} pid
 */
export function birthOf(pid) {
  const stat = readProc(`/proc/${String(pid)}/stat`)
  if (stat === null) return null
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? null : (fields[18] ?? null)
}

/**
 * What names a directory, by whatever path it is reached; null where there is none that we may reach.
 *
 * @param {string} path
 */
function identityOf(path) {
  try {
    const stats = statSync(path)
    return stats.isDirectory() ? `${String(stats.dev)}:${String(stats.ino)}` : null
  } catch {
    return null
  }
}

/**
 * The runsvdir that watches a directory, among the processes that this account may see: its pid, or null.
 *
 * @param {string} directory
 */
export function findRunsvdir(directory) {
  const wanted = identityOf(directory)
  if (wanted === null) return null
  const found = readdirSync('/proc').find(pid => {
    if (!/^\d+$/.test(pid) || readProc(`/proc/${pid}/comm`) !== 'runsvdir\n') return false
    const [, ...words] = readProc(`/proc/${pid}/cmdline`)?.split('\0') ?? []
    const watched = words.find(word => !word.startsWith('-'))
    return watched !== undefined && identityOf(resolve(`/proc/${pid}/cwd`, watched)) === wanted
  })
  return found === undefined ? null : Number(found)
}

/** Bit of SIGALRM in a mask of signals. */
const ALARM = 1n << 13n

/**
 * Gives a function that has runsvdir look at its directory now. Debian's does so when it gets ALRM; others would die of it,
 * look by themselves, and are left alone.
 *
 * @param {string} directory
 */
export function askToLook(directory) {
  const pid = findRunsvdir(directory)
  return () => {
    const status = pid === null ? null : readProc(`/proc/${String(pid)}/status`)
    const [, caught = '0'] = /^Name:\trunsvdir\n[^]*^SigCgt:\t([0-9a-f]+)$/m.exec(status ?? '') ?? []
    if (pid !== null && (BigInt(`0x${caught}`) & ALARM) !== 0n) signalOrIgnore(pid, 'SIGALRM')
  }
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function signalOrIgnore(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch {
    // ESRCH: it has just ended. EPERM: it is root's.
  }
}
