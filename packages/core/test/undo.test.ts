import test from 'ava'
import sinon from 'sinon'
import {serviceError} from '@hermes-svc/core'
import {undoing} from '../dist/undo.js'

const failing = async (): Promise<never> => Promise.reject(serviceError('HSVC_START_FAILED', 'it died'))

test('what succeeds is not undone', async t => {
  const undo = sinon.fake.resolves(undefined)
  t.is(await undoing(async () => 7, undo), 7)
  t.is(undo.callCount, 0)
})

test('what fails is undone once, and the failure goes on', async t => {
  const undo = sinon.fake.resolves(undefined)
  await t.throwsAsync(undoing(failing, undo), {code: 'HSVC_START_FAILED'})
  t.is(undo.callCount, 1)
})

test('failures that are to be kept, and failed undoings, are not undone', async t => {
  const undo = sinon.fake.resolves(undefined)
  await t.throwsAsync(undoing(failing, undo, ['HSVC_START_FAILED']), {code: 'HSVC_START_FAILED'})
  const remains = async (): Promise<never> => Promise.reject(serviceError('HSVC_ROLLBACK_FAILED', 'inner'))
  await t.throwsAsync(undoing(remains, undo), {message: 'inner'})
  t.is(undo.callCount, 0)
})

test('where undoing fails, both failures are told, with what remains', async t => {
  const undo = sinon.fake.rejects(serviceError('HSVC_TOOL_FAILED', 'it stays', {remains: ['/etc/x']}))
  const error = await t.throwsAsync(undoing(failing, undo), {code: 'HSVC_ROLLBACK_FAILED'})
  t.like(error, {message: 'it died; undoing it failed too: it stays', remains: ['/etc/x']})
  t.is((error.cause as {code?: string}).code, 'HSVC_START_FAILED')
})
