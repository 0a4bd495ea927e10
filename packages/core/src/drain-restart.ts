import {serviceError, type ServiceError} from './errors/service-error.js'
import type {GatewayStatus, Health} from './gateway-status.js'
import {describeExit, type Observation, observe, sameExit, settledUp, startFailed} from './observe.js'
import {processReach, type ProcessReach} from './process/process-reach.js'
import {HEALTH_MS} from './verb-budget.js'

/** EX_TEMPFAIL of sysexits.h: Hermes ends with it to be started again. */
const RESTART_REQUESTED = 75
/** A younger process may not have come to the point yet where it sets up its handlers. */
const STARTING_SECONDS = 30
/** For so long a process that has just ended may still be in the status. */
const UNSEEN_MS = 1000
const HEALTH_POLL_MS = 500

/** What a restart needs that waits for the gateway to finish what it is doing. */
export interface DrainParts {
  readonly observation: Observation
  readonly before: GatewayStatus
  readonly settleMs: number
  /** undefined: the processes of this machine. */
  readonly reach: ProcessReach | undefined
  readonly platform: NodeJS.Platform
  /** Whether its record says that it runs the configured command, and so Hermes. */
  readonly isHermes: boolean
  /** Gives the status with the health that Hermes reports. */
  readonly shown: () => Promise<GatewayStatus>
}

/** Whether there is nothing to drain: no process, or one that was told to stop. */
function isLeft({pid, wanted}: GatewayStatus): boolean {
  return pid === null || wanted === 'down'
}

function unsupported(profile: string, why: string): ServiceError {
  return serviceError('HSVC_UNSUPPORTED', `${profile} cannot be asked to finish its turns: ${why}`, {
    hint: `hermes-svc gateway restart ${profile} stops and starts it`,
  })
}

function send({reach = processReach}: DrainParts, {profile}: GatewayStatus, pid: number, startTime: string): boolean {
  try {
    return reach.sendUsr1(pid, startTime)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EPERM') throw cause
    throw serviceError('HSVC_PERMISSION_DENIED', `this account may not signal process ${String(pid)} of ${profile}`, {
      hint: 'run it as the account that the gateway runs as, or as root',
      cause,
    })
  }
}

/**
 * Decides whether the process was asked: once two looks around a status agree that it is the gateway's. A status without a
 * process, or wanted down meanwhile, is the answer too.
 */
function asked(parts: DrainParts): (status: GatewayStatus | null) => GatewayStatus | undefined {
  const {reach = processReach, observation, isHermes} = parts
  const {clock} = observation
  let looked: {readonly pid: number; readonly startTime: string | undefined; readonly atMs: number} | null = null
  return status => {
    if (!status)
      throw serviceError('HSVC_NOT_FOUND', 'the definition went away before the gateway was asked to restart')
    const {profile, pid, uptimeSeconds} = status
    if (pid === null || isLeft(status)) return status
    const look = reach.look(pid)
    if (looked?.pid !== pid || looked.startTime !== look?.startTime) {
      looked = {pid, startTime: look?.startTime, atMs: clock.monotonic()}
      return undefined
    }
    if (!look) {
      if (clock.monotonic() - looked.atMs < UNSEEN_MS) return undefined
      throw unsupported(profile, `its process ${String(pid)} cannot be seen`)
    }
    if (look.heedsUsr1 === false) {
      if (uptimeSeconds !== null && uptimeSeconds < STARTING_SECONDS) return undefined
      throw unsupported(profile, 'its process does not handle SIGUSR1 as Hermes does')
    }
    if (look.heedsUsr1 === null && !isHermes) throw unsupported(profile, 'it may not be Hermes that it runs')
    return send(parts, status, pid, look.startTime) ? status : undefined
  }
}

function endedOtherwise(status: GatewayStatus): ServiceError {
  const {profile, state, lastExit} = status
  const how = `${describeExit(lastExit)}, where exit code ${String(RESTART_REQUESTED)} was due`
  return serviceError('HSVC_START_FAILED', `${profile} was asked to restart, and is ${state}: ${how}`, {
    state,
    lastExit,
    hint: `hermes-svc gateway restart ${profile} stops and starts it`,
  })
}

/**
 * Decides whether a gateway that was asked came back: its process ended with exit code 75, and another one has settled.
 * Throws HSVC_START_FAILED when it ended otherwise, stays down, or dies again. Waits for as long as it drains.
 */
