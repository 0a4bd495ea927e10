import {statSync} from 'node:fs'
import {join} from 'node:path'
import {type LastExit, readRegularFile} from '@hermes-svc/core'
import {type EnvironmentHeader, parseEnvironmentHeader} from './environment-file.js'
import type {UnitDefinition} from './unit-definitions.js'
import {environmentPath, lastExitPath, ownDirectory, privateDirectory} from './unit-paths.js'

/** Which process was started by a definition that has been replaced since. */
export interface RunningNote extends EnvironmentHeader {
  readonly pid: number
  /** ExecMainStartTimestamp: microseconds since the epoch. A pid alone is reused. */
  readonly startedUs: number
}

/** What we and the unit itself leave on disk about a gateway. */
export interface UnitNotes {
  /** Of the definition in force; null where it may not be read. */
  readonly header: EnvironmentHeader | null
  /** The environment file of the definition in force is gone, without which the unit does not start. */
  readonly lacksEnvironment?: boolean
  readonly running: RunningNote | null
  readonly lastExit: (LastExit & {readonly at: string}) | null
  /** Whether one without autostart was asked to run; for the others the links of [Install] say it. */
  readonly wantedUp: boolean
}

/** Name of the note about a process that an earlier definition started. */
export const RUNNING_NOTE = 'running.json'
/** Name of the note that a gateway without autostart is wanted up. */
export const WANTED_UP = 'wanted-up'

function read(path: string): string | null {
  try {
    return readRegularFile(path)
  } catch {
    // Not there, or not for us to read: then it says nothing.
    return null
  }
}

function isMissing(path: string): boolean {
  try {
    statSync(path)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

/** Reads what NOTE_LAST_EXIT of the unit left: the service's result, how its process ended, and the code or signal. Pure. */
export function parseLastExit(text: string, atMs: number): UnitNotes['lastExit'] {
  const [, how, status] = /^\S+ (exited|killed|dumped) (\S+)\n$/.exec(text) ?? []
  if (how === undefined || status === undefined) return null
  const at = new Date(atMs).toISOString()
  if (how !== 'exited') return {code: null, signal: `SIG${status}`, at}
  return /^\d+$/.test(status) ? {code: Number(status), signal: null, at} : null
}

function readLastExit(path: string): UnitNotes['lastExit'] {
  const text = read(path)
  return text === null ? null : parseLastExit(text, statSync(path).mtimeMs)
}

/** Reads the note about a process of an earlier definition; null where there is none. Pure. */
export function parseRunningNote(text: string): RunningNote | null {
  try {
    const {pid, startedUs, specHash, port} = JSON.parse(text) as Partial<RunningNote>
    if (typeof pid !== 'number' || typeof startedUs !== 'number' || typeof specHash !== 'string') return null
    return {pid, startedUs, specHash, port: typeof port === 'number' ? port : null}
  } catch {
    return null
  }
}

/** Reads the notes of one of our units. What cannot be read is left out. */
export function readNotes(definition: UnitDefinition, gateways: string): UnitNotes {
  const {profile, scope, marker} = definition
  if (marker === null) return {header: null, running: null, lastExit: null, wantedUp: false}
  const place = environmentPath(scope, gateways, profile, marker.id)
  const environment = read(place)
  const running = read(join(privateDirectory(scope, gateways, profile), RUNNING_NOTE))
  return {
    header: environment === null ? null : parseEnvironmentHeader(environment),
    ...(environment === null && isMissing(place) ? {lacksEnvironment: true} : {}),
    running: running === null ? null : parseRunningNote(running),
    lastExit: readLastExit(lastExitPath(gateways, profile)),
    wantedUp: !marker.autostart && read(join(ownDirectory(gateways, profile), WANTED_UP)) !== null,
  }
}
