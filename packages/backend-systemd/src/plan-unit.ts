import {join} from 'node:path'
import {type BackendContext, type GatewaySpec, hashSpec, type Plan, type PlanEntry} from '@hermes-svc/core'
import {renderEnvironmentFile} from './environment-file.js'
import {asRoot} from './manager-errors.js'
import type {ScopeFacts, SystemdFacts, UnitScope} from './systemd-facts.js'
import {definitionId, delayGrows, renderUnit} from './unit-file.js'
import {
  environmentPath,
  lastExitPath,
  logDirectory,
  ownDirectory,
  privateDirectory,
  UNIT_PROFILE_MAX,
  unitName,
} from './unit-paths.js'
import {unholdableReason, unquotablePathReason, unquotableProgramReason} from './unit-words.js'

/** systemd ends reading a line there (LINE_MAX of its own, 1 MiB), and the unit is invalid. */
const LONGEST_LINE = 1 << 20

/** What systemd itself tells ExecReload=, ExecStop= and ExecStopPost= in variables; a value of the user's would hide it. */
const TOLD_BY_SYSTEMD = ['MAINPID', 'SERVICE_RESULT', 'EXIT_CODE', 'EXIT_STATUS']

interface Refusal {
  readonly message: string
  readonly hint?: string
}

/** The scope that a spec asks for, of the two there are. */
export function unitScopeOf({scope}: Pick<GatewaySpec, 'scope'>): UnitScope {
  return scope === 'system' ? 'system' : 'user'
}

function textRefusal(spec: GatewaySpec, facts: SystemdFacts, scope: UnitScope): Refusal | null {
  const {argv, env, cwd, profile, description} = spec
  const [program = '', ...rest] = argv
  const environment = environmentPath(scope, facts.gateways, profile, definitionId(spec))
  const logs = facts.journal ? [] : [['logs', unquotablePathReason(logDirectory(scope, facts.logs, profile))] as const]
  const reasons: readonly (readonly [string, string | null])[] = [
    ['argv[0]', unquotableProgramReason(program)],
    ...rest.map((word, index) => [`argv[${String(index + 1)}]`, unholdableReason(word)] as const),
    ['cwd', unquotablePathReason(cwd)],
    ['description', unholdableReason(description)],
    ['the record directory', unquotablePathReason(environment)],
    ['the record directory', unholdableReason(lastExitPath(facts.gateways, profile))],
    ['the profile root', unholdableReason(facts.root)],
    ...logs,
    ...Object.entries(env).map(([key, value]) => [`environment ${key}`, unholdableReason(value)] as const),
  ]
  const found = reasons.find(([, reason]) => reason !== null)
  if (found) return {message: `${found[0]}: expected what a unit of systemd can hold, got ${found[1] ?? ''}`}
  const taken = TOLD_BY_SYSTEMD.find(key => Object.hasOwn(env, key))
  if (taken !== undefined)
    return {message: `environment ${taken}: expected a name that systemd does not set itself, got ${taken}`}
  const longest = Math.max(
    ...renderUnit(spec, facts)
      .split('\n')
      .map(line => Buffer.byteLength(line)),
  )
  if (longest < LONGEST_LINE) return null
  return {message: `argv: expected less than 1 MiB in all, got ${String(longest)} bytes in a unit of systemd`}
}

function accountRefusal({account, userSet}: GatewaySpec, scope: UnitScope, place: ScopeFacts): Refusal | null {
  if (scope === 'user') {
    if (account === null || place.account === null || account === place.account) return null
    return {
      message: `account: expected ${place.account}, whose manager runs the gateway in the user scope, got ${account}`,
      hint: 'the system scope runs gateways as any account: --scope system',
    }
  }
  if (account === 'root' && !userSet.includes('account')) {
    return {
      message:
        'account: expected an account other than root for a system service, got root, which owns the profile root',
      hint: 'name the account: --user ACCOUNT; if it is to be root: --user root',
    }
  }
  if (account === null || /^[A-Za-z_][\w.@-]*\$?$/.test(account)) return null
  return {message: `account: expected a name that User= of systemd takes, got ${JSON.stringify(account)}`}
}

/** What the user set and systemd has no word for. Defaults become notes. */
function policyRefusal(spec: GatewaySpec, facts: SystemdFacts): Refusal | null {
  const {restart, userSet} = spec
  const set = (...fields: string[]): boolean => fields.some(field => userSet.includes(field))
  const grows = delayGrows(spec, facts)
  if (set('restart.window') && (grows || restart.giveUpAfter !== null)) {
    return {
      message:
        'restart.window: expected nothing, because systemd does not look at how long a gateway was up, got a setting',
      hint: 'leave it out, or set restart.maxDelay to the same as restart.delay and restart.giveUpAfter to never',
    }
  }
  if (set('restart.maxDelay') && restart.maxDelayMs > restart.delayMs && !grows) {
    return {
      message: `restart.maxDelay: expected systemd 254 or newer, which lets the delay grow, got ${String(facts.version)}`,
      hint: 'leave it out, or set it to the same as restart.delay',
    }
  }
  if (set('logs', 'logs.files', 'logs.size')) {
    return {
      message: `logs: expected nothing, because ${facts.journal ? 'journald decides' : 'nobody here rotates files of systemd'}, got a setting`,
      hint: facts.journal ? 'leave it out; journald has its own in journald.conf' : 'leave it out; logrotate can do it',
    }
  }
  return null
}

