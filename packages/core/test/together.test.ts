import {Together} from '@hermes-svc/core'
import test from 'ava'

test('whoever asks while it is done for others shares the next time', async t => {
  const done: (readonly string[])[] = []
  const ends: (() => void)[] = []
  const together = new Together<string>(items => {
    done.push(items)
    return new Promise<void>(resolve => ends.push(resolve))
  })
  const first = [together.ask('a'), together.ask('b')]
  await new Promise(setImmediate)
  const others = ['c', 'd', 'e'].map(item => together.ask(item))
  ends[0]?.()
  await Promise.all(first)
  await new Promise(setImmediate)
  t.deepEqual(done, [
    ['a', 'b'],
    ['c', 'd', 'e'],
  ])
  ends[1]?.()
  await Promise.all(others)
})

test('where it fails for several it is done for each alone, and fails for whom it fails', async t => {
  const done: string[] = []
  const together = new Together<string>(items => {
    done.push(items.join())
    return items.includes('bad') ? Promise.reject(new Error(`no ${items.join()}`)) : Promise.resolve()
  })
  const [good, bad, later] = await Promise.allSettled([
    together.ask('good'),
    together.ask('bad'),
    new Promise(setImmediate).then(() => together.ask('later')),
  ])
  t.is(good.status, 'fulfilled')
  t.like(bad, {status: 'rejected', reason: {message: 'no bad'}})
  t.is(later.status, 'fulfilled')
  t.deepEqual(done.sort(), ['bad', 'good', 'good,bad', 'later'])
})

test('one that asks alone is not tried twice', async t => {
  let tries = 0
  const together = new Together<string>(() => Promise.reject(new Error(`try ${String((tries += 1))}`)))
  await t.throwsAsync(together.ask('a'), {message: 'try 1'})
})
