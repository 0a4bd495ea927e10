import {createHash} from 'node:crypto'
import {join} from 'node:path'
import {
  type BackendContext,
  canonicalSpec,
  type GatewaySpec,
  hashSpec,
  type Plan,
  type PlanEntry,
} from '@hermes-svc/core'
import {renderEnvironmentFile, unsettableKey} from './environment-file.js'
import {digestOf, sessionFor} from './job-definitions.js'
import {
  environmentPath,
  JOB_PROFILE_MAX,
  jobDirectory,
  jobLabel,
  launcherPath,
  logDirectory,
  ownDirectory,
  plistName,
  stateDirectory,
} from './job-paths.js'
import {type Domain, type JobScope, type LaunchdFacts, ledgerOf, type ScopeFacts} from './launchd-facts.js'
import {renderLauncher} from './launcher.js'
import {logEntries, rotationCommands, rotationEntries} from './log-rotation.js'
import {type JobKeys, renderPlist, unholdableReason} from './plist.js'

/** EX_TEMPFAIL: Hermes asks to be started again. */
const RESTART_ASKED = 75

/** The soft limit that launchd gives otherwise is 256 open files, which a busy gateway exceeds. */
const OPEN_FILES = 4096

interface Refusal {
  readonly message: string
  readonly hint?: string
}

/** The scope that a spec asks for, of the two there are. */
export function jobScopeOf({scope}: Pick<GatewaySpec, 'scope'>): JobScope {
  return scope === 'system' ? 'system' : 'user'
}

/**
 * Name of a definition. Environment values take no part: everybody can read it, and from a hash a short secret could be
 * guessed. So a change of values alone replaces the environment file under the same name, which is one step as well. Pure.
 */
function definitionId(spec: GatewaySpec): string {
  const keys = Object.fromEntries(Object.keys(spec.env).map(key => [key, '']))
  return createHash('sha256')
    .update(canonicalSpec({...spec, env: keys, userSet: []}))
    .digest('hex')
    .slice(0, 12)
}

/** launchd counts whole seconds, and takes 0 for its own default. */
function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}

/** Exit codes after which the launcher does not start the gateway again, as one word. launchd itself leaves alone what exits with 0. */
function parkWord({restart}: GatewaySpec): string {
  if (!endsWell(restart)) return '-'
  const codes = [...restart.fatalExitCodes, ...restart.cleanExitCodes].filter(
    code => ![0, RESTART_ASKED].includes(code),
  )
  return codes.length === 0 ? '-' : [...new Set(codes)].sort((a, b) => a - b).join(',')
}

/** Whether exit code 0 ends a gateway for good; without that, launchd starts again whatever ended. */
function endsWell({cleanExitCodes}: GatewaySpec['restart']): boolean {
  return cleanExitCodes.includes(0)
}

/** Where the definition goes: launchd loads by itself what is in its own directory, and only that. */
function definitionPath(spec: GatewaySpec, facts: LaunchdFacts): string {
  const scope = jobScopeOf(spec)
  const directory = spec.autostart ? facts[scope].directory : jobDirectory(scope, facts, spec.profile)
  return join(directory, plistName(jobLabel(spec.profile)))
}

function jobKeys(spec: GatewaySpec, facts: LaunchdFacts): JobKeys {
  const {profile, argv, cwd, account, restart, stopTimeoutMs} = spec
  const scope = jobScopeOf(spec)
  const output = join(logDirectory(scope, facts, profile), 'current')
  const launcher = launcherPath(jobDirectory(scope, facts, profile), profile)
  return {
    Label: jobLabel(profile),
    ProgramArguments: [launcher, definitionId(spec), parkWord(spec), ...argv],
    WorkingDirectory: cwd,
    ...(scope === 'system' && account !== null ? {UserName: account} : {}),
    RunAtLoad: true,
    KeepAlive: endsWell(restart) ? {SuccessfulExit: false} : true,
    ThrottleInterval: wholeSeconds(restart.delayMs),
    ExitTimeOut: wholeSeconds(stopTimeoutMs),
    // One session only: with both, a login at the screen would start a second process beside that of an ssh session.
    ...(scope === 'user' ? {LimitLoadToSessionType: sessionFor(facts.user)} : {}),
    SoftResourceLimits: {NumberOfFiles: OPEN_FILES},
    StandardOutPath: output,
    StandardErrorPath: output,
  }
}

