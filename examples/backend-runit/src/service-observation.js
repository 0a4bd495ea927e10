/** @import {LastExit} from '@hermes-svc/core' */
/** @import {SuperviseStatus} from './supervise-status.js' */
import {constants as osConstants} from 'node:os'
import {existsSync, readFileSync, readlinkSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {birthOf, isSupervised} from './runit-tools.js'
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

/** @param {number} number */
function signalName(number) {
  return Object.entries(osConstants.signals).find(([, value]) => value === number)?.[0] ?? String(number)
}

/** @param {ReturnType<typeof readNote>} note - Count of deaths, exit code or -1, signal. */
function readDeath(note) {
  if (note === null) return {deaths: 0, lastExit: null}
  const [deaths = 0, code = 0, signal = 0] = note.words.map(Number)
  const at = new Date(note.at).toISOString()
  return {deaths, lastExit: code < 0 ? {code: null, signal: signalName(signal), at} : {code, signal: null, at}}
}

/**
 * @param {ReturnType<typeof readNote>} note - Failures, delay, pid of the ./finish that sleeps.
 * @param {SuperviseStatus | null} status
 */
function readBackoff(note, status) {
  const [, delayMs = 0, pid = 0] = note?.words.map(Number) ?? []
  return note === null || status?.phase !== 'finish' || status.pid !== pid ? null : {pid, until: note.at + delayMs}
}

/**
 * @param {ReturnType<typeof readNote>} note - Pid and birth of the process that has no death yet.
 */
function findStray(note) {
  const [pid, birth] = note?.words ?? []
  return pid !== undefined && birth !== undefined && birthOf(Number(pid)) === birth ? Number(pid) : null
}

/**
 * Looks at a service; it reads a handful of small files and starts nothing. null where there is none. Throws the system
 * error where it may not look.
 *
 * @param {string} service - Its directory.
 * @param {string} profile
 * @returns {Observation | null}
 */
export function observeService(service, profile) {
  if (unlessMissing(() => statSync(service)) === null) return null
  const note = (/** @type {string} */ name) => readNote(join(service, name))
  const supervised = isSupervised(service)
  const bytes = supervised ? unlessMissing(() => readFileSync(join(service, 'supervise', 'status'))) : null
  const status = bytes && parseSuperviseStatus(bytes)
  const about = readAbout(join(service, 'current', 'gateway.json'), profile)
  const isUp = status !== null && status.phase !== 'down'
  const definition = (/** @type {string} */ link) => unlessMissing(() => readlinkSync(join(service, link)))
  const isOther = about !== null && isUp && definition('running') !== definition('current')
  const started = note('started')
  return {
    about,
    running: isOther ? readAbout(join(service, 'running', 'gateway.json'), profile) : null,
    isSupervised: supervised,
    status,
    parked: note('parked')?.words[0] ?? null,
    backoff: readBackoff(note('backoff'), status),
    isJudged: about === null || status?.phase !== 'finish' || started === null,
    ...readDeath(note('death')),
    hasDown: existsSync(join(service, 'down')),
    stray: supervised ? null : findStray(started),
  }
}
