import type {GatewayStatus, Paths} from '@hermes-svc/core'
import {gatewayStatusOf, unknownStatusOf} from '@hermes-svc/runner'
import type {ForeignGateway} from './foreign-gateways.js'
import {serviceName} from './gateway-files.js'
import type {OwnTask} from './gateway-starter.js'
import type {OwnGateway} from './windows-gateway.js'

/** The status of a gateway of ours; `task` is what Windows has of its task, where it was asked. Pure. */
export function ownRow(
  kind: string,
  {profile, seen, note, isArmed}: OwnGateway,
  paths: Paths,
  task: OwnTask | null = null,
): GatewayStatus {
  const row = seen === null ? unknownStatusOf(kind, profile, paths) : gatewayStatusOf(kind, profile, seen, paths)
  const isGone = task === 'absent' || task === 'foreign'
  // An install that was interrupted, or a task or an entry of the Startup folder that somebody removed or changed.
  const damaged = note === null || (note.autostart && !isArmed) || isGone || task === 'changed'
  return {...row, service: serviceName(profile), autostart: isArmed && !isGone, ...(damaged ? {damaged} : {})}
}

/** The status of one that Hermes installed. Pure. How it ended, and how often, Windows does not tell. */
export function foreignRow(
  kind: string,
  {profile, name, isTask, isEnabled, entries, pid}: ForeignGateway,
): GatewayStatus {
  return {
    profile,
    backend: kind,
    scope: 'user',
    service: name,
    state: pid === null ? 'stopped' : 'running',
    wanted: isTask ? (isEnabled ? 'up' : 'down') : pid === null ? 'down' : 'up',
    autostart: (isTask && isEnabled) || entries.length > 0,
    pid,
    startedAt: null,
    uptimeSeconds: null,
    restarts: null,
    lastExit: null,
    nextStartAt: null,
    ready: null,
    health: null,
    port: null,
    origin: 'foreign',
    definition: isTask ? `\\${name}` : (entries[0] ?? name),
    drift: null,
    logs: {kind: 'none'},
  }
}
