import {join} from 'node:path'
import type {GatewaySpec, PlanCommand, PlanEntry} from '@hermes-svc/core'
import {sessionFor} from './job-definitions.js'
import {logDirectory} from './job-paths.js'
import {type JobScope, type LaunchdFacts, ledgerOf} from './launchd-facts.js'
import {renderLogRotationScript} from './log-rotation-script.js'
import {renderPlist} from './plist.js'
import {rotationPlace} from './rotation-place.js'

/** Name of the file that says how many archives of how many bytes a gateway's log may have. */
const LIMITS = 'limits'

/**
 * Seconds from one look at the logs to the next. A log can exceed its limit by what a gateway writes meanwhile, and a look
 * at a hundred logs takes some milliseconds.
 */
const INTERVAL_S = 300

/** The directory of a gateway's log, and its limits. Pure. */
export function logEntries(spec: GatewaySpec, facts: LaunchdFacts, writer: string | null): PlanEntry[] {
  const scope = spec.scope === 'system' ? 'system' : 'user'
  const path = logDirectory(scope, facts, spec.profile)
  const {files, sizeBytes} = spec.logs
  const limits = Buffer.from(`${String(files)} ${String(sizeBytes)}\n`)
  return [
    // launchd opens the log of a daemon as the account that it runs as, in a directory that only root writes to.
    {
      kind: 'directory',
      path,
      mode: scope === 'system' ? 0o755 : 0o700,
      owner: writer,
      contents: null,
      sensitive: false,
    },
    {kind: 'file', path: join(path, LIMITS), mode: 0o600, owner: writer, contents: limits, sensitive: false},
  ]
}

/** The job that rotates the logs of all gateways of a root in a scope. Pure. */
export function rotationEntries(scope: JobScope, facts: LaunchdFacts, writer: string | null): PlanEntry[] {
  const {label, directory, script, plist} = rotationPlace({...facts, scope, directory: facts[scope].directory})
  const text = renderPlist({
    Label: label,
    ProgramArguments: [script, scope === 'system' ? facts.systemLogs : facts.logs],
    WorkingDirectory: '/',
    RunAtLoad: true,
    KeepAlive: false,
    StartInterval: INTERVAL_S,
    ...(scope === 'user' ? {LimitLoadToSessionType: sessionFor(facts.user)} : {}),
    ProcessType: 'Background',
  })
  const common = {owner: writer, sensitive: false}
  const mode = scope === 'user' ? 0o700 : 0o755
  return [
    {...common, kind: 'directory', path: directory, mode, contents: null},
    {...common, kind: 'file', path: script, mode: 0o755, contents: Buffer.from(renderLogRotationScript())},
    {...common, kind: 'file', path: plist, mode: 0o644, contents: Buffer.from(text)},
  ]
}

/** What loads that job, where it is not loaded yet. Pure. */
export function rotationCommands(scope: JobScope, facts: LaunchdFacts): PlanCommand[] {
  const {domain, directory} = facts[scope]
  if (domain === null) return []
  const {label, plist} = rotationPlace({...facts, scope, directory})
  return [
    {file: facts.launchctl, args: ['enable', `${ledgerOf(domain)}/${label}`]},
    {file: facts.launchctl, args: ['bootstrap', domain, plist]},
  ]
}
