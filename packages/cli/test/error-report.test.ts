import {ERROR_CODES, type ErrorCode, serviceError} from '@hermes-svc/core'
import {Errors} from '@oclif/core'
import test from 'ava'
import {reportError} from '../dist/error-report.js'
import {exitCodeOf, exitCodeOfBatch} from '../dist/exit-codes.js'
import {envelope} from '../dist/output/envelope.js'
import {schemaProblems} from './schemas.js'

test('every code of the table has its exit code, and its report holds to the schema', t => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    const report = reportError(
      serviceError(code, 'm', {state: 'failed', lastExit: null, remains: ['x'], hint: 'h', verb: 'start'}),
    )
    t.is(report.exitCode, ERROR_CODES[code].exitCode)
    t.is(schemaProblems('error', envelope({error: report})), '')
  }
})

test('a report holds nothing of an error but what is documented', t => {
  const error = Object.assign(serviceError('HSVC_TOOL_FAILED', 'm', {cause: new Error('inner')}), {
    parse: {config: 'x'},
    secret: 'y',
  })
  t.deepEqual(reportError(error), {code: 'HSVC_TOOL_FAILED', message: 'm', exitCode: 74})
})

test('parse errors of oclif are usage errors, other errors are bugs, errno codes keep their meaning', t => {
  const parse = Object.assign(new Error('Unexpected argument: x\nSee more help with --help'), {parse: {input: {}}})
  t.like(reportError(parse), {code: 'HSVC_USAGE', message: 'Unexpected argument: x', exitCode: 64})
  t.like(reportError(new Errors.CLIError('nope', {exit: 127})), {exitCode: 64})
  t.like(reportError(new TypeError('x is undefined')), {code: 'HSVC_INTERNAL', exitCode: 1})
  t.like(reportError(Object.assign(new Error('denied'), {code: 'EACCES'})), {exitCode: 77})
  t.like(reportError('text'), {code: 'HSVC_INTERNAL', exitCode: 1})
})

test('a batch exits with its first failure', t => {
  t.is(exitCodeOfBatch([]), 0)
  t.is(exitCodeOfBatch([{code: 'HSVC_NOT_FOUND'}, {code: 'HSVC_TIMEOUT'}]), 4)
  t.is(exitCodeOf('HSVC_ABORTED'), 130)
})
