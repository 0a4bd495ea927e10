import {closeSync, constants, openSync, writeSync} from 'node:fs'
import {join} from 'node:path'
import {catchesAlarm, findRunsvdir} from './process-table.js'

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
 * Gives a function that has runsvdir look at its directory now. Debian's does so when it gets ALRM; others would die of it,
 * look by themselves, and are left alone.
 *
 * @param {string} directory
 */
export function askToLook(directory) {
  const pid = findRunsvdir(directory)
  return () => {
    if (pid !== null && catchesAlarm(pid)) signalOrIgnore(pid, 'SIGALRM')
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