export function settledAnew(
  before: GatewayStatus,
  settleMs: number,
  clock: Observation['clock'],
): (status: GatewayStatus | null) => GatewayStatus | undefined {
  let settled: ReturnType<typeof settledUp> | null = null
  let downSince: number | null = null
  return status => {
    if (!status) throw serviceError('HSVC_NOT_FOUND', 'the definition went away while the gateway was restarting')
    if (settled) return settled(status)
    const {pid, state, restarts, lastExit} = status
    if (pid === before.pid) return undefined
    if (restarts !== null && before.restarts !== null && restarts > before.restarts + 1) throw startFailed(status)
    const {code = null, signal = null} = sameExit(lastExit, before.lastExit) ? {} : (lastExit ?? {})
    if (signal !== null || (code !== null && code !== RESTART_REQUESTED)) throw endedOtherwise(status)
    if (pid !== null) {
      settled = settledUp(status, settleMs, clock, null)
      return settled(status)
    }
    // For a moment a supervisor may not have come to what follows a death.
    downSince = state === 'stopped' || state === 'failed' ? (downSince ?? clock.monotonic()) : null
    if (downSince !== null && clock.monotonic() - downSince >= settleMs) throw startFailed(status)
    return undefined
  }
}

/** Whether a report of health is by the process that runs now; one of the process before it may still be there. */
function isOf({health, startedAt}: GatewayStatus): boolean {
  const reported = Date.parse(health?.at ?? '')
  const started = Date.parse(startedAt ?? '')
  // Either time may be in whole seconds.
  return !(reported < Math.floor(started / 1000) * 1000)
}

/** Waits for Hermes to say that it is as well as before, where it said so before or says so now. */
async function untilHealthy(parts: DrainParts, earlier: Health | null, pid: number | null): Promise<GatewayStatus> {
  const {clock, deadline, saw, profile} = parts.observation
  const end = clock.monotonic() + HEALTH_MS
  for (;;) {
    const status = await deadline.race(parts.shown())
    saw(status)
    if (status.pid !== pid) throw startFailed(status)
    const health = isOf(status) ? status.health : null
    const isKnown = health !== null || earlier !== null
    if (!isKnown || health?.state === 'running' || (health?.state === 'degraded' && earlier?.state === 'degraded')) {
      return status
    }
    const reason = health?.reason == null ? '' : `: ${health.reason}`
    const {state, lastExit} = status
    const details = {state, lastExit, hint: `hermes-svc gateway status ${profile}`}
    if (health?.state === 'startup_failed') {
      throw serviceError('HSVC_START_FAILED', `${profile} runs, and reports that its start failed${reason}`, details)
    }
    if (clock.monotonic() >= end) {
      const got = `reports ${health === null ? 'nothing' : `that it is ${health.state}${reason}`}`
      const message = `${profile} runs, but ${got} ${String(HEALTH_MS / 1000)} s after it came up`
      throw serviceError('HSVC_TIMEOUT', message, details)
    }
    await deadline.race(clock.sleep(HEALTH_POLL_MS, deadline.signal))
  }
}

/** Waits until it is back. What ended on request is started at once: the delay after a death would only be an outage. */
async function untilAnew({observation, settleMs}: DrainParts, before: GatewayStatus): Promise<GatewayStatus> {
  const {manager, profile, clock, deadline} = observation
  const decide = settledAnew(before, settleMs, clock)
  let isHurried = false
  return await observe(observation, async status => {
    const anew = decide(status)
    if (status?.state === 'backoff' && !isHurried) {
      isHurried = true
      await deadline.race(manager.start(profile, {signal: deadline.signal}))
    }
    return anew
  })
}

/**
 * Asks a gateway to finish its turns and end, and waits until its supervisor has brought it up again, healthy where that
 * is known. One that does not run, or was stopped, is left as it is. Nothing is killed, whatever comes of it.
 */
export async function drainRestart(parts: DrainParts, wait: boolean): Promise<GatewayStatus> {
  const {before, observation, platform} = parts
  if (isLeft(before)) return before
  if (platform === 'win32') throw unsupported(before.profile, 'Windows has no SIGUSR1')
  const {health} = await observation.deadline.race(parts.shown())
  const status = await observe(observation, asked(parts))
  if (isLeft(status) || !wait) return status
  const {pid} = await untilAnew(parts, status)
  return await untilHealthy(parts, health, pid)
}
