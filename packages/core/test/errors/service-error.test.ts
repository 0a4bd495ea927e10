import test from 'ava'
import {ERROR_CODES, isErrorCode, isServiceError, serviceError, toServiceError} from '@hermes-svc/core'

test('an error of the contract has name, code, message and the details that were given', t => {
  const cause = new Error('below')
  const error = serviceError('HSVC_TIMEOUT', 'expected up, got down', {hint: 'retry', state: 'stopped', cause})
  t.true(error instanceof Error)
  t.is(error.name, 'HermesSvcError')
  t.is(error.code, 'HSVC_TIMEOUT')
  t.is(error.message, 'expected up, got down')
  t.is(error.hint, 'retry')
  t.is(error.state, 'stopped')
  t.is(error.cause, cause)
})

test('details that are undefined are left out', t => {
  const details = {hint: undefined} as unknown as {hint: string}
  t.false(Object.hasOwn(serviceError('HSVC_BUSY', 'busy', details), 'hint'))
})

test('an error is recognised by name and code, whichever copy of core made it', t => {
  const other = Object.assign(new Error('x'), {name: 'HermesSvcError', code: 'HSVC_BUSY'})
  t.true(isServiceError(other))
  t.true(isServiceError(serviceError('HSVC_BUSY', 'x')))
})

test('what lacks the name or a known code is none of ours', t => {
  t.false(isServiceError(Object.assign(new Error('x'), {code: 'HSVC_BUSY'})))
  t.false(isServiceError(Object.assign(new Error('x'), {name: 'HermesSvcError', code: 'HSVC_OTHER'})))
  t.false(isServiceError({name: 'HermesSvcError', code: 'HSVC_BUSY', message: 'x'}))
  t.false(isServiceError(null))
})

test('codes that objects inherit are no codes', t => {
  for (const value of ['toString', '__proto__', 'constructor', '', 7, null]) t.false(isErrorCode(value))
  for (const code of Object.keys(ERROR_CODES)) t.true(isErrorCode(code))
})

for (const [systemCode, code] of [
  ['EACCES', 'HSVC_PERMISSION_DENIED'],
  ['EPERM', 'HSVC_PERMISSION_DENIED'],
  ['ENOSPC', 'HSVC_TOOL_FAILED'],
  ['ENOENT', 'HSVC_INTERNAL'],
] as const) {
  test(`a system error ${systemCode} becomes ${code} and stays the cause`, t => {
    const cause = Object.assign(new Error('failed'), {code: systemCode})
    const error = toServiceError(cause, {verb: 'install'})
    t.is(error.code, code)
    t.is(error.verb, 'install')
    t.is(error.cause, cause)
  })
}

test('a system error that people can do something about says what, unless somebody knew better', t => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC'})
  t.regex(toServiceError(full).hint ?? '', /^make room/)
  t.is(toServiceError(full, {hint: 'use another disk'}).hint, 'use another disk')
  t.regex(toServiceError(Object.assign(new Error('failed'), {code: 'EACCES'})).hint ?? '', /or as root$/)
  t.is(toServiceError(Object.assign(new Error('failed'), {code: 'ENOENT'})).hint, undefined)
})

test('an abort becomes HSVC_ABORTED', t => {
  t.is(toServiceError(new DOMException('stop', 'AbortError')).code, 'HSVC_ABORTED')
  t.is(toServiceError(Object.assign(new Error('stop'), {name: 'AbortError'})).code, 'HSVC_ABORTED')
})

test('an error of the contract gains missing details and keeps those it has', t => {
  const error = serviceError('HSVC_BUSY', 'busy', {verb: 'stop'})
  t.is(toServiceError(error, {verb: 'start', profile: 'coder'}), error)
  t.is(error.verb, 'stop')
  t.is(error.profile, 'coder')
})

test('a thrown value that is no error becomes HSVC_INTERNAL', t => {
  for (const thrown of ['text', undefined, 7]) {
    const error = toServiceError(thrown)
    t.is(error.code, 'HSVC_INTERNAL')
    t.true(error.message.includes(String(thrown)))
  }
})
