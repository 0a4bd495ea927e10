import type {LogLine, LogOptions} from '@hermes-svc/core'
import type {UnitScope} from './systemd-facts.js'

const DEFAULT_LINES = 100

/**
 * Arguments of journalctl(1) for what a unit's processes printed, without what the manager says of the unit. Fields
 * instead of `--user`, so that root can read a user's unit too (systemd.journal-fields). Pure.
 */
export function journalArguments(scope: UnitScope, unit: string, uid: number, options: LogOptions): string[] {
  const {lines = DEFAULT_LINES, since, follow = false} = options
  return [
    '--output=json',
    '--output-fields=MESSAGE',
    '--no-pager',
    `--lines=${String(lines)}`,
    ...(since === undefined ? [] : [`--since=@${String(since.getTime() / 1000)}`]),
    ...(follow ? ['--follow'] : []),
    '_TRANSPORT=stdout',
    ...(scope === 'user' ? [`_SYSTEMD_USER_UNIT=${unit}`, `_UID=${String(uid)}`] : [`_SYSTEMD_UNIT=${unit}`]),
  ]
}

/** Reads one line of journalctl's JSON; null for what is no entry. Bytes that are not UTF-8 come as a list of numbers. Pure. */
export function parseJournalEntry(profile: string, line: string): LogLine | null {
  let entry: {MESSAGE?: unknown; __REALTIME_TIMESTAMP?: unknown}
  try {
    entry = JSON.parse(line) as typeof entry
  } catch {
    return null
  }
  const {MESSAGE: message, __REALTIME_TIMESTAMP: us} = entry
  const text = Array.isArray(message) ? Buffer.from(message as number[]).toString('utf8') : message
  if (typeof text !== 'string') return null
  const atMs = typeof us === 'string' ? Number(us) / 1000 : Number.NaN
  return {profile, at: Number.isFinite(atMs) ? new Date(atMs).toISOString() : null, text}
}
