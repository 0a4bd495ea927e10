import type {LogLine, LogOptions} from '@hermes-svc/core'
import type {UnitScope} from './systemd-facts.js'

const DEFAULT_LINES = 100

/** More does not fit into the integer that journalctl reads. */
const MOST_LINES = 0x7f_ff_ff_ff

/** LOG_ERR of syslog(3). */
const ERROR = '3'

/**
 * Arguments of journalctl(1) for what a unit's processes printed, and for the errors that the manager met in starting
 * them, without all else that it says of the unit. Fields instead of `--user`, so that root can read a user's unit too
 * (systemd.journal-fields). Pure.
 */
export function journalArguments(scope: UnitScope, unit: string, uid: number, options: LogOptions): string[] {
  const {lines = DEFAULT_LINES, since, follow = false} = options
  return [
    '--output=json',
    '--output-fields=MESSAGE',
    '--no-pager',
    `--lines=${lines > MOST_LINES ? 'all' : String(lines)}`,
    ...(since === undefined ? [] : [`--since=@${String(since.getTime() / 1000)}`]),
    ...(follow ? ['--follow'] : []),
    '_TRANSPORT=stdout',
    ...(scope === 'user' ? [`_SYSTEMD_USER_UNIT=${unit}`, `_UID=${String(uid)}`] : [`_SYSTEMD_UNIT=${unit}`]),
    '+',
    `PRIORITY=${ERROR}`,
    ...(scope === 'user' ? [`USER_UNIT=${unit}`, `_UID=${String(uid)}`] : [`UNIT=${unit}`]),
  ]
}

/** Reads one line of journalctl's JSON; null for what is no entry. Bytes that are not UTF-8 come as a list of numbers. Pure. */
export function parseJournalEntry(profile: string, line: string): LogLine | null {
  let entry: {readonly MESSAGE?: unknown; readonly __REALTIME_TIMESTAMP?: unknown} | null
  try {
    entry = JSON.parse(line) as typeof entry
  } catch {
    return null
  }
  const message = entry?.MESSAGE
  const text = Array.isArray(message) ? Buffer.from(message as number[]).toString('utf8') : message
  if (typeof text !== 'string') return null
  const at = new Date(Number(entry?.__REALTIME_TIMESTAMP) / 1000)
  return {profile, at: Number.isNaN(at.getTime()) ? null : at.toISOString(), text}
}
