import {livenessOf, type ProcessIdentity} from '@hermes-svc/core/process-identity'
import {INVOCATION_VARIABLE} from './invocation.js'
import {killTree, signalProcess} from './process-tree.js'

const POLL_MS = 20

/** What a runner that is gone has left. */
export interface Orphan {
  /** The gateway's main process where it is known. */
  readonly gateway: ProcessIdentity | null
  /** Value of the invocation variable, or the beginning of it. */
  readonly invocation: string
  readonly stopTimeoutMs: number
  /** Only processes of this account are signalled. */
  readonly uid?: number
}

/**
 * Ends a gateway that nobody supervises: TERM to its main process, KILL to its whole tree once that has ended or the
 * time is up. Returns the pids that would not die.
 */
export async function endOrphan({gateway, invocation, stopTimeoutMs, uid}: Orphan): Promise<number[]> {
  const alive = (): boolean => gateway !== null && livenessOf(gateway) === 'alive'
  const main = gateway !== null && alive() ? {pid: gateway.pid, startTime: gateway.startTime ?? ''} : null
  if (main !== null && gateway !== null) {
    signalProcess(gateway, 'SIGTERM', uid)
    const started = performance.now()
    while (alive() && performance.now() - started < stopTimeoutMs) {
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
  }
  return killTree({main, mark: `${INVOCATION_VARIABLE}=${invocation}`, groupIsOurs: main !== null, uid})
}
