import {serviceError} from '@hermes-svc/core'
import test from 'ava'
import {runBatch, runInTurn} from '../dist/run-batch.js'

async function collect<T>(outcomes: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const outcome of outcomes) all.push(outcome)
  return all
}

test('a batch goes on after a failure and keeps the order asked for', async t => {
  const action = async (profile: string): Promise<string> => {
    if (profile === 'b') throw serviceError('HSVC_NOT_FOUND', 'no b')
    await new Promise(resolve => setTimeout(resolve, profile === 'a' ? 20 : 0))
    return profile.toUpperCase()
  }
  t.like(await collect(runBatch(['a', 'b', 'c'], action)), [
    {profile: 'a', value: 'A'},
    {profile: 'b', error: {code: 'HSVC_NOT_FOUND', profile: 'b'}},
    {profile: 'c', value: 'C'},
  ])
})

test('a batch works on eight profiles at a time', async t => {
  let now = 0
  let most = 0
  const action = async (): Promise<void> => {
    most = Math.max(most, ++now)
    await new Promise(resolve => setImmediate(resolve))
    now -= 1
  }
  const profiles = Array.from({length: 50}, (_, index) => `p${String(index)}`)
  t.is((await collect(runBatch(profiles, action))).length, 50)
  t.is(most, 8)
})

test('what only waits keeps no other from its turn, up to a hundred and twenty-eight', async t => {
  const waiting: (() => void)[] = []
  const action = async (_profile: string, onWaiting: () => void): Promise<void> => {
    onWaiting()
    onWaiting()
    await new Promise<void>(resolve => waiting.push(resolve))
  }
  const profiles = Array.from({length: 200}, (_, index) => `p${String(index)}`)
  const all = collect(runBatch(profiles, action))
  await new Promise(resolve => setTimeout(resolve, 20))
  t.is(waiting.length, 128)
  for (const end of waiting.splice(0, 28)) end()
  await new Promise(resolve => setTimeout(resolve, 20))
  t.is(waiting.length, 128)
  for (const end of waiting.splice(0)) end()
  await new Promise(resolve => setTimeout(resolve, 20))
  for (const end of waiting) end()
  t.deepEqual(
    (await all).map(({profile}) => profile),
    profiles,
  )
})

test('what has not begun when the signal aborts does not begin', async t => {
  const controller = new AbortController()
  const begun: string[] = []
  const action = (profile: string): Promise<void> => {
    begun.push(profile)
    controller.abort()
    return Promise.resolve()
  }
  const outcomes = await collect(runBatch(['a', 'b'], action, controller.signal))
  t.deepEqual(begun, ['a'])
  t.like(outcomes[1], {error: {code: 'HSVC_ABORTED'}})
})

test('in turn, the next one begins only when its outcome is asked for', async t => {
  const begun: string[] = []
  const action = async (profile: string): Promise<void> => {
    begun.push(profile)
    if (profile === 'b') throw serviceError('HSVC_TIMEOUT', 'too slow')
    await Promise.resolve()
  }
  for await (const outcome of runInTurn(['a', 'b', 'c'], action)) if ('error' in outcome) break
  t.deepEqual(begun, ['a', 'b'])
})
