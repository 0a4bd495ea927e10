import test from 'ava'
import {withLock} from '@hermes-svc/core'
import {guardFixture, PROGRAM, rejection} from './fixtures/guard-fixture.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}

test('20 installs of one profile at the same time are serialised, and the last one stands whole', async t => {
  const {again, init, clock, record} = guardFixture(t)
  let inside = 0
  let most = 0
  init.before.install = async () => {
    inside += 1
    most = Math.max(most, inside)
    await clock.sleep(20)
    inside -= 1
  }
  const ports = Array.from({length: 20}, (_, index) => 9000 + index)
  const installs = ports.map(port => again().install({...CODER, port}, {timeoutMs: 600_000}))
  const rows = await Promise.all(installs)
  t.is(most, 1)
  t.is(init.called('install').length, 20)
  const standing = init.gateway('coder')
  t.deepEqual(standing.spec, record('coder').spec)
  t.is(record('coder').request.port, standing.spec?.port)
  t.deepEqual(
    rows.map(row => row.port),
    ports,
    'each answer tells of its own definition',
  )
  t.is(standing.state, 'running')
})

test('verbs of different kinds on one profile do not run through each other', async t => {
  const {again, init} = guardFixture(t)
  const order: string[] = []
  for (const verb of ['install', 'start', 'stop', 'restart', 'uninstall'] as const) {
    init.before[verb] = ({profile}) => order.push(`${verb} ${profile ?? ''}`)
  }
  await again().install(CODER)
  order.length = 0
  const wait = {timeoutMs: 600_000}
  await Promise.all([again().stop('coder', wait), again().restart('coder', wait), again().stop('coder', wait)])
  t.is(order.length, 3)
  const removals = await Promise.all([again().uninstall('coder', wait), again().uninstall('coder', wait)])
  t.deepEqual(removals.map(({removed}) => removed.length).sort(), [0, 2], 'the second found nothing to remove')
})

test('verbs on different profiles do not wait for each other', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.before.install = async () => {
    await clock.sleep(1000)
  }
  await Promise.all(['a', 'b', 'c', 'd'].map(profile => manager.install({...CODER, profile}, {start: false})))
  t.true(clock.monotonic() < 2000)
})

test('a verb that does not get the lock in time is HSVC_BUSY and says who has it', async t => {
  const {manager, init, clock, context} = guardFixture(t)
  init.define('coder')
  const held = withLock(`${context.paths.state}/locks`, 'coder', {timeoutMs: 0, clock, verb: 'install'}, () =>
    rejection(t, 'HSVC_BUSY', manager.start('coder', {timeoutMs: 4000})),
  )
  const error = await held
  t.regex(error.message, new RegExp(`process ${String(process.pid)}, install`))
  t.deepEqual(init.calls, [])
})

test('a caller that aborts while waiting for the lock gets HSVC_ABORTED', async t => {
  const {manager, init, clock, context} = guardFixture(t)
  init.define('coder')
  const caller = new AbortController()
  void clock.sleep(500).then(() => {
    caller.abort()
  })
  await withLock(`${context.paths.state}/locks`, 'coder', {timeoutMs: 0, clock}, () =>
    rejection(t, 'HSVC_ABORTED', manager.start('coder', {signal: caller.signal})),
  )
  t.deepEqual(init.calls, [])
})

test('the lock is free again after a rejected verb', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder')
  init.before.start = () => {
    delete init.before.start
    throw new Error('no')
  }
  await rejection(t, 'HSVC_INTERNAL', manager.start('coder'))
  t.is((await manager.start('coder', {timeoutMs: 3000})).state, 'running')
})
