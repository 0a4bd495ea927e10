import type {GatewayState, GatewayStatus, LastExit, LogPlace, Wanted} from '@hermes-svc/core'
import {constants} from 'node:os'
import type {LoadedUnit, UnitProperties, UnitProperty} from './systemd-manager.js'
import type {UnitDefinition} from './unit-definitions.js'
import type {UnitNotes} from './unit-notes.js'

/** Everything that was found of one gateway. */
export interface UnitObservation {
  readonly definition: UnitDefinition
  /** What the manager has of it; null for a unit that is stopped and not loaded. */
  readonly loaded: LoadedUnit | null
  readonly properties: UnitProperties
  readonly notes: UnitNotes
  /** Whether it starts with the manager. */
  readonly isEnabled: boolean
  /** Why this is not all; null when it is. */
  readonly problem: string | null
}

/** What a row needs besides what was found. */
export interface RowPlace {
  readonly kind: string
  readonly logs: LogPlace
  /** Whether the manager of the scope is started at boot: always for the system, by lingering for a user. */
  readonly startsAtBoot: boolean
  /** CLOCK_MONOTONIC of now, which the manager keeps times by as well. Microseconds. */
  readonly monotonicUs: number
}

const RUNS: readonly UnitProperty[] = [
  'NRestarts',
  'MainPID',
  'ExecMainStartTimestamp',
  'ExecMainStartTimestampMonotonic',
]
const ENDED: readonly UnitProperty[] = ['NRestarts', 'ExecMainCode', 'ExecMainStatus', 'ExecMainExitTimestamp']
const AT_REST: readonly UnitProperty[] = [...ENDED, 'RestartPreventExitStatus']

/** What has to be asked of a unit in each of its states. */
export function propertiesFor({activeState, subState}: LoadedUnit): readonly UnitProperty[] {
  // The delay may end between two questions: as the last one, the state tells whether NRestarts was read before that.
  if (subState.startsWith('auto-restart'))
    return [...ENDED, 'StateChangeTimestamp', 'RestartUSec', 'RestartUSecNext', 'SubState']
  if (activeState === 'inactive' || activeState === 'failed') return AT_REST
  return activeState === 'deactivating' ? [...RUNS, ...ENDED] : RUNS
}

function numberOf(properties: UnitProperties, name: UnitProperty): number {
  const value = properties[name]
  return typeof value === 'number' ? value : 0
}

function isoTime(us: number): string {
  return new Date(Math.floor(us / 1000)).toISOString()
}

const BY_ACTIVE_STATE: Readonly<Record<string, GatewayState>> = {
  active: 'running',
  reloading: 'running',
  refreshing: 'running',
  activating: 'starting',
  deactivating: 'stopping',
  inactive: 'stopped',
  failed: 'failed',
}

/** Load states of a unit that cannot be started as its file stands. */
const UNUSABLE = ['bad-setting', 'error']

/** Jobs that a unit waits for which was asked to start and has not begun to. */
const STARTING_JOBS = ['start', 'restart', 'verify-active']

function stateOf({loaded, problem}: UnitObservation, wanted: Wanted): GatewayState {
  if (problem !== null) return 'unknown'
  if (loaded === null) return 'stopped'
  const {activeState, subState, loadState, jobType} = loaded
  if (subState.startsWith('auto-restart')) return 'backoff'
  const state = BY_ACTIVE_STATE[activeState] ?? 'unknown'
  if ((state === 'stopped' || state === 'failed') && STARTING_JOBS.includes(jobType)) return 'starting'
  if (state === 'stopped' && UNUSABLE.includes(loadState) && wanted === 'up') return 'failed'
  // systemctl stop of a gateway that answers TERM with an exit code leaves `failed`, though nothing went wrong.
  return state === 'failed' && wanted === 'down' ? 'stopped' : state
}

function wantedOf({definition, loaded, notes, isEnabled}: UnitObservation): Wanted {
  const {marker} = definition
  if (marker?.autostart === false) return notes.wantedUp ? 'up' : 'down'
  if (isEnabled) return 'up'
  // Somebody else's unit may be started without being enabled.
  const runs = loaded !== null && !['inactive', 'failed', 'deactivating'].includes(loaded.activeState)
  return marker === null && runs ? 'up' : 'down'
}

/** CLD_EXITED, CLD_KILLED and CLD_DUMPED of waitid(2). */
const EXITED = 1
const ENDED_BY_SIGNAL = [2, 3]

function signalName(number: number): string {
  const named = Object.entries(constants.signals).find(([, value]) => value === number)
  return named?.[0] ?? `SIG${String(number)}`
}

