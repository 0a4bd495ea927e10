import type {GatewayState, GatewayStatus, LastExit, Scope, Wanted} from '@hermes-svc/core'
import {signalName} from './death-tally.js'
import type {SlotObservation} from './slot-observation.js'
import type {SuperviseStatus} from './supervise-status.js'

/** What the row of a slot needs besides the observation. */
export interface SlotPlace {
  readonly kind: string
  readonly profile: string
  readonly scope: Scope
  /** The slot's directory, and its name in the scan directory. */
  readonly directory: string
  readonly service: string
  /** Where the log of this profile goes. */
  readonly logs: string
}

/**
 * s6-supervise starts a service that is wanted up at most a second after it was ready. One that stays down for longer
 * cannot be started: no interpreter, or a file system mounted noexec; s6 tries again every ten seconds.
 */
const START_LATE_MS = 3000

function stateWithoutProcess({facts, status, parked, delayMs}: SlotObservation, nowMs: number): GatewayState {
  if (status === null) return 'stopped'
  if (status.isFinishing) {
    if (!status.isWantedUp) return 'stopping'
    // Until ./finish has written down a delay it is not known that there is one. Somebody else's need not write.
    return facts !== null && delayMs === null ? 'starting' : 'backoff'
  }
  if (status.isWantedUp) return nowMs - status.readySinceMs > START_LATE_MS ? 'failed' : 'starting'
  return parked === 'fatal' || parked === 'gave-up' ? 'failed' : 'stopped'
}

function isUp({status, supervised}: SlotObservation): boolean {
  return supervised === 'yes' && status !== null && status.pid !== null && !status.isFinishing
}

function stateOf(seen: SlotObservation, nowMs: number): GatewayState {
  if (seen.supervised === 'denied') return 'unknown'
  // What outlived its supervisor is in nobody's hands.
  if (seen.supervised === 'no') return seen.stray === null ? 'stopped' : 'unknown'
  if (seen.status === null) return 'unknown'
  if (isUp(seen)) return seen.status.isWantedUp ? 'running' : 'stopping'
  return stateWithoutProcess(seen, nowMs)
}

/** A parked gateway is still wanted: it ended by itself, which no stop of ours leaves without a `down` file. */
function wantedOf({supervised, status, parked, hasDown}: SlotObservation): Wanted {
  if (supervised === 'yes' && status !== null) {
    return status.isWantedUp || (parked !== null && !hasDown) ? 'up' : 'down'
  }
  return hasDown ? 'down' : 'up'
}

function exitOf({lastExit: {code, signal}, sinceMs}: SuperviseStatus, isDead: boolean): LastExit {
  const at = isDead ? new Date(sinceMs).toISOString() : null
  return {code, signal: signal === null ? null : signalName(signal), at}
}

function lastExitOf(seen: SlotObservation): LastExit | null {
  const {status, lastDeath, deaths} = seen
  if (deaths === 0 || status === null) return null
  return lastDeath ?? exitOf(status, !isUp(seen))
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** Turns an observation into the status of the contract. Pure; `nowMs` is the wall clock, which s6 keeps its times by. */
export function gatewayStatusOf(place: SlotPlace, seen: SlotObservation, nowMs: number): GatewayStatus {
  const {facts, status, deaths, delayMs} = seen
  // What runs is told by what it was started with, so that drift shows until it is restarted.
  const told = seen.running ?? facts
  const {kind, profile, scope, directory, service, logs} = place
  const state = stateOf(seen, nowMs)
  const running = isUp(seen) && status !== null ? status : null
  const row: GatewayStatus = {
    profile,
    backend: kind,
    scope,
    service,
    state,
    wanted: wantedOf(seen),
    autostart: scope === 'container' && facts?.origin === 'installed' && facts.autostart,
    pid: running?.pid ?? null,
    startedAt: running === null ? null : isoTime(running.sinceMs),
    uptimeSeconds: running === null ? null : Math.max(0, Math.floor((nowMs - running.sinceMs) / 1000)),
    restarts: seen.supervised === 'denied' ? null : deaths,
    lastExit: lastExitOf(seen),
    nextStartAt: state === 'backoff' && status !== null && delayMs !== null ? isoTime(status.sinceMs + delayMs) : null,
    ready: null,
    health: null,
    port: told?.port ?? null,
    origin: facts?.origin ?? 'foreign',
    definition: directory,
    drift: null,
    logs: {kind: 'file', path: logs},
  }
  if (told === null) return row
  const {specHash, ownCommand} = told
  // To spread what is mostly there takes longer than all the rest of the row.
  return Object.assign(row, ownCommand === undefined ? {specHash} : {specHash, ownCommand})
}
