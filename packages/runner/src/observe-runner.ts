import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {isDeepStrictEqual} from 'node:util'
import {identityOf, livenessOf, type ProcessIdentity} from '@hermes-svc/core/process-identity'
import {readProcessStat, uptimeOf} from './process-stat.js'
import {claimedBy, isRunnerAlive} from './runner-claim.js'
import {SPEC_FILE} from './runner-files.js'
import {type Labels, parseRunnerSpec} from './runner-spec.js'
import {readRunnerState, type RunnerState, STATE_FILE} from './runner-state.js'

/** What is true of a runner directory now. `runner` and `gateway` are null when they are not alive. */
export interface RunnerObservation extends Omit<RunnerState, 'schemaVersion' | 'writtenBy'> {
  /** A live runner has the gateway. false with state `running`: the gateway outlived its runner. */
  readonly supervised: boolean
  /** false: the gateway has died and its runner is about to write down how and what follows. */
  readonly settled: boolean
  /** Whole seconds; null when it does not run. */
  readonly uptimeSeconds: number | null
}

let own: ProcessIdentity | undefined

/** Whether a state was written in this boot and pid namespace, so that its pids mean something. */
export function isOfThisLife(writer: ProcessIdentity): boolean {
  own ??= identityOf(process.pid)
  return writer.bootId === own.bootId && writer.pidNamespace === own.pidNamespace
}

function seconds(startedAt: string | null): number | null {
  return startedAt === null ? null : Math.max(0, Math.floor((Date.now() - Date.parse(startedAt)) / 1000))
}

/** Whether the runner that a state names is alive. */
type IsRunnerAlive = (runner: ProcessIdentity | null) => boolean

interface Found {
  readonly supervised: boolean
  readonly uptimeSeconds: number | null
}

/** On Linux one read answers all: the gateway is a child of its runner exactly as long as that lives. */
function findGateway({gateway, runner, startedAt}: RunnerState, isAlive: IsRunnerAlive): Found | null {
  if (gateway === null) return null
  if (process.platform === 'linux' && gateway.startTime !== null) {
    const stat = readProcessStat(gateway.pid)
    if (stat?.startTime !== gateway.startTime) return null
    return {supervised: stat.parent === runner?.pid, uptimeSeconds: uptimeOf(stat)}
  }
  if (livenessOf(gateway) !== 'alive') return null
  const supervised = isAlive(runner)
  // There it ended with its runner, so another process has its pid.
  if (!supervised && process.platform === 'win32') return null
  return {supervised, uptimeSeconds: seconds(startedAt)}
}

function readLabels(directory: string): Labels | null {
  const path = join(directory, SPEC_FILE)
  try {
    return parseRunnerSpec(readFileSync(path, 'utf8')).labels
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Error(`${path}: ${(error as Error).message}`, {cause: error})
  }
}

function withoutState(directory: string, isAlive: IsRunnerAlive): RunnerObservation | null {
  const labels = readLabels(directory)
  if (labels === null) return null
  const runner = claimedBy(directory)
  const supervised = runner !== null || isAlive(null)
  const torn = existsSync(join(directory, STATE_FILE)) ? `${STATE_FILE} is damaged` : null
  return {
    supervised,
    settled: true,
    runner,
    socket: null,
    state: supervised ? 'unknown' : 'stopped',
    wanted: supervised ? 'up' : 'down',
    gateway: null,
    startedAt: null,
    uptimeSeconds: null,
    deaths: 0,
    failures: 0,
    lastExit: null,
    nextStartAt: null,
    invocation: null,
    reason: torn,
    labels,
  }
}

/**
 * Observes a runner directory with two small reads: the state, and either the process or, when nothing runs, the
 * definition, whose labels then count. null when nothing is defined there; throws when files cannot be read or the
 * definition is broken. A state from before a reboot, or of processes that are gone, is never taken for the truth.
 */
export function observeRunner(
  directory: string,
  isAlive: IsRunnerAlive = runner => isRunnerAlive(directory, runner),
): RunnerObservation | null {
  const recorded = readRunnerState(directory)
  if (recorded === null) return withoutState(directory, isAlive)
  const {schemaVersion: _version, writtenBy, ...state} = recorded
  const current = isOfThisLife(writtenBy)
  const found = current ? findGateway(recorded, isAlive) : null
  if (found !== null) {
    const runner = found.supervised ? state.runner : null
    return {...state, ...found, settled: true, runner, state: found.supervised ? state.state : 'running'}
  }
  const down = {...state, gateway: null, uptimeSeconds: null}
  if (current && isAlive(state.runner)) {
    const died = state.gateway !== null
    return {
      ...down,
      supervised: true,
      settled: !died,
      state: died && state.state !== 'stopping' ? 'backoff' : state.state,
    }
  }
  const labels = readLabels(directory)
  if (labels === null) return null
  // Its last word may have come between the reads; a state without a runner is the last one.
  if (state.runner !== null && !isDeepStrictEqual(readRunnerState(directory), recorded))
    return observeRunner(directory, isAlive)
  const rest = {...down, runner: null, supervised: false, settled: true, socket: null, nextStartAt: null, labels}
  if (current && state.runner === null) return rest
  // Nobody saw how it ended; an exit from before must not be taken for the answer.
  const reason = current ? 'its runner has died' : 'the machine or container was restarted'
  return {...rest, state: 'stopped', lastExit: null, reason}
}
