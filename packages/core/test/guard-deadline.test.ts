import test from 'ava'
import {never, type FakeVerb} from './fixtures/fake-init.js'
import {guardFixture, type GuardFixture, PROGRAM, rejection} from './fixtures/guard-fixture.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}
const UNDO_GRACE_MS = 5000

/** Each verb with a backend's verb that it needs; `settled` is what must be there before. */
const VERBS: readonly {
  verb: string
  hangs: FakeVerb
  there: boolean
  run: (fixture: GuardFixture, signal?: AbortSignal) => Promise<unknown>
}[] = [
  {verb: 'start', hangs: 'start', there: true, run: ({manager}, signal) => manager.start('coder', options(signal))},
  {verb: 'start', hangs: 'status', there: true, run: ({manager}, signal) => manager.start('coder', options(signal))},
  {verb: 'stop', hangs: 'stop', there: true, run: ({manager}, signal) => manager.stop('coder', options(signal))},
  {
    verb: 'restart',
    hangs: 'restart',
    there: true,
    run: ({manager}, signal) => manager.restart('coder', options(signal)),
  },
  {
    verb: 'install',
    hangs: 'install',
    there: false,
    run: ({manager}, signal) => manager.install(CODER, options(signal)),
  },
  {verb: 'install', hangs: 'start', there: false, run: ({manager}, signal) => manager.install(CODER, options(signal))},
  {verb: 'install', hangs: 'facts', there: false, run: ({manager}, signal) => manager.install(CODER, options(signal))},
  {
    verb: 'uninstall',
    hangs: 'uninstall',
    there: true,
    run: ({manager}, signal) => manager.uninstall('coder', options(signal)),
  },
  {
    verb: 'register',
    hangs: 'register',
    there: false,
    run: ({manager}, signal) => manager.registerProfileGateway('coder', {request: CODER, ...options(signal)}),
  },
]

function options(signal?: AbortSignal): {timeoutMs: number; signal?: AbortSignal} {
  return {timeoutMs: 7000, ...(signal ? {signal} : {})}
}

for (const {verb, hangs, there, run} of VERBS) {
  test(`${verb} on a backend that hangs in ${hangs} is abandoned at the deadline`, async t => {
    const fixture = guardFixture(t)
    const {init, clock} = fixture
    if (there) init.define('coder')
    // Once: what undoes the change may answer again.
    init.before[hangs] = async () => {
      init.before[hangs] = undefined
      await never()
    }
    const error = await rejection(t, 'HSVC_TIMEOUT', run(fixture))
    t.is(clock.monotonic(), 7000)
    t.like(error, {verb, profile: 'coder', backend: 'fake'})
    const aborted = init.called(hangs)[0]?.options.signal?.aborted
    t.is(aborted, ['facts', 'status'].includes(hangs) ? undefined : true, 'its signal was aborted')
    t.is(clock.sleeping, 0, 'nothing was left waiting')
  })

  test(`${verb} on a backend that hangs in ${hangs} ends when the caller aborts`, async t => {
    const fixture = guardFixture(t)
    const {init, clock} = fixture
    if (there) init.define('coder')
    const caller = new AbortController()
    init.before[hangs] = async () => {
      init.before[hangs] = undefined
      setImmediate(() => {
        caller.abort()
      })
      await never()
    }
    const error = await rejection(t, 'HSVC_ABORTED', run(fixture, caller.signal))
    t.like(error, {verb, profile: 'coder', backend: 'fake'})
    t.true(clock.monotonic() < 7000)
    t.is(init.gateways.has('coder'), there, 'what was there before is there, and nothing else')
  })
}

test('a backend that hangs in unregister is abandoned at the deadline', async t => {
  const {manager, init, clock} = guardFixture(t)
  await manager.registerProfileGateway('coder', {request: CODER, startNow: false})
  const before = clock.monotonic()
  init.before.uninstall = never
  await rejection(t, 'HSVC_TIMEOUT', manager.unregisterProfileGateway('coder', {timeoutMs: 7000}))
  t.is(clock.monotonic() - before, 7000)
  t.true(init.gateways.has('coder'))
})

for (const verb of ['status', 'facts', 'list', 'preview', 'logs'] as const) {
  test(`a backend that hangs in what ${verb} asks is abandoned after 30 s`, async t => {
    const {manager, init, clock} = guardFixture(t)
    init.before.status = never
    init.before.facts = never
    init.before.list = never
    const asked = {
      status: () => manager.status(),
      facts: () => manager.facts(),
      list: () => manager.listProfileGateways(),
      preview: () => manager.preview(CODER),
      logs: () => manager.logs('coder')[Symbol.asyncIterator]().next(),
    }
    await rejection(t, 'HSVC_TIMEOUT', asked[verb]())
    t.is(clock.monotonic(), 30_000)
  })
}

test('a program that is interrupted ends every verb with HSVC_ABORTED', async t => {
  const {again, init} = guardFixture(t)
  const program = new AbortController()
  const manager = again({}, {signal: program.signal})
  init.define('coder')
  program.abort()
  await rejection(t, 'HSVC_ABORTED', manager.start('coder'))
  await rejection(t, 'HSVC_ABORTED', manager.status())
  t.deepEqual(init.calls, [])
})

test('an abort while a start is settling puts wanted back', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.define('coder')
  const caller = new AbortController()
  init.onLaunch = () => {
    void clock.sleep(300).then(() => {
      caller.abort()
    })
  }
  await rejection(t, 'HSVC_ABORTED', manager.start('coder', {signal: caller.signal}))
  t.like(init.gateway('coder'), {wanted: 'down', state: 'stopped'})
})

test('undoing may take 5 s beyond the deadline', async t => {
  const {manager, init, clock, records} = guardFixture(t)
  init.onLaunch = gateway => {
    gateway.state = 'starting'
  }
  init.before.uninstall = async () => {
    await clock.sleep(UNDO_GRACE_MS - 500)
  }
  await rejection(t, 'HSVC_TIMEOUT', manager.install(CODER, {timeoutMs: 7000}))
  t.false(init.gateways.has('coder'))
  t.is(records.read('coder'), null)
})

test('undoing that does not end is HSVC_ROLLBACK_FAILED with what remains', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.onLaunch = gateway => {
    gateway.state = 'starting'
  }
  init.before.uninstall = never
  const error = await rejection(t, 'HSVC_ROLLBACK_FAILED', manager.install(CODER, {timeoutMs: 7000}))
  t.deepEqual(error.remains, ['/fake/coder'])
  t.is((error.cause as {code?: string}).code, 'HSVC_TIMEOUT')
  t.is(clock.monotonic(), 7000 + UNDO_GRACE_MS)
})

test('a backend that answers its own abort first does not turn a timeout into an interruption', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install(CODER, {start: false})
  init.before.start = ({options: {signal}}) =>
    new Promise((_resolve, reject) => {
      init.gateway('coder').wanted = 'up'
      signal?.addEventListener('abort', () => {
        reject(new DOMException('aborted', 'AbortError'))
      })
    })
  await rejection(t, 'HSVC_TIMEOUT', manager.start('coder', {timeoutMs: 3000}))
  t.is(init.gateway('coder').wanted, 'up')
  t.is(record('coder').wanted, 'up')
})
