import type {GatewayState, Wanted} from '@hermes-svc/core'
import {identityOf} from '@hermes-svc/core/process-identity'
import {observeRunner, type RunnerObservation} from './observe-runner.js'
import {takeRunnerLock} from './runner-lock.js'
import {writeRunnerState} from './runner-state.js'

const LOCK_ROUNDS = 40
const LOCK_ROUND_MS = 5

/** Runs the work while no runner can come up; throws where one is alive. Those who only look at the lock are waited for. */
function withoutRunner(directory: string, work: () => void): void {
  if (process.platform !== 'win32') {
    work()
    return
  }
  for (let round = 0; round < LOCK_ROUNDS; round += 1) {
    const lock = takeRunnerLock(directory)
    if (lock !== null) {
      try {
        work()
      } finally {
        lock.release()
      }
      return
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_ROUND_MS)
  }
  throw new Error(`the runner of ${directory} is alive`)
}

/** What the state says until a runner takes over. */
function restingState({state, gateway}: RunnerObservation, wanted: Wanted): GatewayState {
  if (gateway !== null) return state
  return wanted === 'up' ? 'starting' : state === 'starting' ? 'stopped' : state
}

/**
 * Writes what is wanted into the state of a directory whose runner is not alive: `up` for a gateway that somebody is about to
 * start, which then is parked no more, or `down`. Off Windows the caller makes sure that none is launched meanwhile. Throws when a
 * runner is alive, since the state is then that runner's to write.
 */
export function writeRestingWanted(directory: string, wanted: Wanted): void {
  // What looks for the lock would find ours.
  const isAlive = process.platform === 'win32' ? () => false : undefined
  withoutRunner(directory, () => {
    const seen = observeRunner(directory, isAlive)
    if (seen === null) throw new Error(`no gateway is defined in ${directory}`)
    if (seen.supervised) throw new Error(`the runner of ${directory} is alive`)
    const {supervised: _supervised, settled: _settled, uptimeSeconds: _uptime, parked, ...rest} = seen
    writeRunnerState(directory, {
      ...rest,
      state: restingState(seen, wanted),
      wanted,
      ...(wanted === 'up' ? {reason: null} : {}),
      ...(parked === true && wanted === 'down' ? {parked} : {}),
      schemaVersion: 1,
      writtenBy: identityOf(process.pid),
    })
  })
}
