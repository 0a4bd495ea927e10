import {join} from 'node:path'
import type {UnitScope} from './systemd-facts.js'

/** What our units are called: this, the profile, `.service`. Hermes rewrites everything called hermes-gateway*. */
const PREFIX = 'hermes-svc-'
const SUFFIX = '.service'

/** Of the 255 bytes of a file name, the prefix, the suffix and what a staged file has around its name take 41 (publishFile). */
export const UNIT_PROFILE_MAX = 214

/** Where definitions of system services that somebody installs go (systemd.unit). */
export const SYSTEM_UNITS = '/etc/systemd/system'

// Process 1 opens these as root, so that they may not be where an account could put a link.
const SYSTEM_PRIVATE = '/var/lib/hermes-svc/systemd'
const SYSTEM_LOGS = '/var/log/hermes-svc'

/** Directory of a gateway's that is called as the kind, beside its record. */
const OWN = 'systemd'

/** Names that unit files of gateways can have, as glob patterns of the manager. */
export const UNIT_PATTERNS = [`${PREFIX}*${SUFFIX}`, `hermes-gateway*${SUFFIX}`]

/** The name of our unit for a profile. */
export function unitName(profile: string): string {
  return `${PREFIX}${profile}${SUFFIX}`
}

/** What the name of a unit file says: whose it is by name, and what stands for the profile in it. null for other units. */
export function parseUnitName(name: string): {readonly by: 'us' | 'hermes'; readonly label: string} | null {
  if (!name.endsWith(SUFFIX)) return null
  const stem = name.slice(0, -SUFFIX.length)
  if (stem.startsWith(PREFIX)) return {by: 'us', label: stem.slice(PREFIX.length)}
  if (stem === 'hermes-gateway') return {by: 'hermes', label: 'default'}
  return stem.startsWith('hermes-gateway-') ? {by: 'hermes', label: stem.slice('hermes-gateway-'.length)} : null
}

/** Where what the gateway's account may write is kept: how it ended last, copies of units that were replaced. */
export function ownDirectory(gateways: string, profile: string): string {
  return join(gateways, profile, OWN)
}

/** Where the environment file of a gateway is. */
export function privateDirectory(scope: UnitScope, gateways: string, profile: string): string {
  return scope === 'system' ? join(SYSTEM_PRIVATE, profile) : ownDirectory(gateways, profile)
}

/** The file in which ExecStopPost= leaves how the gateway ended. */
export function lastExitPath(gateways: string, profile: string): string {
  return join(ownDirectory(gateways, profile), 'last-exit')
}

/** What the names of environment files begin with; the id of the definition follows. */
export const ENVIRONMENT_PREFIX = 'environment.'

/** The environment file of a definition. */
export function environmentPath(scope: UnitScope, gateways: string, profile: string, id: string): string {
  return join(privateDirectory(scope, gateways, profile), `${ENVIRONMENT_PREFIX}${id}`)
}

/** Where the log of a gateway goes where there is no journal. */
export function logDirectory(scope: UnitScope, logs: string, profile: string): string {
  return join(scope === 'system' ? SYSTEM_LOGS : logs, profile)
}

/** Whether a file of the system scope is root's own; the others lie in the profile root. */
export function isRoots(path: string): boolean {
  return [SYSTEM_UNITS, SYSTEM_PRIVATE, SYSTEM_LOGS].some(place => path.startsWith(`${place}/`) || path === place)
}
