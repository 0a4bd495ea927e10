import {serviceError} from './errors/service-error.js'

/** The longest profile name that any backend may accept; s6-svscan's limit for a service directory. */
export const PROFILE_NAME_MAX = 251

/** The longest profile name that Hermes' own command line accepts. */
export const HERMES_PROFILE_NAME_MAX = 64

// Without the m flag JavaScript's $ does not match before a trailing newline, so that one is refused.
const PATTERN = /^[a-z0-9][a-z0-9_-]*$/

/** Windows opens a device by these names, in whatever directory (learn.microsoft.com/windows/win32/fileio/naming-a-file). */
const DEVICE = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])$/

const SHOWN_MAX = 80

function printable(name: unknown): string {
  if (typeof name !== 'string') return typeof name
  return JSON.stringify(name.length > SHOWN_MAX ? `${name.slice(0, SHOWN_MAX)}…` : name)
}

/** Why a name is no profile name, as expected and got; null when it is one. */
export function invalidProfileReason(name: string, platform: NodeJS.Platform = process.platform): string | null {
  if (typeof name !== 'string' || !PATTERN.test(name)) {
    const rule = 'lower-case letters, digits, "_" and "-", beginning with a letter or digit'
    return `expected a profile name of ${rule}; got ${printable(name)}`
  }
  if (platform === 'win32' && DEVICE.test(name))
    return `expected a profile name that is no device of Windows; got ${printable(name)}`
  if (name.length <= PROFILE_NAME_MAX) return null
  return `expected a profile name of at most ${String(PROFILE_NAME_MAX)} characters; got ${String(name.length)}: ${printable(name)}`
}

/** What to tell the user about a valid name that Hermes itself refuses; null when there is nothing. */
export function profileNameWarning(name: string): string | null {
  if (name.length <= HERMES_PROFILE_NAME_MAX) return null
  return `the profile name ${printable(name)} has ${String(name.length)} characters; Hermes' own commands accept at most ${String(HERMES_PROFILE_NAME_MAX)}`
}

/** What service definitions put around a profile's name, ours and Hermes' own, longest first. */
const AFFIXES = /^(?:ai\.hermes-svc\.|ai\.hermes\.gateway-?|hermes-svc-|hermes-gateway-?|gateway-)|(?:\.service)$/g

/** The profile that the name of a service stands for; a name that is none comes back as it is. */
export function profileOfService(name: string): string {
  const stripped = name.replaceAll(AFFIXES, '')
  return stripped === '' && name !== '' ? 'default' : stripped
}

function nearestValidName(name: unknown): string | null {
  if (typeof name !== 'string') return null
  const tamed = profileOfService(name.trim().toLowerCase())
  return invalidProfileReason(tamed) === null ? tamed : null
}

/** Throws HSVC_INVALID_PROFILE; the hint has the trimmed lower-case name where that would do. */
export function assertProfileName(name: string, platform: NodeJS.Platform = process.platform): void {
  const reason = invalidProfileReason(name, platform)
  if (reason === null) return
  const nearest = nearestValidName(name)
  throw serviceError('HSVC_INVALID_PROFILE', reason, nearest === null ? {} : {hint: `did you mean ${nearest}?`})
}
