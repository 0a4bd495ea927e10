import type {BackendContext, ErrorCode} from '@hermes-svc/core'
import {BusError} from './bus.js'
import type {UnitScope} from './systemd-facts.js'
import {unitName} from './unit-paths.js'

/** What was asked of a manager, for the messages of what it answers. */
export interface Question {
  readonly scope: UnitScope
  readonly unit?: string
  readonly profile?: string
  readonly root: string
}

interface Named extends Question {
  readonly unit: string
  readonly profile: string
}

/** What answers of a name mean. */
interface Meaning {
  readonly name: RegExp
  readonly code: ErrorCode
  readonly say: (question: Named, message: string) => string
  readonly hint: (question: Named) => string
}

/** systemctl(1) as it is called for a scope. */
export function systemctl(scope: UnitScope, ...args: readonly string[]): string {
  return ['systemctl', ...(scope === 'user' ? ['--user'] : []), ...args].join(' ')
}

/** The command as root calls it for somebody else's profile root. */
export function asRoot(root: string, ...args: readonly string[]): string {
  return ['sudo', `HERMES_HOME=${root}`, 'hermes-svc', ...args].join(' ')
}

const MEANINGS: readonly Meaning[] = [
  {
    name: /\.(AccessDenied|AuthFailed|InteractiveAuthorizationRequired)$|^org\.freedesktop\.PolicyKit1\.Error\./,
    code: 'HSVC_PERMISSION_DENIED',
    say: ({unit}, message) => `${unit}: systemd refused: ${message}`,
    hint: ({scope, root}) =>
      scope === 'system'
        ? `system services are root's: do it again with sudo HERMES_HOME=${root} in front`
        : 'run it as the account that the manager belongs to',
  },
  {
    name: /\.UnitMasked$/,
    code: 'HSVC_PERMISSION_DENIED',
    say: ({unit}) => `${unit} is masked: somebody has forbidden to start it`,
    hint: ({scope, unit}) => `to allow it: ${systemctl(scope, 'unmask', unit)}`,
  },
  {
    // errno names of the manager's own file work.
    name: /^System\.Error\.(EROFS|EACCES|EPERM)$/,
    code: 'HSVC_PERMISSION_DENIED',
    say: ({unit}, message) => `${unit}: systemd may not change its links: ${message}`,
    hint: () => 'make the directory of the unit writable, then do it again',
  },
  {
    // Verbs act on units whose file was seen, so that one which the manager does not know is one that it cannot read:
    // NoSuchUnit is what newer versions say of bad settings, InvalidArgs what is said of a file that is not UTF-8.
    name: /\.(BadUnitSetting|LoadFailed|InvalidArgs|NoSuchUnit)$/,
    code: 'HSVC_START_FAILED',
    say: ({unit}, message) => `${unit} could not be started: systemd cannot read its definition: ${message}`,
    hint: ({scope, unit, profile}) =>
      `what is wrong: ${systemctl(scope, 'status', unit)}; hermes-svc gateway install ${profile} --force writes it anew`,
  },
  {
    name: /./,
    code: 'HSVC_TOOL_FAILED',
    say: ({unit}, message) => `${unit}: systemd refused: ${message}`,
    hint: ({scope, unit}) => `see ${systemctl(scope, 'status', unit)}`,
  },
]

/** Whether a manager said that it has no file of a unit. */
export function isNoSuchUnit(thrown: unknown): boolean {
  return thrown instanceof BusError && thrown.busName === 'org.freedesktop.systemd1.NoSuchUnit'
}

/** Turns what a manager answered into an error of the contract; others pass as they are. Pure. */
export function toContractError(thrown: unknown, question: Question, {error}: Pick<BackendContext, 'error'>): unknown {
  if (!(thrown instanceof BusError)) return thrown
  const {busName, message} = thrown
  const {profile = 'PROFILE', unit = unitName(profile)} = question
  const named = {...question, profile, unit}
  const meaning = MEANINGS.find(({name}) => busName !== null && name.test(busName))
  if (meaning === undefined) {
    const said = `expected an answer of the ${question.scope} manager of systemd, got: ${message}`
    return error('HSVC_BACKEND_UNAVAILABLE', said, {hint: 'hermes-svc backend detect', cause: thrown})
  }
  const {code, say, hint} = meaning
  return error(code, say(named, message), {hint: hint(named), cause: thrown})
}
