import {join} from 'node:path'
import type {Paths} from '@hermes-svc/core'
import {EXTENSIONS, type ScriptEngine} from './launcher.js'

/** Name of the XML that a task was made of, in a gateway's directory. */
export const TASK_FILE = 'task.xml'
/** Name of the note of what starts a gateway, in its directory. */
export const STARTER_FILE = 'starter'

/** What a task and an entry of the Startup folder are called: the service of a profile. */
export function serviceName(profile: string): string {
  return `hermes-svc-${profile}`
}

/** Where the script that a task runs is. */
export function launcherPath(directory: string, engine: ScriptEngine): string {
  return join(directory, `launcher${EXTENSIONS[engine]}`)
}

/** Where the entry of a profile is that Windows opens at logon. */
export function startupEntryPath(folder: string, profile: string, engine: ScriptEngine): string {
  return join(folder, `${serviceName(profile)}${EXTENSIONS[engine]}`)
}

/** Where copies are kept of what was taken over. */
export function replacedDirectory({gateways}: Pick<Paths, 'gateways'>, profile: string): string {
  return join(gateways, profile, 'replaced')
}
