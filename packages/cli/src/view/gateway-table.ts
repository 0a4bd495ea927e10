import type {GatewayStatus} from '@hermes-svc/core'
import {durationText} from './duration-text.js'
import {noteText} from './gateway-text.js'
import {type Paint, styleOfState} from './style.js'
import {tableLines} from './table.js'

const HEADINGS = ['PROFILE', 'STATE', 'PID', 'UPTIME', 'RESTARTS', 'BACKEND', 'NOTE']

function numberText(value: number | null): string {
  return value === null ? '-' : String(value)
}

/** The backends that have gateways in more than one scope. */
function inSeveralScopes(gateways: readonly GatewayStatus[]): Set<string> {
  const seen = new Map<string, string>()
  const several = new Set<string>()
  for (const {backend, scope} of gateways) {
    if ((seen.get(backend) ?? scope) !== scope) several.add(backend)
    seen.set(backend, scope)
  }
  return several
}

/** The table of `gateway list`; it names scopes only where that tells gateways of a backend apart. `now` in milliseconds since the epoch. */
export function gatewayTable(gateways: readonly GatewayStatus[], now: number, paint: Paint, width = 80): string[] {
  if (gateways.length === 0) return ['no gateways; make one: hermes-svc gateway install PROFILE']
  const several = inSeveralScopes(gateways)
  const rows = gateways.map(status => [
    status.profile,
    {text: status.state, paint: (text: string) => paint(styleOfState(status.state), text)},
    numberText(status.pid),
    status.uptimeSeconds === null ? '-' : durationText(status.uptimeSeconds),
    numberText(status.restarts),
    several.has(status.backend) ? `${status.backend} ${status.scope}` : status.backend,
    noteText(status, now),
  ])
  return tableLines(HEADINGS, rows, width)
}
