/** @import {BackendContext, Detection, Scope} from '@hermes-svc/core' */
import {readdirSync, statSync} from 'node:fs'
import {isAbsolute, join} from 'node:path'
import {findRunsvdir, nameOfProcess1} from './process-table.js'
import {isSupervised} from './runit-tools.js'

/** Where distributions have runsvdir look; sv(8) names the first. */
const USUAL = ['/etc/service', '/var/service', '/run/runit/service', '/service']

/** What process 1 is called where a boot, or the start of a container, starts runsvdir. */
const STARTERS = ['runit', 'runit-init', 'runsvdir']

/**
 * Who watches a directory. `hidden`: nobody whom this account may see, on a machine that hides the processes of others.
 *
 * @typedef {object} Watch
 * @property {string} directory
 * @property {boolean} isNamed - Whether the configuration names it.
 * @property {number | null} ownerUid - null: there is no such directory.
 * @property {'watched' | 'nobody' | 'hidden'} by
 * @property {string} seen - For people.
 */

/**
 * `backends.runit` of the configuration. Throws HSVC_CONFIG_INVALID.
 *
 * @param {Pick<BackendContext, 'configuration' | 'error'>} context
 * @returns {string | null} The configured directory.
 */
function parseSettings({configuration, error}) {
  const {directory = null, ...others} = configuration
  const [unknown] = Object.keys(others)
  const invalid = (/** @type {string} */ key, /** @type {string} */ expected, /** @type {string} */ got) =>
    error('HSVC_CONFIG_INVALID', `backends.runit.${key}: expected ${expected}, got ${got}`, {
      hint: `Fix or remove backends.runit.${key}.`,
    })
  if (unknown !== undefined) throw invalid(unknown, 'directory as the only key', 'another key')
  if (directory === null || (typeof directory === 'string' && isAbsolute(directory))) return directory
  throw invalid('directory', 'an absolute path', JSON.stringify(directory))
}

/**
 * Whether some service in there has a runsv, where the processes cannot be seen.
 *
 * @param {string} directory
 */
function hasSupervised(directory) {
  try {
    return readdirSync(directory).some(name => isSupervised(join(directory, name)))
  } catch {
    return false
  }
}

/**
 * @param {string} directory
 * @param {boolean} isNamed
 * @returns {Watch}
 */
function lookAt(directory, isNamed) {
  const ownerUid = ownerOf(directory)
  const watch = {directory, isNamed, ownerUid}
  if (ownerUid === null) return {...watch, by: 'nobody', seen: 'there is no such directory'}
  const pid = findRunsvdir(directory)
  if (pid !== null) return {...watch, by: 'watched', seen: `process ${String(pid)}`}
  if (hasSupervised(directory)) return {...watch, by: 'watched', seen: 'a runsv answers'}
  if (nameOfProcess1() === null) return {...watch, by: 'hidden', seen: 'the processes of others are hidden'}
  return {...watch, by: 'nobody', seen: 'nobody'}
}

/** @param {string} directory */
function ownerOf(directory) {
  try {
    return statSync(directory).uid
  } catch {
    return null
  }
}

/**
 * The directories that may be meant, in the order of preference: the configured one alone, or $SVDIR and the usual ones.
 *
 * @param {BackendContext} context
 * @returns {Watch[]}
 */
function lookAround(context) {
  const configured = parseSettings(context)
  if (configured !== null) return [lookAt(configured, true)]
  const {SVDIR} = context.env
  const own = SVDIR !== undefined && isAbsolute(SVDIR) ? [SVDIR] : []
  return [...new Set([...own, ...USUAL])].map(directory => lookAt(directory, false))
}

/** @param {readonly Watch[]} watches */
function choose(watches) {
  const [first] = watches
  return watches.find(({by}) => by !== 'nobody') ?? /** @type {Watch} */ (first)
}

/**
 * Where gateways go on this machine. Throws HSVC_CONFIG_INVALID.
 *
 * @param {BackendContext} context
 * @returns {{directory: string, ownerUid: number | null, scope: Scope, startsAtBoot: boolean}}
 */
export function findPlace(context) {
  const {directory, ownerUid} = choose(lookAround(context))
  const scope = ownerUid === null || ownerUid === 0 ? 'system' : 'user'
  return {directory, ownerUid, scope, startsAtBoot: scope === 'system' && STARTERS.includes(nameOfProcess1() ?? '')}
}

/**
 * What the looks mean for this caller. Only who owns the directory writes there: for root, links could be planted in
 * somebody else's. Pure.
 *
 * @param {readonly Watch[]} watches
 * @param {number | null} uid
 * @returns {Omit<Detection, 'evidence'>}
 */
function judge(watches, uid) {
  const {directory, isNamed, ownerUid, by, seen} = choose(watches)
  const scope = ownerUid === 0 ? 'system' : 'user'
  if (by === 'nobody' && !isNamed)
    return {presence: 'absent', reason: 'expected a runsvdir that watches one of the usual directories, got none'}
  if (by === 'nobody')
    return {
      presence: 'unreachable',
      scope,
      reason: `expected a runsvdir that watches ${directory}, got: ${seen}`,
      hint: `Start it with runsvdir ${directory}, or correct backends.runit.directory.`,
    }
  if (ownerUid === uid && by === 'watched') return {presence: 'available', scope}
  const owner = ownerUid === 0 ? 'root' : `uid ${String(ownerUid)}`
  const isOthers = `expected ${directory} to belong to uid ${String(uid)}, which asks, got ${owner}`
  const isHidden = `expected to see whether a runsvdir watches ${directory}, got processes that are hidden from uid ${String(uid)}`
  return {
    presence: 'unreachable',
    scope,
    reason: by === 'hidden' ? isHidden : isOthers,
    hint: `Run it as ${owner}, or name a directory of your own as backends.runit.directory.`,
  }
}

/**
 * Never throws, spawns nothing, changes nothing. Settings that do not hold count as available: the user meant runit, and
 * `create` says what is wrong with them.
 *
 * @param {BackendContext} context
 * @returns {Detection}
 */
export function detectRunit(context) {
  const process1 = {fact: 'name of process 1', path: '/proc/1/comm', value: nameOfProcess1() ?? 'cannot be read'}
  try {
    const watches = lookAround(context)
    const evidence = watches.map(({directory, seen}) => ({fact: 'watched by a runsvdir', path: directory, value: seen}))
    return {...judge(watches, context.caller.uid), evidence: [process1, ...evidence]}
  } catch (error) {
    const {message} = /** @type {Error} */ (error)
    return {presence: 'available', evidence: [process1, {fact: 'settings are valid', path: null, value: message}]}
  }
}
