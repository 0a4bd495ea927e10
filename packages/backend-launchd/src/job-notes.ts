import {statSync} from 'node:fs'
import {join} from 'node:path'
import {readRegularFile} from '@hermes-svc/core'
import {type EnvironmentHeader, parseEnvironmentHeader} from './environment-file.js'
import type {JobDefinition} from './job-definitions.js'
import {environmentPath, launcherPath, stateDirectory} from './job-paths.js'

/** What the launcher notes each time that launchd starts it, and so the gateway: they are one process. */
export interface StartNote {
  /** null where it has parked the gateway instead. */
  readonly pid: number | null
  /** Counts starts, so that one that was asked for can be told. */
  readonly serial: number
  /** Deaths before this start. */
  readonly deaths: number
  /** The exit code by which the gateway was parked; null when it was started. */
  readonly parked: number | null
  /** What it was started with. */
  readonly header: EnvironmentHeader | null
  /** When, in milliseconds since the epoch. */
  readonly atMs: number
}

/** Says of the next start that it is asked for, so that the launcher takes it for no consequence of a death. */
export interface AskedNote {
  /** The start that it follows; for any other one the note says nothing. */
  readonly serial: number
  /** Deaths before the start that is asked for. */
  readonly deaths: number
}

/** What we and the launcher leave on disk about a gateway. */
export interface JobNotes {
  /** Of the definition in force; null where it may not be read. */
  readonly header: EnvironmentHeader | null
  readonly start: StartNote | null
  readonly asked: AskedNote | null
  /** Parts of the definition are gone, without which the job does not start. */
  readonly lacksParts: boolean
}

/** Name of the launcher's note. */
export const STARTED = 'started'
/** Name of the note that the next start is asked for. */
export const ASKED = 'asked'

const LONE: JobNotes = {header: null, start: null, asked: null, lacksParts: false}

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

/** Reads what the launcher noted; null for a note that is not whole. Pure. */
export function parseStartNote(text: string, atMs: number): StartNote | null {
  const [, pid, serial, deaths, parked, header] = /^(\d+|-) (\d+) (\d+)(?: (\d+))?\n(.*)\n$/s.exec(text) ?? []
  if (pid === undefined || serial === undefined || deaths === undefined) return null
  return {
    pid: pid === '-' ? null : Number(pid),
    serial: Number(serial),
    deaths: Number(deaths),
    parked: parked === undefined ? null : Number(parked),
    header: parseEnvironmentHeader(header ?? ''),
    atMs,
  }
}

/** Reads the note that a start is asked for; null for one that is not whole. Pure. */
export function parseAskedNote(text: string): AskedNote | null {
  const [, serial, deaths] = /^(\d+) (\d+)\n$/.exec(text) ?? []
  return serial === undefined ? null : {serial: Number(serial), deaths: Number(deaths)}
}

/** The launcher's note in a directory of a job's; null where there is none. */
function readStartNote(directory: string): StartNote | null {
  const path = join(stateDirectory(directory), STARTED)
  const text = read(path)
  return text === null ? null : parseStartNote(text, statSync(path, {throwIfNoEntry: false})?.mtimeMs ?? 0)
}

/** Reads the notes of a definition of ours; somebody else's has none. What cannot be read is left out. */
export function readNotes({marker, profile}: JobDefinition, directory: string): JobNotes {
  if (marker === null) return LONE
  const place = environmentPath(directory, marker.id)
  const environment = read(place)
  const asked = read(join(stateDirectory(directory), ASKED))
  return {
    header: environment === null ? null : parseEnvironmentHeader(environment),
    start: readStartNote(directory),
    asked: asked === null ? null : parseAskedNote(asked),
    lacksParts: isMissing(place) || isMissing(launcherPath(directory, profile)),
  }
}