function textRefusal(spec: GatewaySpec, facts: LaunchdFacts): Refusal | null {
  const {argv, cwd, env, profile} = spec
  const scope = jobScopeOf(spec)
  const reasons: readonly (readonly [string, string | null])[] = [
    ...argv.map((word, index) => [`argv[${String(index)}]`, unholdableReason(word)] as const),
    ['cwd', unholdableReason(cwd)],
    ['the profile root', unholdableReason(jobDirectory(scope, facts, profile))],
    ['logs', unholdableReason(logDirectory(scope, facts, profile))],
  ]
  const found = reasons.find(([, reason]) => reason !== null)
  if (found) return {message: `${found[0]}: expected what a property list can hold, got ${found[1] ?? ''}`}
  const taken = Object.keys(env).find(key => unsettableKey(key))
  if (taken === undefined) return null
  return {message: `environment ${taken}: expected a variable that a shell can set, got ${taken}`}
}

function accountRefusal({account, userSet}: GatewaySpec, scope: JobScope, place: ScopeFacts): Refusal | null {
  if (scope === 'user') {
    if (account === null || place.account === null || account === place.account) return null
    return {
      message: `account: expected ${place.account}, whose session runs the gateway in the user scope, got ${account}`,
      hint: 'the system scope runs gateways as any account: --scope system',
    }
  }
  if (account !== 'root' || userSet.includes('account')) return null
  return {
    message: 'account: expected an account other than root for a LaunchDaemon, got root, which owns the profile root',
    hint: 'name the account: --user ACCOUNT; if it is to be root: --user root',
  }
}

/** What the user set and launchd has no word for. Defaults become notes. */
function policyRefusal({restart, stopTimeoutMs, userSet}: GatewaySpec): Refusal | null {
  const isSet = (field: string): boolean => userSet.includes(field)
  const isWhole = (ms: number): boolean => ms === wholeSeconds(ms) * 1000
  if (isSet('restart.delay') && !isWhole(restart.delayMs))
    return {message: `restart.delay: expected whole seconds of at least one, got ${String(restart.delayMs)} ms`}
  if (isSet('stop.timeout') && !isWhole(stopTimeoutMs))
    return {message: `stop.timeout: expected whole seconds of at least one, got ${String(stopTimeoutMs)} ms`}
  if (isSet('restart.window'))
    return {
      message: 'restart.window: expected nothing, because the delay of launchd stays the same, got a setting',
      hint: 'leave it out',
    }
  if (!endsWell(restart) && isSet('restart.fatalExitCodes') && restart.fatalExitCodes.length > 0)
    return {
      message: 'restart.fatalExitCodes: expected 0 among restart.cleanExitCodes, without which launchd parks nothing',
      hint: 'leave restart.fatalExitCodes out, or give restart.cleanExitCodes 0',
    }
  const others = restart.cleanExitCodes.filter(code => code !== 0)
  if (!endsWell(restart) && others.length > 0)
    return {message: `restart.cleanExitCodes: expected 0 among them on launchd, got ${others.join(', ')}`}
  return null
}

function notesOf({restart, stopTimeoutMs}: GatewaySpec): string[] {
  const notes = ['restart.delay: launchd counts it from the start of the process that died']
  if (wholeSeconds(restart.delayMs) * 1000 !== restart.delayMs)
    notes.push(`restart.delay: launchd counts whole seconds, so that it is ${String(wholeSeconds(restart.delayMs))} s`)
  if (wholeSeconds(stopTimeoutMs) * 1000 !== stopTimeoutMs)
    notes.push(`stop.timeout: launchd counts whole seconds, so that it is ${String(wholeSeconds(stopTimeoutMs))} s`)
  if (!endsWell(restart) && restart.fatalExitCodes.length > 0)
    notes.push('restart.fatalExitCodes: without 0 among restart.cleanExitCodes launchd starts again whatever ended')
  return notes
}

/** Whose the files are that launchd reads. */
function writerOf(spec: GatewaySpec, facts: LaunchdFacts): string | null {
  return jobScopeOf(spec) === 'system' ? 'root' : (spec.account ?? facts.user.account)
}

