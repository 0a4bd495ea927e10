import test from 'ava'
import sinon from 'sinon'
import {systemClock} from '@hermes-svc/core'

test('now is the wall clock in milliseconds', t => {
  t.true(Math.abs(systemClock.now() - Date.now()) < 1000)
})

test('sleep lasts at least the time asked for, by the clock that never goes back', async t => {
  const start = systemClock.monotonic()
  await systemClock.sleep(30)
  t.true(systemClock.monotonic() - start >= 29)
})

test('sleep rejects with AbortError when the signal aborts, at once when it has', async t => {
  const controller = new AbortController()
  const sleeping = systemClock.sleep(60_000, controller.signal)
  controller.abort()
  await t.throwsAsync(sleeping, {name: 'AbortError'})
  await t.throwsAsync(systemClock.sleep(60_000, controller.signal), {name: 'AbortError'})
})

test('a sleep longer than any timer does not end at once', async t => {
  const controller = new AbortController()
  const woken = sinon.fake()
  const sleeping = systemClock.sleep(2 ** 40, controller.signal).then(woken, () => undefined)
  await systemClock.sleep(30)
  t.false(woken.called)
  controller.abort()
  await sleeping
})
