/** @import {LastExit} from '@hermes-svc/core' */
/** @import {SuperviseStatus} from './supervise-status.js' */
import {existsSync, readFileSync, readlinkSync, statSync} from 'node:fs'
import {constants} from 'node:os'
import {join} from 'node:path'
import {birthOf} from './process-table.js'
import {isSupervised} from './runit-tools.js'
import {parseSuperviseStatus} from './supervise-status.js'

/**
 * What gateway.json says of a definition.
 *
 * @typedef {object} About
 * @property {string} specHash
 * @property {number | null} port
 * @property {boolean} autostart
 * @property {number} stopTimeoutMs
 */

/**
 * What was found of one service.
 *
 * @typedef {object} Observation
 * @property {About | null} about - null: it is not ours.
 * @property {About | null} running - The same of what the process of now was started by.
 * @property {boolean} isSupervised
 * @property {SuperviseStatus | null} status - null also where nobody keeps it current.
 * @property {string | null} parked - Why ./finish left it down: `fatal`, `clean` or `gave-up`.
 * @property {{pid: number, until: number} | null} backoff - The ./finish that sleeps, and until when; epoch milliseconds.
 * @property {boolean} isJudged - false for the moment between a death and the notes of ./finish.
 * @property {number} deaths
 * @property {LastExit | null} lastExit
 * @property {boolean} hasDown
 * @property {number | null} stray - A process that outlived its runsv.
 */

/**
 * A service that we may not look into: whose it is cannot be told either.
 *
 * @type {Observation}
 */
export const UNREADABLE = {
  about: null,
  running: null,
  isSupervised: true,
  status: null,
  parked: null,
  backoff: null,
  isJudged: true,
  deaths: 0,
  lastExit: null,
  hasDown: true,
  stray: null,
}

/**
 * @template T
 * @param {() => T} read
 * @returns {T | null}
 */
function unlessMissing(read) {
  try {
    return read()
  } catch (error) {
    const {code} = /** @type {NodeJS.ErrnoException} */ (error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EINVAL') return null
    throw error
  }
}

/**
 * The words of a note, and when it was written.
 *
 * @param {string} path
 */
function readNote(path) {
  const text = unlessMissing(() => readFileSync(path, 'utf8'))
  if (text === null || text.trim() === '') return null
  return {words: text.trim().split(' '), at: unlessMissing(() => statSync(path).mtimeMs) ?? 0}
}

/**
 * @param {string} path
 * @param {string} profile
 * @returns {About | null}
 */
function readAbout(path, profile) {
  const text = unlessMissing(() => readFileSync(path, 'utf8'))
  if (text === null) return null
  try {
    const about = /** @type {unknown} */ (JSON.parse(text))
    const isOurs = about instanceof Object && 'maker' in about && 'profile' in about && about.maker === 'hermes-svc'
    return isOurs && about.profile === profile ? /** @type {About} */ (/** @type {unknown} */ (about)) : null
  } catch {
    return null
  }
}

/**
 * The name of the signal in a byte as ./finish gets it, where 128 stands for a core file.
 *
 * @param {number} byte
 */
function signalName(byte) {
  const number = byte & 0x7f
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? String(number)
}

/** @param {string} service */
function readDeath(service) {
  const note = readNote(join(service, 'death'))
  if (note === null) return {deaths: 0, lastExit: null}
  const [deaths = 0, code = 0, signal = 0] = note.words.map(Number)
  const at = new Date(note.at).toISOString()
  return {deaths, lastExit: code < 0 ? {code: null, signal: signalName(signal), at} : {code, signal: null, at}}
}

/**
 * What this very ./finish wrote down before it went to sleep: failures, delay, pid.
 *
 * @param {string} service
 * @param {number | null} finish
 */
function readBackoff(service, finish) {
  const note = readNote(join(service, 'backoff'))
  const [, delayMs = 0, pid = 0] = note?.words.map(Number) ?? []
  return note !== null && pid === finish ? {pid, until: note.at + delayMs} : null
}

/** @param {string} service */
function findStray(service) {
  const [pid, birth] = readNote(join(service, 'started'))?.words ?? []
  return pid !== undefined && birth !== undefined && birthOf(Number(pid)) === birth ? Number(pid) : null
}

/** @param {string} service */
function runsOther(service) {
  const [running, current] = ['running', 'current'].map(name => unlessMissing(() => readlinkSync(join(service, name))))
  return running !== current
}

/**
 * Looks at a service; it reads a few small files, as many as its state needs, and starts nothing. null where there is none.
 * Throws the system error where it may not look.
 *
 * @param {string} service - Its directory.
 * @param {string} profile
 * @returns {Observation | null}
 */
export function observeService(service, profile) {
  if (unlessMissing(() => statSync(service)) === null) return null
  const about = readAbout(join(service, 'current', 'gateway.json'), profile)
  const supervised = isSupervised(service)
  const bytes = supervised ? unlessMissing(() => readFileSync(join(service, 'supervise', 'status'))) : null
  const status = bytes && parseSuperviseStatus(bytes)
  const phase = about === null ? null : status?.phase
  const isUp = phase === 'run' || phase === 'finish'
  return {
    about,
    running: isUp && runsOther(service) ? readAbout(join(service, 'running', 'gateway.json'), profile) : null,
    isSupervised: supervised,
    status,
    parked: phase === 'down' ? (readNote(join(service, 'parked'))?.words[0] ?? null) : null,
    backoff: phase === 'finish' ? readBackoff(service, status?.pid ?? null) : null,
    isJudged: phase !== 'finish' || readNote(join(service, 'started')) === null,
    ...readDeath(service),
    hasDown: existsSync(join(service, 'down')),
    stray: supervised ? null : findStray(service),
  }
}