function notesOf(spec: GatewaySpec, facts: SystemdFacts, scope: UnitScope): string[] {
  const {restart} = spec
  const notes: string[] = []
  const grows = delayGrows(spec, facts)
  if (!grows && restart.maxDelayMs > restart.delayMs)
    notes.push(`restart.maxDelay: systemd ${String(facts.version)} keeps the delay the same; it grows from 254 on`)
  if (grows) notes.push('restart.window: the delay starts small again after a start by hand only')
  if (restart.giveUpAfter !== null)
    notes.push('restart.giveUpAfter: systemd counts starts in a time, also when one of them went well')
  if (scope === 'user' && spec.account === 'root') notes.push('the gateway runs as root, whose manager this is')
  if (!facts.journal)
    notes.push(
      `logs: there is no journal, so that output goes to ${logDirectory(scope, facts.logs, spec.profile)}, which nobody rotates`,
    )
  return notes
}

function entriesOf(spec: GatewaySpec, facts: SystemdFacts, scope: UnitScope): PlanEntry[] {
  const {profile, env, port} = spec
  const place = facts[scope]
  const account = spec.account ?? place.account
  const writer = scope === 'system' ? 'root' : account
  const directory = (path: string, mode: number, owner: string | null): PlanEntry => ({
    kind: 'directory',
    path,
    mode,
    owner,
    contents: null,
    sensitive: false,
  })
  const environment = renderEnvironmentFile(env, {specHash: hashSpec(spec), port})
  return [
    directory(ownDirectory(facts.gateways, profile), 0o700, account),
    ...(scope === 'system' ? [directory(privateDirectory(scope, facts.gateways, profile), 0o755, writer)] : []),
    ...(facts.journal ? [] : [directory(logDirectory(scope, facts.logs, profile), 0o700, writer)]),
    {
      kind: 'file',
      path: environmentPath(scope, facts.gateways, profile, definitionId(spec)),
      mode: 0o600,
      owner: account,
      contents: Buffer.from(environment),
      sensitive: true,
    },
    directory(place.unitDirectory, 0o755, writer),
    {
      kind: 'file',
      path: join(place.unitDirectory, unitName(profile)),
      mode: 0o644,
      owner: writer,
      contents: Buffer.from(renderUnit(spec, facts)),
      sensitive: false,
    },
  ]
}

/**
 * The plan of a unit. Pure. Its commands are written as systemctl(1) has them; what they say is told to the manager over
 * D-Bus. Throws HSVC_INVALID_SPEC, HSVC_INVALID_PROFILE for a name that does not fit, HSVC_PERMISSION_DENIED for the system
 * scope without root, HSVC_BACKEND_UNAVAILABLE where the scope's manager cannot be spoken to.
 */
export function planUnit(spec: GatewaySpec, facts: SystemdFacts, context: Pick<BackendContext, 'error'>): Plan {
  const {profile} = spec
  const scope = unitScopeOf(spec)
  const place = facts[scope]
  if (profile.length > UNIT_PROFILE_MAX) {
    const message = `expected a profile name of at most ${String(UNIT_PROFILE_MAX)} characters on systemd; got ${String(profile.length)}`
    throw context.error('HSVC_INVALID_PROFILE', message, {profile})
  }
  const refused = textRefusal(spec, facts, scope) ?? accountRefusal(spec, scope, place) ?? policyRefusal(spec, facts)
  if (refused !== null) {
    const {message, hint} = refused
    throw context.error('HSVC_INVALID_SPEC', message, hint === undefined ? {} : {hint})
  }
  if (scope === 'system' && facts.uid !== 0) {
    throw context.error(
      'HSVC_PERMISSION_DENIED',
      `scope: expected root for a system service, got uid ${String(facts.uid)}`,
      {
        hint: `as root: ${asRoot(facts.root, 'gateway', 'install', profile)}${spec.userSet.includes('scope') ? ' --scope system; or leave the scope out' : ''}`,
      },
    )
  }
  if (place.unreachable !== null) {
    const {reason, hint} = place.unreachable
    throw context.error('HSVC_BACKEND_UNAVAILABLE', reason, {hint})
  }
  const enable = {file: 'systemctl', args: [...(scope === 'user' ? ['--user'] : []), 'enable', unitName(profile)]}
  return {
    entries: entriesOf(spec, facts, scope),
    commands: spec.autostart ? [enable] : [],
    notes: notesOf(spec, facts, scope),
  }
}