/** What of a plan belongs to the gateway alone, its definition last. Pure. */
export function jobEntries(spec: GatewaySpec, facts: LaunchdFacts): PlanEntry[] {
  const {profile, env, port, autostart, restart, userSet} = spec
  const scope = jobScopeOf(spec)
  const writer = writerOf(spec, facts)
  const account = spec.account ?? facts[scope].account
  const home = facts.user.account
  const directory = jobDirectory(scope, facts, profile)
  const text = renderPlist(jobKeys(spec, facts))
  const environment = renderEnvironmentFile(env, {
    specHash: hashSpec(spec),
    port,
    autostart,
    ownCommand: userSet.includes('argv'),
    throttleSeconds: wholeSeconds(restart.delayMs),
    cleanExitCodes: restart.cleanExitCodes,
    digest: digestOf(text),
  })
  const folder = (path: string, mode: number, owner: string | null): PlanEntry => ({
    kind: 'directory',
    path,
    mode,
    owner,
    contents: null,
    sensitive: false,
  })
  const file = (path: string, contents: string, mode: number, owner: string | null, sensitive = false): PlanEntry => ({
    kind: 'file',
    path,
    mode,
    owner,
    contents: Buffer.from(contents),
    sensitive,
  })
  const launcher = renderLauncher({label: jobLabel(profile), launchctl: facts.launchctl})
  return [
    folder(ownDirectory(facts.gateways, profile), 0o700, home),
    ...(scope === 'system' ? [folder(directory, 0o755, writer)] : []),
    folder(stateDirectory(directory), 0o700, account),
    ...logEntries(spec, facts, writer),
    file(environmentPath(directory, definitionId(spec)), environment, 0o600, account, true),
    file(launcherPath(directory, profile), launcher, 0o755, writer),
    folder(facts[scope].directory, 0o755, writer),
    file(definitionPath(spec, facts), text, 0o644, writer),
  ]
}

/**
 * The domain that the job of a spec is loaded in. Pure. Throws what keeps it from being planned: HSVC_INVALID_SPEC,
 * HSVC_INVALID_PROFILE for a name that does not fit, HSVC_PERMISSION_DENIED for the system scope without root,
 * HSVC_BACKEND_UNAVAILABLE where there is no domain.
 */
export function plannedDomain(spec: GatewaySpec, facts: LaunchdFacts, context: Pick<BackendContext, 'error'>): Domain {
  const {profile} = spec
  const scope = jobScopeOf(spec)
  const place = facts[scope]
  if (profile.length > JOB_PROFILE_MAX) {
    const message = `expected a profile name of at most ${String(JOB_PROFILE_MAX)} characters on launchd; got ${String(profile.length)}`
    throw context.error('HSVC_INVALID_PROFILE', message, {profile})
  }
  const refused = textRefusal(spec, facts) ?? accountRefusal(spec, scope, place) ?? policyRefusal(spec)
  if (refused !== null) {
    const {message, hint} = refused
    throw context.error('HSVC_INVALID_SPEC', message, hint === undefined ? {} : {hint})
  }
  if (scope === 'system' && facts.uid !== 0) {
    throw context.error(
      'HSVC_PERMISSION_DENIED',
      `scope: expected root for a LaunchDaemon, got uid ${String(facts.uid)}`,
      {
        hint: `as root: hermes-svc gateway install ${profile} --scope system; or leave the scope out`,
      },
    )
  }
  if (place.unreachable !== null || place.domain === null) {
    const {reason, hint} = place.unreachable ?? {reason: 'there is no domain to load it in', hint: 'hermes-svc doctor'}
    throw context.error('HSVC_BACKEND_UNAVAILABLE', reason, {hint})
  }
  return place.domain
}

/** The plan of a job. Pure. Throws as `plannedDomain` does. */
export function planJob(spec: GatewaySpec, facts: LaunchdFacts, context: Pick<BackendContext, 'error'>): Plan {
  const domain = plannedDomain(spec, facts, context)
  const scope = jobScopeOf(spec)
  return {
    entries: [...rotationEntries(scope, facts, writerOf(spec, facts)), ...jobEntries(spec, facts)],
    commands: [
      ...rotationCommands(scope, facts),
      {file: facts.launchctl, args: ['enable', `${ledgerOf(domain)}/${jobLabel(spec.profile)}`]},
      {file: facts.launchctl, args: ['bootstrap', domain, definitionPath(spec, facts)]},
    ],
    notes: notesOf(spec),
  }
}
