import {livenessOf, type ProcessIdentity} from '@hermes-svc/core/process-identity'
import {endWindowsDescendants, type WindowsEnding} from '@hermes-svc/core/windows-descendants'
import {INVOCATION_VARIABLE} from './invocation.js'
import {killTree, signalProcess} from './process-tree.js'
import type {RunnerState} from './runner-state.js'
import {isRunner} from './windows-runner.js'

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
 * time is up. Returns the pids that would not die. Not for Windows, where a gateway ends with its runner.
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

/**
 * Ends what a gateway of Windows started and left when its runner was killed. `seenAtMs` is when the state was written: then
 * the gateway lived, so whatever its pid had started by then is its own. What it started later cannot be told from others'.
 * Returns the pids that would not die; rejects where processes cannot be listed.
 */
export async function endWindowsOrphans(
  previous: Pick<RunnerState, 'gateway' | 'startedAt'> | null,
  seenAtMs: number,
  ending: WindowsEnding = {spares: isRunner},
): Promise<number[]> {
  const {gateway = null, startedAt = null} = previous ?? {}
  if (gateway === null || startedAt === null) return []
  return await endWindowsDescendants({pid: gateway.pid, fromMs: Date.parse(startedAt), toMs: seenAtMs}, ending)
}
