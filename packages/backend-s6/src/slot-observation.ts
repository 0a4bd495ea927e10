import {closeSync, constants, existsSync, lstatSync, openSync, readlinkSync, readvSync} from 'node:fs'
import type {LastExit} from '@hermes-svc/core'
import {findStray} from './stray-process.js'
import {DEATH_BYTES, parseDeath} from './death-tally.js'
import {type Listening, listening, superviseControl} from './control-fifo.js'
import {CURRENT, FACTS, RUNNING, UNHARMED} from './slot-names.js'
import {linkTarget} from './slot-links.js'
import {parseFacts, type SlotFacts} from './slot-facts.js'
import {parseSuperviseStatus, runPid, type SuperviseStatus} from './supervise-status.js'

/** Why ./finish left a gateway down. */
export type Parked = 'fatal' | 'clean' | 'gave-up'

/** What was found of one slot. */
export interface SlotObservation {
  /** null: the slot is not ours. */
  readonly facts: SlotFacts | null
  /** The facts that the process of now was started with, where they are other ones. */
  readonly running: SlotFacts | null
  readonly supervised: Listening
  /** Stale where it is not supervised; null where there is none or it cannot be read. */
  readonly status: SuperviseStatus | null
  /** Deaths since the supervisor started. */
  readonly deaths: number
  readonly lastDeath: LastExit | null
  /** Read only where it tells something: our slot, supervised, down and not wanted up. */
  readonly parked: Parked | null
  /** While ./finish sleeps: the delay before the next start. Milliseconds. */
  readonly delayMs: number | null
  /** Whether the slot says that it stays down when its supervisor starts. Read only where nobody wants it up now. */
  readonly hasDown: boolean
  /** A process that outlived its supervisor; null where there is none. */
  readonly stray: number | null
}

/** A slot that we may not look into: whose it is cannot be told either. */
export const UNREADABLE: SlotObservation = {
  facts: null,
  running: null,
  supervised: 'denied',
  status: null,
  deaths: 0,
  lastDeath: null,
  parked: null,
  delayMs: null,
  hasDown: true,
  stray: null,
}

const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
const MISSING = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO']
const NO_FILE = ['EISDIR', 'EAGAIN', 'EINVAL']
const LARGEST_BYTES = 64 * 1024

/** Used again and again: a listing reads two files of each of a thousand slots. */
const buffer = Buffer.allocUnsafeSlow(LARGEST_BYTES)
/** What to read into: readv(2) has fewer arguments than read(2), and each that is checked makes garbage. */
const INTO = [buffer]

/**
 * Reads a small file from a position into `buffer`, and gives the number of its bytes; null where there is none. Nothing is followed
 * or waited for at its name, and of whatever is no file no more is taken than fits.
 */
function readSmall(path: string, position?: number): number | null {
  let descriptor: number
  try {
    descriptor = openSync(path, READ_FLAGS)
  } catch (error) {
    if (MISSING.includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
  try {
    return readvSync(descriptor, INTO, position)
  } catch (error) {
    // A directory, or a FIFO that somebody writes to.
    if (NO_FILE.includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  } finally {
    closeSync(descriptor)
  }
}

function readText(path: string): string | null {
  const length = readSmall(path)
  return length === null ? null : buffer.toString('utf8', 0, length)
}

function readNote(path: string): string[] {
  return readText(path)?.split(/[ \n]/) ?? []
}

interface Deaths {
  readonly deaths: number
  readonly lastDeath: LastExit | null
}

const NO_DEATHS: Deaths = {deaths: 0, lastDeath: null}

/** How many deaths s6-supervise has noted, and the last one. */
function readDeaths(directory: string): Deaths {
  const path = `${directory}/supervise/death_tally`
  const stats = lstatSync(path, {throwIfNoEntry: false})
  const deaths = stats?.isFile() === true ? Math.floor(stats.size / DEATH_BYTES) : 0
  const length = deaths === 0 ? null : readSmall(path, (stats?.size ?? 0) - DEATH_BYTES)
  return {deaths, lastDeath: length === DEATH_BYTES ? parseDeath(buffer) : null}
}

function readParked(directory: string): Parked | null {
  const [reason] = readNote(`${directory}/data/parked`)
  return reason === 'fatal' || reason === 'clean' || reason === 'gave-up' ? reason : null
}

/** The delay that this very ./finish wrote down before it went to sleep. */
function readDelayMs(directory: string, finishPid: number | null): number | null {
  const [, delay = '', pid] = readNote(`${directory}/data/backoff`)
  return pid === String(finishPid) && /^\d{1,12}$/.test(delay) ? Number(delay) : null
}

/** Where a link leads; null for whatever is no link. Throws where it may not look. */
function readLink(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch (error) {
    const {code = ''} = error as NodeJS.ErrnoException
    if (code === 'EINVAL' || MISSING.includes(code)) return null
    throw error
  }
}

/** The facts of a slot of ours; null for any other. */
export function readFacts(directory: string, profile: string, definition: string = CURRENT): SlotFacts | null {
  const found = readLink(`${directory}/${definition}/${FACTS}`)
  return found === null ? null : parseFacts(found, profile)
}

/** The name of the definition that a note of ./run tells; null where there is none. */
function definitionIn(note: string | null): string | null {
  if (note === null) return null
  const end = note.indexOf(UNHARMED)
  const path = end === -1 ? note : note.slice(0, end)
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The name of the definition that ./run said last it was of; null where it never ran. */
export function runningDefinition(directory: string): string | null {
  return definitionIn(linkTarget(`${directory}/${RUNNING}`))
}

/** The pid that ./run wrote down when it had noted of which definition it is; null where there is none. */
export function notedPid(directory: string): number | null {
  const [pid = ''] = readNote(`${directory}/data/started`)
  return /^\d+$/.test(pid) ? Number(pid) : null
}

/** What supervise/status says; null where there is none. */
export function readStatus(directory: string): SuperviseStatus | null {
  const length = readSmall(`${directory}/supervise/status`)
  return length === null ? null : parseSuperviseStatus(buffer, length)
}

/**
 * Looks at a slot: reads its facts and its status, and up to three more of one that died, is down or runs by an earlier
 * definition. Throws the system error where it may not look.
 */
export function observeSlot(directory: string, profile: string): SlotObservation {
  const facts = readFacts(directory, profile)
  const supervised = listening(superviseControl(directory))
  const status = readStatus(directory)
  const isWantedUp = supervised === 'yes' && status?.isWantedUp === true
  const isDown = status !== null && status.pid === null
  const note = facts === null || isDown ? null : linkTarget(`${directory}/${RUNNING}`)
  const running = definitionIn(note)
  // With its pid, since the note may still be that of an earlier process.
  const isUnharmed = supervised === 'yes' && note?.endsWith(`${UNHARMED}${String(runPid(status))}`) === true
  const {deaths, lastDeath} = isUnharmed ? NO_DEATHS : readDeaths(directory)
  return {
    facts,
    running: running !== null && running !== facts?.definition ? readFacts(directory, profile, running) : null,
    supervised,
    status,
    deaths,
    lastDeath,
    parked: facts !== null && isDown && !isWantedUp ? readParked(directory) : null,
    delayMs: facts !== null && status?.isFinishing === true ? readDelayMs(directory, status.pid) : null,
    stray: supervised === 'no' ? findStray(status) : null,
    hasDown: !isWantedUp && existsSync(`${directory}/down`),
  }
}
