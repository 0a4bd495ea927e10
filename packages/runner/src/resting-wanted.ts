import type {Wanted} from '@hermes-svc/core'
import {identityOf} from '@hermes-svc/core/process-identity'
import {observeRunner} from './observe-runner.js'
import {writeRunnerState} from './runner-state.js'

/**
 * Writes what is wanted into the state of a directory whose runner is not alive; the caller makes sure that none is launched meanwhile.
 * Throws when a runner is alive, since the state is then that runner's to write.
 */
export function writeRestingWanted(directory: string, wanted: Wanted): void {
  const seen = observeRunner(directory)
  if (seen === null) throw new Error(`no gateway is defined in ${directory}`)
  if (seen.supervised) throw new Error(`the runner of ${directory} is alive`)
  const {supervised: _supervised, settled: _settled, uptimeSeconds: _uptime, ...state} = seen
  writeRunnerState(directory, {...state, wanted, schemaVersion: 1, writtenBy: identityOf(process.pid)})
}
