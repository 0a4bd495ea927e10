import type {GatewayStatus, Health} from '../gateway-status.js'
import type {GatewayReport} from './gateway-state.js'

/** After this long a report by a process that is gone says nothing of now. Milliseconds; Hermes uses the same. */
const STALE_AFTER_MS = 120_000

/** States that only a live process can be in. */
const ALIVE = ['starting', 'running', 'degraded', 'draining']

const CONNECTED = 'connected'

function platformText({name, state, errorCode}: GatewayReport['platforms'][number]): string {
  return `${name} ${state}${errorCode === null ? '' : ` (${errorCode})`}`
}

function reasonsOf({platforms, activeAgents, gatewayState, exitReason}: GatewayReport): string[] {
  const unwell = platforms.filter(({state}) => state !== CONNECTED).map(platformText)
  const busy = gatewayState === 'draining' && activeAgents > 0 ? [`busy with ${String(activeAgents)}`] : []
  const ended = exitReason !== null && !ALIVE.includes(gatewayState ?? '') ? [exitReason] : []
  return [...unwell, ...busy, ...ended]
}

/**
 * Health out of Hermes' own report; null where there is none. An idle gateway does not refresh its report, so age alone
 * makes nothing stale: a report that claims a live process does, once that process is gone and 120 s have passed. Pure.
 */
export function healthOf(
  report: GatewayReport,
  {pid}: Pick<GatewayStatus, 'pid'>,
  isWriterAlive: boolean,
  nowMs: number,
): Health | null {
  const {gatewayState, updatedAtMs} = report
  if (gatewayState === null) return null
  const at = updatedAtMs === null ? null : new Date(updatedAtMs).toISOString()
  const isOrphan = ALIVE.includes(gatewayState) && !isWriterAlive && (report.pid === null || report.pid !== pid)
  const reasons = reasonsOf(report)
  if (!isOrphan) return {state: gatewayState, reason: reasons.length === 0 ? null : reasons.join(', '), at}
  const writer = report.pid === null ? 'a process that is not named' : `process ${String(report.pid)}, which is gone`
  const ageMs = updatedAtMs === null ? Infinity : nowMs - updatedAtMs
  const told = [`${gatewayState} was said by ${writer}`, ...reasons].join(', ')
  return {state: ageMs > STALE_AFTER_MS ? 'stale' : gatewayState, reason: told, at}
}
