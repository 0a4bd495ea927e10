/** @import {GatewayState, GatewayStatus, Scope} from '@hermes-svc/core' */
/** @import {Observation} from './service-observation.js' */

/**
 * Where a row belongs.
 *
 * @typedef {object} Place
 * @property {string} kind
 * @property {string} profile
 * @property {Scope} scope
 * @property {string} service - The name in the directory that runsvdir watches.
 * @property {string} definition - The path of it.
 * @property {string} logs
 * @property {boolean} startsAtBoot
 */

/**
 * The table of README.md: every native condition has one state. Pure.
 *
 * @param {Observation} seen
 * @returns {GatewayState}
 */
function stateOf({about, isSupervised, status, parked, backoff, stray}) {
  if (!isSupervised) return stray === null ? 'stopped' : 'unknown'
  if (status === null) return 'unknown'
  const {phase, isWantedUp} = status
  if (phase === 'run') return isWantedUp ? 'running' : 'stopping'
  if (phase === 'finish') {
    if (!isWantedUp) return 'stopping'
    // Somebody else's ./finish writes no note.
    return backoff !== null || about === null ? 'backoff' : 'starting'
  }
  if (isWantedUp) return 'starting'
  return parked === 'fatal' || parked === 'gave-up' ? 'failed' : 'stopped'
}

/** @param {number} ms */
function isoTime(ms) {
  return new Date(ms).toISOString()
}

/**
 * Turns an observation into a row of the contract. What runsv does not tell is null. Pure.
 *
 * @param {Place} place
 * @param {Observation} seen
 * @param {number} nowMs
 * @returns {GatewayStatus}
 */
export function gatewayStatusOf(place, seen, nowMs) {
  const {kind, profile, scope, service, definition, logs, startsAtBoot} = place
  const {about, status, parked, backoff, deaths, lastExit, hasDown} = seen
  const state = stateOf(seen)
  const up = status !== null && status.phase === 'run' ? status : null
  // What runs is told by what it was started by, so that drift shows until it is restarted.
  const told = seen.running ?? about
  // A parked gateway is still wanted: no stop leaves that note.
  const isWantedUp = status === null ? !hasDown : status.isWantedUp || parked !== null
  return {
    profile,
    backend: kind,
    scope,
    service,
    state,
    wanted: isWantedUp ? 'up' : 'down',
    autostart: startsAtBoot && about !== null && about.autostart,
    pid: up?.pid ?? null,
    startedAt: up === null ? null : isoTime(up.sinceMs),
    uptimeSeconds: up === null ? null : Math.max(0, Math.floor((nowMs - up.sinceMs) / 1000)),
    restarts: about === null ? null : deaths,
    lastExit,
    nextStartAt: state === 'backoff' && backoff !== null ? isoTime(backoff.until) : null,
    ready: null,
    health: null,
    port: told?.port ?? null,
    origin: about === null ? 'foreign' : 'installed',
    definition,
    drift: null,
    logs: about === null ? {kind: 'none'} : {kind: 'file', path: logs},
    ...(told === null ? {} : {specHash: told.specHash}),
  }
}
