import {serviceError, type ServiceError} from './errors/service-error.js'
import type {GatewayStatus} from './gateway-status.js'
import {profilesOnDisk} from './hermes-home.js'
import {profileOfService} from './profile-name.js'
import type {GatewayRecord} from './record.js'

/** HSVC_NOT_FOUND with the hint that fits: the profile that a service name stands for, or install where the profile is on disk. */
export function notFound(name: string, root: string): ServiceError {
  const {profiles} = profilesOnDisk(root)
  const profile = profileOfService(name)
  const hint = profiles.includes(name)
    ? `hermes-svc gateway install ${name}`
    : profile !== name
      ? `that is the name of a service; the profile is ${profile}`
      : 'hermes-svc gateway list shows the gateways'
  return serviceError('HSVC_NOT_FOUND', `no gateway ${JSON.stringify(name)}`, {hint, profile: name})
}

/** The status of a gateway of which only the record is there, as after a container was recreated. */
export function recordedOnly(record: GatewayRecord): GatewayStatus {
  const {profile, backend, wanted, spec} = record
  return {
    profile,
    backend,
    scope: spec.scope,
    service: profile,
    state: 'stopped',
    wanted,
    autostart: false,
    pid: null,
    startedAt: null,
    uptimeSeconds: null,
    restarts: null,
    lastExit: null,
    nextStartAt: null,
    ready: null,
    health: null,
    port: spec.port,
    origin: 'installed',
    definition: null,
    drift: null,
    logs: {kind: 'none'},
  }
}
