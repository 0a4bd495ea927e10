import type {GatewayStatus} from '@hermes-svc/core'
import {durationText} from './duration-text.js'
import {lastExitText, noteText} from './gateway-text.js'
import {toPrintable} from './printable.js'
import {type Paint, styleOfState} from './style.js'

type Field = readonly [label: string, value: string | null]

function yesNo(value: boolean | null): string | null {
  return value === null ? null : value ? 'yes' : 'no'
}

function processText({pid, uptimeSeconds}: GatewayStatus): string | null {
  if (pid === null) return null
  return uptimeSeconds === null ? String(pid) : `${String(pid)}, up ${durationText(uptimeSeconds)}`
}

function logsText({logs, profile}: GatewayStatus): string | null {
  if (logs.kind === 'none') return null
  return `${logs.path ?? logs.unit ?? logs.kind} (hermes-svc gateway logs ${profile})`
}

/** What the gateway says of itself, and how long ago. */
function healthText({health}: GatewayStatus, now: number): string | null {
  if (health === null) return null
  const {state, reason, at} = health
  const told = reason === null ? state : `${state}: ${reason}`
  return at === null ? told : `${told} (said ${durationText((now - Date.parse(at)) / 1000)} ago)`
}

function fieldsOf(status: GatewayStatus, now: number): Field[] {
  const {backend, scope, service, wanted, autostart, restarts, lastExit, ready, port, definition, drift} = status
  return [
    ['service', `${service} (${backend} ${scope})`],
    ['wanted', wanted],
    ['pid', processText(status)],
    ['autostart', yesNo(autostart)],
    ['restarts', restarts === null ? null : String(restarts)],
    ['last exit', lastExit && `${lastExitText(lastExit)}${lastExit.at === null ? '' : ` at ${lastExit.at}`}`],
    ['ready', yesNo(ready)],
    ['health', healthText(status, now)],
    ['port', port === null ? null : String(port)],
    ['definition', definition],
    ['drift', drift === null ? null : drift ? 'yes: gateway install would change it' : 'no'],
    ['logs', logsText(status)],
  ]
}

/** Everything known of one gateway, one fact a line; facts that are not known are left out. */
export function gatewayDetails(status: GatewayStatus, now: number, paint: Paint): string[] {
  const note = noteText({...status, drift: null}, now)
  const state = paint(styleOfState(status.state), status.state)
  const facts = fieldsOf(status, now).filter(([, value]) => value !== null)
  return [
    `${paint('bold', status.profile)}: ${state}${note === '' ? '' : ` (${note})`}`,
    ...facts.map(([label, value]) => `  ${`${label}:`.padEnd(12)}${toPrintable(value ?? '')}`),
  ]
}
