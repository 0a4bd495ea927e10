import test from 'ava'
import {serviceError} from '@hermes-svc/core'
import {withDeadline, type DeadlineOptions} from '../dist/deadline.js'
import {never} from './fixtures/fake-init.js'
import {VirtualClock} from './fixtures/virtual-clock.js'

function bounds(clock: VirtualClock, fields: Partial<DeadlineOptions> = {}): DeadlineOptions {
  return {timeoutMs: 1000, clock, signals: [], onTimeout: () => new Error('time is up'), ...fields}
}

test('work that ends in time gives its result, and nothing goes on waiting', async t => {
  const clock = new VirtualClock()
  t.is(await withDeadline(bounds(clock), async ({remainingMs}) => remainingMs()), 1000)
  t.is(clock.sleeping, 0)
})

test('work that rejects in time rejects with its own error', async t => {
  const work = withDeadline(bounds(new VirtualClock()), async () => {
    throw new TypeError('mine')
  })
  await t.throwsAsync(work, {instanceOf: TypeError, message: 'mine'})
})

test('work that never ends is given up at the deadline, its signal aborted', async t => {
  const clock = new VirtualClock()
  let signal: AbortSignal | undefined
  const work = withDeadline(bounds(clock), async deadline => {
    signal = deadline.signal
    await never()
  })
  await t.throwsAsync(work, {message: 'time is up'})
  t.is(clock.monotonic(), 1000)
  t.is((signal?.reason as Error).message, 'time is up')
})

test('race rejects at the deadline also where the promise ignores it', async t => {
  const clock = new VirtualClock()
  const seen: string[] = []
  const work = withDeadline(bounds(clock, {graceMs: 500}), async ({race, remainingMs}) => {
    try {
      await race(never())
    } catch (error) {
      seen.push((error as Error).message, String(remainingMs()))
      throw error
    }
  })
  await t.throwsAsync(work, {message: 'time is up'})
  t.deepEqual(seen, ['time is up', '0'])
  t.is(clock.monotonic(), 1000, 'the grace was not needed')
})

for (const code of ['HSVC_BUSY', 'HSVC_ROLLBACK_FAILED'] as const) {
  test(`work that ends with ${code} says so also when time is up, since that tells more`, async t => {
    const work = withDeadline(bounds(new VirtualClock(), {graceMs: 500}), async ({race}) => {
      await race(never()).catch(() => undefined)
      throw serviceError(code, 'somebody is in the way')
    })
    await t.throwsAsync(work, {code})
  })
}

test('the caller’s abort ends the work with HSVC_ABORTED', async t => {
  const clock = new VirtualClock()
  const [one, two] = [new AbortController(), new AbortController()]
  const work = withDeadline(bounds(clock, {signals: [one.signal, undefined, two.signal]}), never)
  two.abort()
  await t.throwsAsync(work, {code: 'HSVC_ABORTED'})
  t.is(clock.monotonic(), 0)
})

test('work for a caller that has aborted already is not begun', async t => {
  let begun = false
  const signals = [AbortSignal.abort()]
  const work = withDeadline(bounds(new VirtualClock(), {signals}), async () => {
    begun = true
  })
  await t.throwsAsync(work, {code: 'HSVC_ABORTED'})
  t.false(begun)
})

test('the reason is told, whatever the ended work says', async t => {
  const clock = new VirtualClock()
  const work = withDeadline(bounds(clock, {graceMs: 500}), async ({signal}) => {
    await clock.sleep(60_000, signal)
  })
  await t.throwsAsync(work, {message: 'time is up'})
})

test('a failed undo is told also after the deadline', async t => {
  const work = withDeadline(bounds(new VirtualClock(), {graceMs: 500}), async ({race}) => {
    await race(never()).catch(() => {
      throw serviceError('HSVC_ROLLBACK_FAILED', 'it stays')
    })
  })
  await t.throwsAsync(work, {code: 'HSVC_ROLLBACK_FAILED'})
})

test('what does not end within the grace is given up', async t => {
  const clock = new VirtualClock()
  await t.throwsAsync(withDeadline(bounds(clock, {graceMs: 500}), never), {message: 'time is up'})
  t.is(clock.monotonic(), 1500)
  const onGraceOver = (reason: unknown): Error => serviceError('HSVC_ROLLBACK_FAILED', 'not even then', {cause: reason})
  const error = await t.throwsAsync(withDeadline(bounds(clock, {graceMs: 500, onGraceOver}), never), {
    code: 'HSVC_ROLLBACK_FAILED',
  })
  t.is((error.cause as Error).message, 'time is up')
})

test('any number of pieces of work may have one caller', async t => {
  const clock = new VirtualClock()
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => {
    warnings.push(warning)
  }
  process.on('warning', onWarning)
  const caller = new AbortController()
  const many = Array.from({length: 30}, () => withDeadline(bounds(clock, {signals: [caller.signal]}), never))
  caller.abort()
  await Promise.allSettled(many)
  await new Promise(resolve => {
    setImmediate(resolve)
  })
  process.off('warning', onWarning)
  t.deepEqual(warnings, [])
})
