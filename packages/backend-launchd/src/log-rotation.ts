import {createHash} from 'node:crypto'
import {dirname, join} from 'node:path'
import type {GatewaySpec, PlanEntry} from '@hermes-svc/core'
import {type DefinitionPlace, sessionFor} from './job-definitions.js'
import {jobDirectory, logDirectory, plistName} from './job-paths.js'
import type {JobScope, LaunchdFacts} from './launchd-facts.js'
import {renderLogRotationScript} from './log-rotation-script.js'
import {renderPlist} from './plist.js'

/** Name of the file that says how many archives of how many bytes a gateway's log may have. */
const LIMITS = 'limits'

/** What macOS calls the job among the Login Items: the name of its program. */
export const SCRIPT = 'hermes-log-rotation'

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

/** The label of the job that rotates the logs of a profile root. No gateway's begins like that. Pure. */
export function rotationLabel(root: string): string {
  return `ai.hermes-svc-logs.${createHash('sha256').update(root).digest('hex').slice(0, 12)}`
}

/** Where that job is defined, and what belongs to it. */
export interface RotationPlace {
  readonly label: string
  readonly directory: string
  readonly script: string
  readonly plist: string
}

/** The place of one root and scope. Pure. */
export function rotationPlace(place: DefinitionPlace): RotationPlace {
  const {scope, root, gateways} = place
  const label = rotationLabel(root)
  // Beside the directories of profiles, whose names begin with no dot.
  const directory = scope === 'user' ? join(dirname(gateways), 'launchd') : jobDirectory(scope, place, '.log-rotation')
  return {label, directory, script: join(directory, SCRIPT), plist: join(place.directory, plistName(label))}
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
