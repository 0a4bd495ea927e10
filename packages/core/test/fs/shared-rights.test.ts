import {type Run, shareable, soon} from '@hermes-svc/core'
import test from 'ava'

/** A way to run that counts how often it is used. */
function counting(): {run: Run; uses: () => number} {
  let uses = 0
  const run: Run = work => {
    uses += 1
    return work()
  }
  return {run, uses: () => uses}
}

test('Work that is asked for meanwhile shares one use of a shareable way to run, in the order asked', async t => {
  const {run, uses} = counting()
  const shared = shareable(run)
  const order: number[] = []
  const results = await Promise.all([1, 2, 3].map(number => soon(shared, () => order.push(number))))
  t.deepEqual(results, [1, 2, 3])
  t.deepEqual(order, [1, 2, 3])
  t.is(uses(), 1)
  t.is(await soon(shared, () => 'later'), 'later')
  t.is(uses(), 2)
})

test('Another way to run is used at once, for each piece of work', async t => {
  const {run, uses} = counting()
  const asked = [soon(run, () => 'one'), soon(run, () => 'other')]
  t.is(uses(), 2)
  t.deepEqual(await Promise.all(asked), ['one', 'other'])
})

test('Work that fails fails alone', async t => {
  const shared = shareable(work => work())
  const fails = soon(shared, () => {
    throw new Error('no such file')
  })
  const [failed, done] = await Promise.allSettled([fails, soon(shared, () => 'done')])
  t.like(failed, {status: 'rejected', reason: {message: 'no such file'}})
  t.deepEqual(done, {status: 'fulfilled', value: 'done'})
})

test('Where the rights cannot be had nothing is done, and whoever asked is told', async t => {
  const shared = shareable(() => {
    throw new Error('EPERM')
  })
  let isDone = false
  const work = (): void => {
    isDone = true
  }
  for (const result of await Promise.allSettled([soon(shared, work), soon(shared, work)]))
    t.like(result, {status: 'rejected', reason: {message: 'EPERM'}})
  t.false(isDone)
})

test('Work that is asked for while other work is done has a use of its own', async t => {
  const {run, uses} = counting()
  const shared = shareable(run)
  const inner = await soon(shared, () => ({asked: soon(shared, () => uses())}))
  t.is(await inner.asked, 2)
})
