import {createHash} from 'node:crypto'
import {join} from 'node:path'
import type {JobScope} from './launchd-facts.js'

/** What our labels are: this and the profile. Hermes rewrites what is called ai.hermes.gateway*. */
const PREFIX = 'ai.hermes-svc.'
const HERMES = 'ai.hermes.gateway'
const SUFFIX = '.plist'

/** Of the 255 bytes of a file name, the prefix, the suffix and what a staged file has around its name take 42 (publishFile). */
export const JOB_PROFILE_MAX = 213

/** Directory of a gateway's that is called as the kind, beside its record. */
const OWN = 'launchd'

/** Directories outside of any account's home; others in tests. */
export interface MachinePlaces {
  /** Where launchd looks for definitions at boot (launchd.plist(5)). */
  readonly daemons: string
  readonly support: string
  readonly logs: string
}

/** Where they are on a Mac. */
export const MACHINE_PLACES: MachinePlaces = {
  daemons: '/Library/LaunchDaemons',
  support: '/Library/Application Support/hermes-svc',
  logs: '/Library/Logs/hermes-svc',
}

/** The label of our job for a profile. */
export function jobLabel(profile: string): string {
  return `${PREFIX}${profile}`
}

/** The name of the file that defines a job. */
export function plistName(label: string): string {
  return `${label}${SUFFIX}`
}

/** What the name of a definition says: whose it is by name, its label, and what stands for the profile in it. null for other files. */
export function parsePlistName(
  name: string,
): {readonly by: 'us' | 'hermes'; readonly label: string; readonly profile: string} | null {
  if (!name.endsWith(SUFFIX)) return null
  const label = name.slice(0, -SUFFIX.length)
  if (label.startsWith(PREFIX)) return {by: 'us', label, profile: label.slice(PREFIX.length)}
  if (label === HERMES) return {by: 'hermes', label, profile: 'default'}
  return label.startsWith(`${HERMES}-`) ? {by: 'hermes', label, profile: label.slice(HERMES.length + 1)} : null
}

/** Where what is kept of a gateway lies that no job needs: copies of definitions that were replaced. In the profile root. */
export function ownDirectory(gateways: string, profile: string): string {
  return join(gateways, profile, OWN)
}

/** What tells profile roots apart in names that are the machine's. */
export function rootId(root: string): string {
  return createHash('sha256').update(root).digest('hex').slice(0, 12)
}

/** Where all that belongs to the daemons of a profile root lies. */
export function rootDirectory({root, support}: {readonly root: string; readonly support: string}): string {
  return join(support, rootId(root))
}

/**
 * Where what belongs to a job lies. That of a daemon is root's, and named after its profile root too: two roots may
 * have a profile of one name.
 */
export function jobDirectory(
  scope: JobScope,
  {root, gateways, support}: {readonly root: string; readonly gateways: string; readonly support: string},
  profile: string,
): string {
  if (scope === 'user') return ownDirectory(gateways, profile)
  return join(rootDirectory({root, support}), profile)
}

/** The launcher of a gateway. Its file name is what macOS shows under Login Items. */
export function launcherPath(directory: string, profile: string): string {
  return join(directory, `hermes-gateway-${profile}`)
}

/** What the names of environment files begin with; the id of the definition follows. */
export const ENVIRONMENT_PREFIX = 'environment.'

/** The environment file of a definition. */
export function environmentPath(directory: string, id: string): string {
  return join(directory, `${ENVIRONMENT_PREFIX}${id}`)
}

/** Where the launcher leaves its notes: the gateway's account writes there. */
export function stateDirectory(directory: string): string {
  return join(directory, 'state')
}

/** Where the log of a gateway goes. That of a daemon is rotated by root, so that no account may put a link there. */
export function logDirectory(
  scope: JobScope,
  {logs, systemLogs}: {readonly logs: string; readonly systemLogs: string},
  profile: string,
): string {
  return join(scope === 'system' ? systemLogs : logs, profile)
}
