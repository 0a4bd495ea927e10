import type {Clock} from './backend.js'
import type {Deadline} from './deadline.js'
import {serviceError, type ServiceError} from './errors/service-error.js'
import type {GatewayStatus, LastExit} from './gateway-status.js'
import {readOne} from './read-rows.js'
import type {ServiceManager} from './service-manager.js'

const FIRST_POLL_MS = 10
const LONGEST_POLL_MS = 200
/** For so long a supervisor on a busy machine may not have come to start what was down for long. */
const UNSTARTED_MS = 2000

/** What observing needs: whom to ask, about which gateway, until when. */
export interface Observation {
  readonly manager: ServiceManager
  readonly profile: string
  readonly clock: Clock
  readonly deadline: Deadline
  /** Called with each status read, so that a timeout can tell the state seen last. */
  readonly saw: (status: GatewayStatus) => void
}

/**
 * Asks again and again, at growing intervals, until `decide` returns something other than undefined. The deadline's
 * signal ends it.
 */
export async function observe<T>(
  observation: Observation,
  decide: (status: GatewayStatus | null) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const {manager, profile, clock, deadline, saw} = observation
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_POLL_MS)) {
    const status = await deadline.race(readOne(manager, profile, deadline.signal))
    if (status) saw(status)
    const decided = await decide(status)
    if (decided !== undefined) return decided
    await deadline.race(clock.sleep(pauseMs, deadline.signal))
  }
}

/** Whether two are one and the same death, as far as they tell. */
export function sameExit(a: LastExit | null, b: LastExit | null): boolean {
  return a?.code === b?.code && a?.signal === b?.signal && a?.at === b?.at
}

/** How a process ended, for a sentence: `exit code 78`, `killed by SIGKILL`. */
export function describeExit(exit: LastExit | null): string {
  if (exit?.signal) return `killed by ${exit.signal}`
  return exit?.code === null || exit?.code === undefined ? 'it is not known how' : `exit code ${String(exit.code)}`
}

/**
 * Decides whether a gateway came up: the same pid has lived for `settleMs`, or it says that it is ready. Throws
 * HSVC_START_FAILED when it died on the way. `before` is the status before the verb, so that an old death does not
 * count as a new one; `notPid` is the pid that a restart must be rid of.
 */
export function settledUp(
  before: GatewayStatus,
  settleMs: number,
  clock: Clock,
  notPid: number | null,
): (status: GatewayStatus | null) => GatewayStatus | undefined {
  let seen: {pid: number; since: number; restarts: number | null} | null = null
  let downSince: number | null = null
  return status => {
    if (!status) throw serviceError('HSVC_NOT_FOUND', 'the definition went away while the gateway was starting')
    const {pid, state} = status
    if (pid !== null && pid !== notPid && state === 'running') {
      if (seen && (seen.pid !== pid || seen.restarts !== status.restarts)) throw startFailed(status)
      seen ??= {pid, since: clock.monotonic(), restarts: status.restarts}
      const livedMs = Math.max(clock.monotonic() - seen.since, (status.uptimeSeconds ?? 0) * 1000)
      return status.ready === true || livedMs >= settleMs ? status : undefined
    }
    const down = state === 'backoff' || state === 'failed' || (state === 'stopped' && pid === null)
    if (down && (seen !== null || diedSince(before, status, notPid))) throw startFailed(status)
    // After a restart the first death was asked for. One that stays down is the new process's, also where none are counted.
    // One that stays failed without a death cannot be started at all; for a moment it may still be an old failure.
    const stays = down && (hasDied(before, status) || state === 'failed')
    downSince = stays ? (downSince ?? clock.monotonic()) : null
    const patienceMs = hasDied(before, status) ? settleMs : Math.max(settleMs, UNSTARTED_MS)
    if (downSince !== null && clock.monotonic() - downSince >= patienceMs) {
      throw hasDied(before, status) ? startFailed(status) : neverStarted(status)
    }
    return undefined
  }
}

/** Whether a death is on record that was not there before. */
function hasDied(before: GatewayStatus, now: GatewayStatus): boolean {
  return now.restarts !== before.restarts || !sameExit(now.lastExit, before.lastExit)
}

/** Whether a gateway that is down died since `before`. The death of `notPid` was asked for, so that one does not count. */
function diedSince(before: GatewayStatus, now: GatewayStatus, notPid: number | null): boolean {
  if (notPid === null || now.state === 'failed') return hasDied(before, now)
  return now.restarts !== null && now.restarts > (before.restarts ?? 0) + 1
}

/** HSVC_START_FAILED of a gateway whose last exit is that of the process that was to stay. */
export function startFailed(status: GatewayStatus): ServiceError {
  return serviceError('HSVC_START_FAILED', `${status.profile} started and died: ${describeExit(status.lastExit)}`, {
    state: status.state,
    lastExit: status.lastExit,
    hint: `hermes-svc gateway logs ${status.profile}`,
  })
}

function neverStarted({profile, backend, state}: GatewayStatus): ServiceError {
  return serviceError('HSVC_START_FAILED', `${profile} could not be started: ${backend} has nothing that it can run`, {
    state,
    lastExit: null,
    hint: `hermes-svc doctor; hermes-svc gateway install ${profile} --force writes its definition anew`,
  })
}

/** The same for a gateway that is about to be removed, whose definition may be too damaged to be read. */
export function settledForRemoval(status: GatewayStatus): GatewayStatus | undefined {
  return status.pid === null && status.state === 'unknown' ? status : settledDown(status)
}

/** Decides whether a gateway is down: no process, and nothing that would start one. */
export function settledDown(status: GatewayStatus | null): GatewayStatus | undefined {
  if (!status) throw serviceError('HSVC_NOT_FOUND', 'the definition went away while the gateway was stopping')
  return status.pid === null && (status.state === 'stopped' || status.state === 'failed') ? status : undefined
}
