import type {ErrorCode} from '@hermes-svc/core'
import test from 'ava'
import {npmFailure, parseNpmError} from '../../dist/plugins/npm-failure.js'

const answers: [code: string, summary: string, expected: ErrorCode][] = [
  ['E404', 'Not Found - GET http://127.0.0.1:4873/nope - no such package available', 'HSVC_INVALID_SPEC'],
  ['ETARGET', 'No matching version found for toy@9.9.9.', 'HSVC_INVALID_SPEC'],
  ['ECONNREFUSED', 'request to http://127.0.0.1:9/x failed, reason: connect ECONNREFUSED', 'HSVC_TOOL_FAILED'],
  ['ENOTCACHED', 'request to http://127.0.0.1:9/x failed: cache mode is only-if-cached', 'HSVC_TOOL_FAILED'],
  ['E401', 'Unable to authenticate', 'HSVC_PERMISSION_DENIED'],
  ['EACCES', 'permission denied, mkdir', 'HSVC_PERMISSION_DENIED'],
  ['EBADPLATFORM', 'Unsupported platform for x@1.0.0', 'HSVC_UNSUPPORTED'],
  ['EALLOWGIT', 'Fetching non-root packages of type "git" have been disabled', 'HSVC_INVALID_SPEC'],
  ['EINTEGRITY', 'sha512-x integrity checksum failed', 'HSVC_UNEXPECTED_OUTPUT'],
  ['ESOMETHING', 'else\nand more', 'HSVC_TOOL_FAILED'],
]

for (const [code, summary, expected] of answers) {
  test(`${code} of npm is ${expected}, with what npm says in one line`, t => {
    const error = npmFailure('toy@latest', {code, summary})
    t.is(error.code, expected)
    t.true(error.message.startsWith('toy@latest: expected '))
    t.true(error.message.includes(code))
    t.true(error.message.includes(summary.split('\n')[0] ?? ''))
    t.false(error.message.includes('\n'))
    t.truthy(error.hint)
  })
}

test('an error of npm is read from its JSON, and other output is none', t => {
  const printed = '{"error": {"code": "E404", "summary": "Not Found", "detail": "more"}}'
  t.deepEqual(parseNpmError(printed), {code: 'E404', summary: 'Not Found'})
  t.deepEqual(parseNpmError('{"error": {}}'), {code: 'no code', summary: ''})
  for (const other of ['', 'npm error', '{}', 'null', '[]', '{"error": null}']) t.is(parseNpmError(other), null)
})
