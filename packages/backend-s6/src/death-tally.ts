import {constants} from 'node:os'
import type {LastExit} from '@hermes-svc/core'
import {timeOfTai64n} from './supervise-status.js'

/** One death in supervise/death_tally: TAI64N, exit code (128 + signal when killed), signal. */
export const DEATH_BYTES = 14

/** How many deaths s6-supervise remembers at most (max-death-tally, servicedir.html). */
export const MOST_DEATHS = 4096

/** Name of a signal number as in signal(7); real-time ones and strangers as `SIG40`. */
export function signalName(number: number): string {
  // Where one number has two names, the first one counts, SIGABRT and not SIGIOT.
  const known = Object.entries(constants.signals).find(([, each]) => each === number)
  return known?.[0] ?? `SIG${String(number)}`
}

/** Reads one record. */
export function parseDeath(bytes: Buffer): LastExit {
  const signal = bytes.readUInt8(13)
  return {
    code: signal === 0 ? bytes.readUInt8(12) : null,
    signal: signal === 0 ? null : signalName(signal),
    at: new Date(timeOfTai64n(bytes, 0)).toISOString(),
  }
}
