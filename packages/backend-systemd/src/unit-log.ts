import {accessSync, constants, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {
  accountOf,
  type BackendContext,
  type LogLine,
  type LogOptions,
  type LogPlace,
  type Problem,
  readLogFile,
  type Writer,
} from '@hermes-svc/core'
import {journalArguments, parseJournalEntry} from './journal.js'
import {asRoot} from './manager-errors.js'
import type {UnitDefinition} from './unit-definitions.js'
import {logDirectory} from './unit-paths.js'

/** Where journald keeps its files: across boots, and until the next one (systemd-journald.service). */
const JOURNALS = ['/var/log/journal', '/run/log/journal']

/** Where the output of a unit goes. */
export function logPlaceOf({scope, profile, unit, marker}: UnitDefinition, logs: string): LogPlace {
  return marker?.logsToFile === true
    ? {kind: 'file', path: logDirectory(scope, logs, profile)}
    : {kind: 'journal', unit}
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/**
 * Whether the caller may read the journal that a unit's output is in. journalctl(1) itself gives no lines otherwise and says
 * so on stderr only. A user's own journal is made with the first line, where journals are kept across boots.
 */
export function mayReadJournal(scope: UnitDefinition['scope'], uid: number | null): boolean {
  if (uid === 0) return true
  const files = JOURNALS.flatMap(place => namesIn(place).map(machine => join(place, machine, 'system.journal')))
  return files.some(isReadable) || (scope === 'user' && namesIn('/var/log/journal').length > 0)
}

/** Reads what a unit printed, from the journal or from its file. */
export async function* readUnitLog(
  definition: UnitDefinition,
  context: BackendContext,
  writer: Writer,
  options: LogOptions,
): AsyncGenerator<LogLine, void, undefined> {
  const {profile, scope, unit} = definition
  const {clock, paths, tools, caller} = context
  const {kind} = logPlaceOf(definition, paths.logs)
  if (kind === 'file') {
    const directory = logDirectory(scope, paths.logs, profile)
    if (options.since !== undefined) {
      const message = `${profile}: expected a log with times, got the file ${directory}/current, whose lines have none`
      throw context.error('HSVC_UNSUPPORTED', message, {hint: 'leave out --since'})
    }
    yield* readLogFile({profile, directory}, {...options, clock, run: writer.run})
    return
  }
  if (!mayReadJournal(scope, caller.uid)) throw denied(definition, context)
  const {signal} = options
  try {
    const lines = tools.lines('journalctl', journalArguments(scope, unit, writer.uid, options), signal ? {signal} : {})
    for await (const line of lines) {
      const entry = parseJournalEntry(profile, line)
      if (entry !== null) yield entry
    }
  } catch (error) {
    // That is how following ends.
    if (signal?.aborted !== true) throw error
  }
}

/** How an account that is not root gets to read every journal. */
function becomeMember({caller}: BackendContext): string {
  const name = (caller.uid === null ? null : accountOf(caller.uid)?.name) ?? 'ACCOUNT'
  return `sudo usermod -aG systemd-journal ${name}, then log in again`
}

/** What makes journald keep a journal for each account. */
const KEEP_JOURNALS = 'sudo mkdir -p /var/log/journal && sudo journalctl --flush'

function denied({scope, profile, unit}: UnitDefinition, context: BackendContext): Error {
  if (scope === 'system') {
    return context.error('HSVC_PERMISSION_DENIED', `the journal of ${unit} is for root and the group systemd-journal`, {
      hint: `as root: ${asRoot(context.paths.root, 'gateway', 'logs', profile)}, or ${becomeMember(context)}`,
    })
  }
  return context.error('HSVC_PERMISSION_DENIED', `${unit}: ${NO_OWN_JOURNAL}`, {
    hint: `to have it keep them: ${KEEP_JOURNALS}; or ${becomeMember(context)}`,
  })
}

/** Why a user cannot read what a user unit prints. */
const NO_OWN_JOURNAL = 'journald keeps no journals across boots, and so none of an account alone'

/** What doctor says of logs that this account cannot read; null when it can. */
export function journalProblem(scope: UnitDefinition['scope'], context: BackendContext): Problem | null {
  if (scope === 'system' || mayReadJournal(scope, context.caller.uid)) return null
  return {
    severity: 'warning',
    message: `logs cannot be read: ${NO_OWN_JOURNAL}`,
    hint: `to have it keep them: ${KEEP_JOURNALS}`,
  }
}
