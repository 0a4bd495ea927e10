import {type BackendContext, isServiceError, type ServiceError} from '@hermes-svc/core'
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

const DENIED =
  /^org\.freedesktop\.(DBus\.Error\.(AccessDenied|AuthFailed|InteractiveAuthorizationRequired)|PolicyKit1\.Error\.\w+)$/

/** InvalidArgs is said of a unit that is not UTF-8. */
const UNREADABLE = /\.(BadUnitSetting|LoadFailed|InvalidArgs)$/

/** systemctl(1) as it is called for a scope. */
export function systemctl(scope: UnitScope, ...args: readonly string[]): string {
  return ['systemctl', ...(scope === 'user' ? ['--user'] : []), ...args].join(' ')
}

function hintWhenDenied({scope, profile = 'PROFILE', root}: Question): string {
  return scope === 'system'
    ? `system services are root's: sudo HERMES_HOME=${root} hermes-svc gateway ... ${profile}`
    : 'run it as the account that the manager belongs to'
}

/** Turns what a manager answered into an error of the contract; others pass as they are. Pure. */
export function toContractError(thrown: unknown, question: Question, {error}: Pick<BackendContext, 'error'>): unknown {
  if (!(thrown instanceof BusError) || isServiceError(thrown)) return thrown
  const {busName, message} = thrown
  const {scope, profile = 'PROFILE', unit = unitName(profile)} = question
  const make = (code: Parameters<typeof error>[0], text: string, hint: string): ServiceError =>
    error(code, text, {hint, cause: thrown})
  if (busName === null)
    return make(
      'HSVC_BACKEND_UNAVAILABLE',
      `expected an answer of the ${scope} manager of systemd, got: ${message}`,
      'hermes-svc backend detect',
    )
  if (DENIED.test(busName))
    return make('HSVC_PERMISSION_DENIED', `${unit}: systemd refused: ${message}`, hintWhenDenied(question))
  if (busName.endsWith('.UnitMasked'))
    return make(
      'HSVC_PERMISSION_DENIED',
      `${unit} is masked: somebody has forbidden to start it`,
      systemctl(scope, 'unmask', unit),
    )
  if (busName.endsWith('.NoSuchUnit'))
    return make('HSVC_NOT_FOUND', `there is no ${unit} in systemd`, `hermes-svc gateway install ${profile}`)
  if (UNREADABLE.test(busName))
    return make(
      'HSVC_START_FAILED',
      `${unit} could not be started: systemd cannot read its definition: ${message}`,
      `${systemctl(scope, 'status', unit)} says where; hermes-svc gateway install ${profile} --force writes it anew`,
    )
  return make('HSVC_TOOL_FAILED', `${unit}: systemd answered ${busName}: ${message}`, systemctl(scope, 'status', unit))
}
