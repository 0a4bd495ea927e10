import {parseDuration} from '@hermes-svc/core'
import {Flags} from '@oclif/core'
import {usageError} from '../usage-error.js'

/** Reads a wait such as `30s`; a bare number counts seconds. Milliseconds. Throws HSVC_USAGE. */
export function parseTimeout(text: string): number {
  const ms = parseDuration(/^\d+$/.test(text) ? `${text}s` : text)
  if (ms === undefined || ms === 0) throw usageError(`--timeout: expected a duration such as 30s or 2m, got ${text}`)
  return ms
}

/** Reads `10m` (before now) or a date in ISO 8601. `now` in milliseconds since the epoch. Throws HSVC_USAGE. */
export function parseSince(text: string, now: number): Date {
  const ms = parseDuration(text)
  if (ms !== undefined) return new Date(now - ms)
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : new Date(Number.NaN)
  if (!Number.isNaN(date.getTime())) return date
  throw usageError(`--since: expected a duration such as 10m or a date such as 2030-01-31T08:00:00Z, got ${text}`)
}

/** The flag for how long a verb may take, in milliseconds. */
export const timeoutFlag = Flags.custom<number>({
  description: 'How long to wait, such as 30s; then it fails with exit code 75',
  helpValue: 'TIME',
  parse: input => Promise.resolve(parseTimeout(input)),
})
