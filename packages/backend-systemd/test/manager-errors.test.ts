import {type ErrorCode, serviceError, type ServiceError} from '@hermes-svc/core'
import test from 'ava'
import {BusError} from '../dist/bus.js'
import {asRoot, isNoSuchUnit, type Question, systemctl, toContractError} from '../dist/manager-errors.js'

const USER: Question = {scope: 'user', profile: 'coder', root: '/home/ada/.hermes'}
const SYSTEM: Question = {scope: 'system', profile: 'coder', root: '/home/ada/.hermes'}

function convert(busName: string | null, question: Question = USER, message = 'no reason'): ServiceError {
  return toContractError(new BusError(busName, message), question, {error: serviceError}) as ServiceError
}

const ROWS: Readonly<
  Record<string, {busName: string | null; question?: Question; code: ErrorCode; message: string; hint: string}>
> = {
  'no answer at all': {
    busName: null,
    code: 'HSVC_BACKEND_UNAVAILABLE',
    message: 'expected an answer of the user manager of systemd, got: no reason',
    hint: 'hermes-svc backend detect',
  },
  'a refusal of the system’s manager': {
    busName: 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired',
    question: SYSTEM,
    code: 'HSVC_PERMISSION_DENIED',
    message: 'hermes-svc-coder.service: systemd refused: no reason',
    hint: "system services are root's: do it again with sudo HERMES_HOME=/home/ada/.hermes in front",
  },
  'a refusal of a user’s manager': {
    busName: 'org.freedesktop.DBus.Error.AccessDenied',
    code: 'HSVC_PERMISSION_DENIED',
    message: 'hermes-svc-coder.service: systemd refused: no reason',
    hint: 'run it as the account that the manager belongs to',
  },
  'a refusal of polkit': {
    busName: 'org.freedesktop.PolicyKit1.Error.NotAuthorized',
    question: SYSTEM,
    code: 'HSVC_PERMISSION_DENIED',
    message: 'hermes-svc-coder.service: systemd refused: no reason',
    hint: "system services are root's: do it again with sudo HERMES_HOME=/home/ada/.hermes in front",
  },
  'a masked unit': {
    busName: 'org.freedesktop.systemd1.UnitMasked',
    code: 'HSVC_PERMISSION_DENIED',
    message: 'hermes-svc-coder.service is masked: somebody has forbidden to start it',
    hint: 'to allow it: systemctl --user unmask hermes-svc-coder.service',
  },
  'a unit with a bad setting': {
    busName: 'org.freedesktop.systemd1.BadUnitSetting',
    code: 'HSVC_START_FAILED',
    message: 'hermes-svc-coder.service could not be started: systemd cannot read its definition: no reason',
    hint: 'what is wrong: systemctl --user status hermes-svc-coder.service; hermes-svc gateway install coder --force writes it anew',
  },
  'anything else': {
    busName: 'org.freedesktop.systemd1.ShuttingDown',
    question: SYSTEM,
    code: 'HSVC_TOOL_FAILED',
    message: 'hermes-svc-coder.service: systemd refused: no reason',
    hint: 'see systemctl status hermes-svc-coder.service',
  },
}

for (const [title, {busName, question, code, message, hint}] of Object.entries(ROWS)) {
  test(`${title} is ${code}`, t => {
    const error = convert(busName, question)
    t.is(error.code, code)
    t.is(error.message, message)
    t.is(error.hint, hint)
    t.true(error.cause instanceof BusError)
  })
}

test('a unit that the manager cannot read is told as such, however it says so', t => {
  const names = ['systemd1.BadUnitSetting', 'systemd1.LoadFailed', 'DBus.Error.InvalidArgs', 'systemd1.NoSuchUnit']
  for (const name of names) t.is(convert(`org.freedesktop.${name}`).code, 'HSVC_START_FAILED', name)
})

test('a manager that may not change its links is no permission of ours', t => {
  for (const name of ['EROFS', 'EACCES', 'EPERM']) {
    const error = convert(`System.Error.${name}`, SYSTEM, 'Read-only file system')
    t.is(error.code, 'HSVC_PERMISSION_DENIED')
    t.regex(error.message, /^hermes-svc-coder\.service: .*Read-only file system$/)
  }
})

test('a name that only looks like a refusal is none', t => {
  t.is(convert('org.freedesktop.DBus.Error.AccessDeniedX').code, 'HSVC_TOOL_FAILED')
})

test('the unit that was asked for is named, also one that is not called after its profile', t => {
  const error = convert('org.freedesktop.systemd1.UnitMasked', {...USER, unit: 'hermes-gateway.service'})
  t.regex(error.message, /^hermes-gateway\.service is masked/)
  t.is(error.hint, 'to allow it: systemctl --user unmask hermes-gateway.service')
})

test('what is no answer of a manager passes as it is', t => {
  const others = [new Error('x'), serviceError('HSVC_ABORTED', 'interrupted'), null, 'text']
  for (const thrown of others) t.is(toContractError(thrown, USER, {error: serviceError}), thrown)
})

test('systemctl is named as it is called for a scope', t => {
  t.is(systemctl('user', 'start', 'x.service'), 'systemctl --user start x.service')
  t.is(systemctl('system', 'daemon-reload'), 'systemctl daemon-reload')
})

test('sudo is told whose profile root is meant', t => {
  t.is(asRoot('/opt/data', 'gateway', 'list'), 'sudo HERMES_HOME=/opt/data hermes-svc gateway list')
})

test('only the manager itself can say that it has no file of a unit', t => {
  t.true(isNoSuchUnit(new BusError('org.freedesktop.systemd1.NoSuchUnit', 'x')))
  for (const other of [new BusError(null, 'x'), new BusError('org.freedesktop.systemd1.UnitMasked', 'x'), null, {}])
    t.false(isNoSuchUnit(other))
})