/** How the process ended, as the manager knows it until it starts the next one. */
function managersExit(properties: UnitProperties): (LastExit & {readonly at: string}) | null {
  const [code, status, atUs] = (['ExecMainCode', 'ExecMainStatus', 'ExecMainExitTimestamp'] as const).map(name =>
    numberOf(properties, name),
  ) as [number, number, number]
  if (atUs === 0 || !(code === EXITED || ENDED_BY_SIGNAL.includes(code))) return null
  const at = isoTime(atUs)
  return code === EXITED ? {code: status, signal: null, at} : {code: null, signal: signalName(status), at}
}

/** The note is written after the process ended, so that an end which is later than the note has none. */
function lastExitOf({properties, notes}: UnitObservation): LastExit | null {
  const told = managersExit(properties)
  const noted = notes.lastExit
  if (told === null || noted === null) return told ?? noted
  return told.at > noted.at ? told : noted
}

/** Whether the unit is not started again after how it ended. */
function isPrevented(properties: UnitProperties): boolean {
  const [codes] = (properties.RestartPreventExitStatus ?? [[]]) as readonly [readonly number[]]
  return numberOf(properties, 'ExecMainCode') === EXITED && codes.includes(numberOf(properties, 'ExecMainStatus'))
}

/** Of one in backoff, whether the delay is over and the restart is on its way: 252 shows that by the job, 254 and later by the state. */
function isRestartQueued({loaded, properties}: UnitObservation): boolean {
  return loaded?.jobType === 'restart' || (properties.SubState ?? loaded?.subState) !== 'auto-restart'
}

/**
 * The manager counts the restarts that it has decided on, also one that its limit of starts then forbids. A death that it
 * has not decided on yet, or that is followed by none, comes on top.
 */
function restartsOf(seen: UnitObservation, state: GatewayState, wanted: Wanted): number {
  const {properties} = seen
  const counted = numberOf(properties, 'NRestarts')
  const hasDied = numberOf(properties, 'MainPID') === 0 && managersExit(properties) !== null && wanted === 'up'
  const isUncounted =
    (state === 'backoff' && !isRestartQueued(seen)) ||
    state === 'stopping' ||
    ((state === 'failed' || state === 'stopped') && isPrevented(properties))
  return hasDied && isUncounted ? counted + 1 : counted
}

function nextStartOf({properties}: UnitObservation): string | null {
  const delayUs = numberOf(properties, 'RestartUSecNext') || numberOf(properties, 'RestartUSec')
  const sinceUs = numberOf(properties, 'StateChangeTimestamp')
  // A delay without end comes as the largest number there is.
  return sinceUs === 0 || !Number.isSafeInteger(sinceUs + delayUs) ? null : isoTime(sinceUs + delayUs)
}

/** Turns an observation into the status of the contract. Pure. */
export function gatewayStatusOf(seen: UnitObservation, place: RowPlace): GatewayStatus {
  const {definition, properties, notes} = seen
  const {profile, scope, unit, path, marker} = definition
  const wanted = wantedOf(seen)
  const state = stateOf(seen, wanted)
  const pid = numberOf(properties, 'MainPID') || null
  const startedUs = numberOf(properties, 'ExecMainStartTimestamp')
  const upUs = place.monotonicUs - numberOf(properties, 'ExecMainStartTimestampMonotonic')
  const {running} = notes
  // A process that an earlier definition started is told by that one, so that drift shows until it is restarted.
  const told = running !== null && running.pid === pid && running.startedUs === startedUs ? running : notes.header
  const specHash = told === null ? null : marker?.intact === false ? `${told.specHash} changed by hand` : told.specHash
  return {
    profile,
    backend: place.kind,
    scope,
    service: unit,
    state,
    wanted,
    autostart: marker === null ? seen.isEnabled && place.startsAtBoot : marker.autostart && place.startsAtBoot,
    pid,
    startedAt: pid === null || startedUs === 0 ? null : isoTime(startedUs),
    uptimeSeconds: pid === null ? null : Math.max(0, Math.floor(upUs / 1_000_000)),
    restarts: restartsOf(seen, state, wanted),
    lastExit: lastExitOf(seen),
    nextStartAt: state === 'backoff' ? nextStartOf(seen) : null,
    ready: null,
    health: null,
    port: told?.port ?? null,
    origin: marker === null ? 'foreign' : 'installed',
    definition: path,
    drift: null,
    logs: place.logs,
    ...(specHash === null ? {} : {specHash}),
    ...(notes.lacksEnvironment === true ? {damaged: true} : {}),
  }
}
