import type {GatewayStatus, LastExit} from '@hermes-svc/core'
import {durationText} from './duration-text.js'

/** How a process ended: `exit 78`, `SIGKILL`. */
export function lastExitText({code, signal}: LastExit): string {
  if (signal !== null) return signal
  return code === null ? 'unknown' : `exit ${String(code)}`
}

/** Where a gateway runs, in brackets of a sentence: `pid 4121, systemd user`. */
export function placeText({pid, backend, scope}: GatewayStatus): string {
  const where = `${backend} ${scope}`
  return pid === null ? where : `pid ${String(pid)}, ${where}`
}

/** What the state alone does not say, in a few words; empty when there is nothing. `now` in milliseconds since the epoch. */
export function noteText(status: GatewayStatus, now: number): string {
  const {state, lastExit, nextStartAt, origin, wanted, drift} = status
  const notes: string[] = []
  if ((state === 'backoff' || state === 'failed') && lastExit) notes.push(lastExitText(lastExit))
  if (state === 'backoff' && nextStartAt !== null) {
    notes.push(`next in ${durationText((Date.parse(nextStartAt) - now) / 1000)}`)
  }
  if (origin !== 'installed') notes.push(origin)
  if (wanted === 'down' && state === 'running') notes.push('wanted down')
  if (wanted === 'up' && state === 'stopped') notes.push('wanted up')
  if (drift === true) notes.push('drift')
  return notes.join(', ')
}
