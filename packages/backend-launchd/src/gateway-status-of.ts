import type {GatewayState, GatewayStatus, LastExit, LogPlace, Wanted} from '@hermes-svc/core'
import type {JobDefinition} from './job-definitions.js'
import type {AskedNote, JobNotes} from './job-notes.js'
import type {ListedJob} from './list-output.js'
import {darwinSignalName} from './darwin-signals.js'
import {isEnding, type JobPrint} from './print-output.js'

/** Everything that was found of one gateway. */
export interface JobObservation {
  readonly definition: JobDefinition
  readonly notes: JobNotes
  /** Its row in the list of jobs; null where it is not in there. */
  readonly listed: ListedJob | null
  /** What launchd says of it alone; null where it was not asked, or has no such job. */
  readonly job: JobPrint | null
  /** launchd will not load it before it is enabled. */
  readonly isDisabled: boolean
  /** Why this is not all; null when it is. */
  readonly problem: string | null
}

/** What a row needs besides what was found. */
export interface RowPlace {
  readonly kind: string
  readonly logs: LogPlace
  /** Wall clock of now, by which files are stamped too. Milliseconds since the epoch. */
  readonly nowMs: number
}

type Exit = Omit<LastExit, 'at'>

/** The process is launchd's own helper, which becomes the program. */
const PROXY = 'xpcproxy'
const SCHEDULED = 'spawn scheduled'

/** The process of the job, as far as there is one. */
function pidOf({listed, job}: Pick<JobObservation, 'listed' | 'job'>): number | null {
  return job === null ? (listed?.pid ?? null) : job.pid
}

function isLoaded({listed, job}: JobObservation): boolean {
  return job !== null || listed?.pid != null
}

/** How the process before this one ended, or this one that is gone. */
function exitOf(seen: JobObservation, deaths: number): Exit | null {
  const {listed, job, notes} = seen
  const parked = notes.start?.parked ?? null
  if (parked !== null && pidOf(seen) === null) return {code: parked, signal: null}
  if (job !== null) return job.lastExit
  // The list has 0 also for a job that has not ended yet.
  if (listed === null || (listed.status === 0 && deaths === 0)) return null
  return listed.status < 0
    ? {code: null, signal: darwinSignalName(-listed.status)}
    : {code: listed.status, signal: null}
}

/** The note that the next start is asked for; null where it is about an earlier one, or there is none. */
function askedNext({asked, start}: JobNotes): AskedNote | null {
  return asked !== null && asked.serial === start?.serial ? asked : null
}

function stateOf(seen: JobObservation): GatewayState {
  const {job, notes, problem} = seen
  if (problem !== null) return 'unknown'
  if (!isLoaded(seen)) return 'stopped'
  if (job !== null && isEnding(job)) return 'stopping'
  if (pidOf(seen) !== null) return job?.state === PROXY ? 'starting' : 'running'
  const isNew = job?.lastExit === null
  // A start that was asked for waits for the throttle like any other.
  if (job?.state === SCHEDULED) return isNew || askedNext(notes) !== null ? 'starting' : 'backoff'
  const parked = notes.start?.parked ?? null
  if (parked !== null) return notes.header?.cleanExitCodes.includes(parked) === true ? 'stopped' : 'failed'
  if (isNew) return 'starting'
  // launchd leaves alone what ended well. Anything else it has to start again, and here it does not.
  return job?.lastExit?.code === 0 ? 'stopped' : 'failed'
}

/**
 * Deaths so far; null for somebody else's job. The launcher counts those that were followed by a start, and may not have
 * come to the last one yet. Pure.
 */
export function deathsOf(seen: JobObservation): number | null {
  const {definition, notes, job} = seen
  const {start} = notes
  if (definition.marker === null) return null
  if (start === null) return 0
  const pid = pidOf(seen)
  const isNewer = pid !== null && start.pid !== pid
  const hasDied = pid === null && start.pid !== null && job !== null && job.lastExit !== null
  if (!isNewer && !hasDied) return start.deaths
  return askedNext(notes)?.deaths ?? start.deaths + 1
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

function specHashOf({definition, notes}: JobObservation, pid: number | null): string | null {
  const {start, header} = notes
  // What runs is told by what it was started with, so that drift shows until it is restarted.
  const told = pid !== null && start?.pid === pid ? (start.header ?? header) : header
  if (told === null) return null
  return header !== null && definition.marker?.digest !== header.digest
    ? `${told.specHash} changed by hand`
    : told.specHash
}

/** Turns an observation into the status of the contract. Pure. */
export function gatewayStatusOf(seen: JobObservation, place: RowPlace): GatewayStatus {
  const {definition, notes, isDisabled} = seen
  const {profile, scope, label, path, marker} = definition
  const {start, header} = notes
  const state = stateOf(seen)
  const wanted: Wanted = isDisabled ? 'down' : 'up'
  const pid = pidOf(seen)
  const deaths = deathsOf(seen)
  const exit = exitOf(seen, deaths ?? 0)
  const startedMs = pid !== null && start?.pid === pid ? start.atMs : null
  const specHash = specHashOf(seen, pid)
  const isWaiting = state === 'backoff' && start !== null && header !== null
  return {
    profile,
    backend: place.kind,
    scope,
    service: label,
    state,
    wanted,
    autostart: marker?.autostart ?? true,
    pid,
    startedAt: startedMs === null ? null : isoTime(startedMs),
    uptimeSeconds: startedMs === null ? null : Math.max(0, Math.floor((place.nowMs - startedMs) / 1000)),
    restarts: deaths,
    lastExit: exit === null ? null : {...exit, at: start?.parked != null && pid === null ? isoTime(start.atMs) : null},
    // launchd counts the delay from the start of the process that died (launchd.plist(5), ThrottleInterval).
    nextStartAt: isWaiting ? isoTime(start.atMs + header.throttleSeconds * 1000) : null,
    ready: null,
    health: null,
    port: header?.port ?? null,
    origin: marker === null ? 'foreign' : 'installed',
    definition: path,
    drift: null,
    logs: place.logs,
    ...(specHash === null ? {} : {specHash}),
    ...(header === null ? {} : {ownCommand: header.ownCommand}),
    ...(notes.lacksParts ? {damaged: true} : {}),
  }
}
