import test from 'ava'
import {ERROR_CODES} from '@hermes-svc/core'

const CODES_BY_EXIT: Readonly<Record<number, readonly string[]>> = {
  1: ['HSVC_INTERNAL'],
  3: ['HSVC_START_FAILED'],
  4: ['HSVC_NOT_FOUND'],
  64: ['HSVC_INVALID_PROFILE', 'HSVC_INVALID_SPEC', 'HSVC_USAGE'],
  69: ['HSVC_BACKEND_UNAVAILABLE', 'HSVC_CAPACITY', 'HSVC_NOT_SUPERVISED', 'HSVC_NO_BACKEND', 'HSVC_UNSUPPORTED'],
  70: ['HSVC_UNEXPECTED_OUTPUT'],
  73: ['HSVC_ALREADY_EXISTS'],
  74: ['HSVC_ROLLBACK_FAILED', 'HSVC_TOOL_FAILED', 'HSVC_TOOL_MISSING'],
  75: ['HSVC_BUSY', 'HSVC_TIMEOUT'],
  77: ['HSVC_PERMISSION_DENIED'],
  78: ['HSVC_CONFIG_INVALID'],
  130: ['HSVC_ABORTED'],
}

for (const [exitCode, codes] of Object.entries(CODES_BY_EXIT)) {
  test(`exit code ${exitCode} stands for ${codes.join(', ')}`, t => {
    const found = Object.entries(ERROR_CODES).filter(([, row]) => row.exitCode === Number(exitCode))
    t.deepEqual(found.map(([code]) => code).sort(), [...codes])
  })
}

test('every code has an exit code of the table', t => {
  t.is(Object.keys(ERROR_CODES).length, Object.values(CODES_BY_EXIT).flat().length)
})

test('every code says when it is used and what the caller does, as phrases', t => {
  for (const {when, action} of Object.values(ERROR_CODES)) {
    for (const phrase of [when, action]) t.regex(phrase, /^[^A-Z].*[^.]$/)
  }
})
