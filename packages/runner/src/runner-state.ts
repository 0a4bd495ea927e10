import {closeSync, openSync, readFileSync, statSync, writeSync} from 'node:fs'
import {join} from 'node:path'
import type {GatewayState, LastExit, Wanted} from '@hermes-svc/core'
import {isProcessIdentity, type ProcessIdentity} from '@hermes-svc/core/process-identity'
import {publishFile} from '@hermes-svc/core/publish-file'
import type {Labels} from './runner-spec.js'

/** Name of the state in a runner directory. */
export const STATE_FILE = 'state.json'

/** What a runner wrote down last. It may be stale: observeRunner tells. */
export interface RunnerState {
  readonly schemaVersion: 1
  /** Who wrote it; by its boot and pid namespace a state from before a reboot or recreation is recognised. */
  readonly writtenBy: ProcessIdentity
  /** null when the runner has ended in order. */
  readonly runner: ProcessIdentity | null
  /** Path of the control socket; null when there is none. */
  readonly socket: string | null
  readonly state: GatewayState
  readonly wanted: Wanted
  readonly gateway: ProcessIdentity | null
  /** ISO 8601, of the last start. */
  readonly startedAt: string | null
  /** Deaths that nobody asked for, over the life of the definition. */
  readonly deaths: number
  /** Failed starts in a row. */
  readonly failures: number
  readonly lastExit: LastExit | null
  readonly nextStartAt: string | null
  /** Value of HERMES_SVC_INVOCATION of the last start. */
  readonly invocation: string | null
  /** Why it is not running, or what does not work; null when all is well. */
  readonly reason: string | null
  readonly labels: Labels
  /** It ended by itself and its policy says that it is not to be started again unasked. Absent otherwise. */
  readonly parked?: boolean
}

// Each state fills whole blocks, so that it can be written over the old one in place when the disk is full.
const BLOCK = 4096

function render(state: RunnerState): Buffer {
  const bytes = Buffer.from(JSON.stringify(state))
  const padded = Buffer.alloc(Math.ceil((bytes.length + 1) / BLOCK) * BLOCK, ' ')
  bytes.copy(padded)
  padded[padded.length - 1] = 0x0a
  return padded
}

function writeInPlace(path: string, bytes: Buffer): void {
  if (statSync(path).size !== bytes.length) throw new Error('the old state has another size')
  const descriptor = openSync(path, 'r+')
  try {
    if (writeSync(descriptor, bytes, 0, bytes.length, 0) !== bytes.length) throw new Error('written in part')
  } finally {
    closeSync(descriptor)
  }
}

/** Publishes a state; with a full disk it goes over the old one. Throws when neither works. */
export function writeRunnerState(directory: string, state: RunnerState): void {
  const path = join(directory, STATE_FILE)
  const bytes = render(state)
  try {
    publishFile(path, bytes, 0o600)
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
    writeInPlace(path, bytes)
  }
}

/** The last state; null when there is none, or when it is torn or not a state at all. */
export function readRunnerState(directory: string): RunnerState | null {
  let text: string
  try {
    text = readFileSync(join(directory, STATE_FILE), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const value = JSON.parse(text) as Partial<RunnerState> | null
    const identities = [value?.runner, value?.gateway].every(each => each === null || isProcessIdentity(each))
    const sound = value?.schemaVersion === 1 && isProcessIdentity(value.writtenBy) && identities
    const typed =
      typeof value?.deaths === 'number' && typeof value.state === 'string' && typeof value.labels === 'object'
    return sound && typed ? (value as RunnerState) : null
  } catch {
    return null
  }
}
