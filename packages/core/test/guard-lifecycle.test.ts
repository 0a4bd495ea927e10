import test from 'ava'
import {guardFixture, makeProfile, PROGRAM, rejection} from './fixtures/guard-fixture.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}

test('start resolves only when the same pid has lived for start.settle', async t => {
  const {manager, clock, init} = guardFixture(t, {layers: [{source: 'test', data: {start: {settle: '3s'}}}]})
  init.define('coder')
  const before = clock.monotonic()
  const status = await manager.start('coder')
  t.is(status.state, 'running')
  t.true(clock.monotonic() - before >= 3000)
})

test('start takes settleMs from the record of the gateway before the configuration of today', async t => {
  const {manager, clock} = guardFixture(t)
  await manager.install({...CODER, settleMs: 9000}, {start: false})
  const before = clock.monotonic()
  await manager.start('coder')
  t.true(clock.monotonic() - before >= 9000)
})

for (const verb of ['start', 'restart'] as const) {
  test(`${verb} says that it only waits as soon as the gateway was started`, async t => {
    const {manager, clock, init} = guardFixture(t, {layers: [{source: 'test', data: {start: {settle: '3s'}}}]})
    init.define('coder')
    const begun = clock.monotonic()
    let waitsSince = Infinity
    const onWaiting = (): void => {
      t.not(init.gateways.get('coder')?.pid ?? null, null)
      waitsSince = clock.monotonic()
    }
    await manager[verb]('coder', {onWaiting})
    t.true(waitsSince - begun < 100)
  })
}

test('stop says that it only waits as soon as the gateway was told to end', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder')
  await manager.start('coder')
  let wantedThen: string | undefined
  const onWaiting = (): void => {
    wantedThen = init.gateways.get('coder')?.wanted
  }
  t.like(await manager.stop('coder', {onWaiting}), {state: 'stopped'})
  t.is(wantedThen, 'down')
})

test('start resolves as soon as the gateway says that it is ready', async t => {
  const {manager, clock, init} = guardFixture(t, {layers: [{source: 'test', data: {start: {settle: '20s'}}}]})
  init.define('coder')
  init.onLaunch = gateway => {
    gateway.ready = false
    void clock.sleep(400).then(() => {
      gateway.ready = true
    })
  }
  const before = clock.monotonic()
  t.true((await manager.start('coder')).ready)
  t.true(clock.monotonic() - before >= 400)
  t.true(clock.monotonic() - before < 2000)
})

test('start on a running gateway resolves without restarting it', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.define('coder')
  const first = await manager.start('coder')
  await clock.sleep(5000)
  const before = clock.monotonic()
  const second = await manager.start('coder')
  t.is(second.pid, first.pid)
  t.true(clock.monotonic() - before < 100, 'it lived long enough before')
})

test('start waits through the states before running', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.define('coder')
  init.onLaunch = gateway => {
    gateway.state = 'starting'
    void clock.sleep(3000).then(() => {
      gateway.state = 'running'
    })
  }
  const before = clock.monotonic()
  t.is((await manager.start('coder')).state, 'running')
  t.true(clock.monotonic() - before >= 3000)
})

for (const [how, state, message] of [
  ['dies at once and is restarted again and again', 'backoff', /exit code 7/],
  ['is given up', 'failed', /exit code 7/],
  ['ends on purpose', 'stopped', /exit code 7/],
] as const) {
  test(`start of a gateway that ${how} rejects HSVC_START_FAILED with last exit and log tail`, async t => {
    const {manager, init} = guardFixture(t)
    init.define('coder', {lines: Array.from({length: 15}, (_, line) => `line ${String(line)}`)})
    init.onLaunch = init.dyingAfter(500, 7, state)
    const error = await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))
    t.is(error.state, state)
    t.is(error.lastExit?.code, 7)
    t.is(error.logTail?.length, 10)
    t.is(error.logTail?.at(-1), 'line 14')
    t.regex(error.message, message)
    t.is(error.profile, 'coder')
    t.is(error.verb, 'start')
    t.is(error.backend, 'fake')
  })
}

test('a gateway that stays failed without ever having died cannot be started, and is not waited for', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.define('coder')
  init.onLaunch = gateway => {
    Object.assign(gateway, {pid: null, state: 'failed'})
  }
  const before = clock.monotonic()
  const error = await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))
  t.regex(error.message, /could not be started/)
  t.is(error.lastExit, null)
  t.true(clock.monotonic() - before < 3000)
})

test('an earlier failure that is still shown for a moment does not count against a start', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.define('coder', {state: 'failed'})
  init.onLaunch = gateway => {
    const {pid} = gateway
    Object.assign(gateway, {pid: null, state: 'failed'})
    void clock.sleep(200).then(() => Object.assign(gateway, {pid, state: 'running'}))
  }
  t.is((await manager.start('coder')).state, 'running')
})

test('a gateway that dies faster than anybody can look has started and died', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder', {restarts: 3})
  init.onLaunch = gateway => {
    init.die(gateway, null, 'backoff', 'SIGSEGV')
  }
  const error = await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))
  t.regex(error.message, /killed by SIGSEGV/)
})

test('a gateway that was replaced while it was settling has started and died', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.define('coder')
  let launches = 0
  init.onLaunch = gateway => {
    launches += 1
    if (launches > 1) return
    void clock.sleep(500).then(() => {
      init.die(gateway, 1)
      init.launch(gateway)
    })
  }
  await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))
})

test('an earlier death does not count against a start', async t => {
  const {manager, init} = guardFixture(t)
  const lastExit = {code: 1, signal: null, at: '2030-01-01T00:00:00.000Z'}
  init.define('coder', {wanted: 'up', state: 'backoff', restarts: 9, lastExit})
  t.is((await manager.start('coder')).state, 'running')
})

test('a log that cannot be read does not hide why a start failed', async t => {
  const {manager, init, warnings} = guardFixture(t)
  init.define('coder')
  init.onLaunch = init.dyingAfter(10, 7)
  init.before.logs = () => {
    throw new Error('the disk is on fire')
  }
  const error = await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))
  t.deepEqual(error.logTail, [])
  t.true(warnings.some(warning => warning.includes('the disk is on fire')))
})

test('a log that never answers does not hide why a start failed', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder')
  init.onLaunch = init.dyingAfter(10, 7)
  init.before.logs = () => new Promise(() => undefined)
  const error = await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))
  t.deepEqual(error.logTail, [])
})

test('stop resolves only when it is down', async t => {
  const {manager, init, clock} = guardFixture(t)
  const gateway = init.define('coder', {wanted: 'up', state: 'running', pid: 5})
  init.onStop = () => {
    gateway.state = 'stopping'
    void clock.sleep(4000).then(() => Object.assign(gateway, {pid: null, state: 'stopped'}))
  }
  t.is((await manager.stop('coder')).state, 'stopped')
  t.true(clock.monotonic() >= 4000)
})

test('stop on a stopped gateway resolves', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder')
  t.is((await manager.stop('coder')).state, 'stopped')
  t.is((await manager.stop('coder')).wanted, 'down')
})

test('stop ends a back-off', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder', {wanted: 'up', state: 'backoff'})
  const status = await manager.stop('coder')
  t.like(status, {state: 'stopped', wanted: 'down'})
})

test('stop, start and restart record what is wanted', async t => {
  const {manager, record} = guardFixture(t)
  await manager.install(CODER)
  t.is(record('coder').wanted, 'up')
  await manager.stop('coder')
  t.is(record('coder').wanted, 'down')
  await manager.start('coder')
  t.is(record('coder').wanted, 'up')
  await manager.stop('coder')
  await manager.restart('coder')
  t.is(record('coder').wanted, 'up')
})

test('restart resolves only when another pid has settled', async t => {
  const {manager, init, clock} = guardFixture(t)
  const gateway = init.define('coder', {wanted: 'up', state: 'running', pid: 5})
  init.before.restart = async () => {
    // The old process takes its time to go: its pid must not be taken for the new one.
    gateway.wanted = 'up'
    await clock.sleep(3000)
  }
  const before = clock.monotonic()
  const status = await manager.restart('coder')
  t.not(status.pid, 5)
  t.is(status.state, 'running')
  t.true(clock.monotonic() - before >= 4000)
})

for (const state of ['stopped', 'failed', 'backoff'] as const) {
  test(`restart of a gateway in the state ${state} ends running`, async t => {
    const {manager, init} = guardFixture(t)
    init.define('coder', {state, restarts: 2, lastExit: {code: 78, signal: null, at: null}})
    t.like(await manager.restart('coder'), {state: 'running', wanted: 'up'})
  })
}

test('the death that a restart asked for is no failure of it', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.define('coder', {wanted: 'up', state: 'running', pid: 5})
  init.onLaunch = gateway => {
    const {pid} = gateway
    init.die(gateway, 0, 'backoff')
    void clock.sleep(300).then(() => Object.assign(gateway, {pid, state: 'running', startedMs: clock.monotonic()}))
  }
  t.is((await manager.restart('coder')).state, 'running')
})

test('restart of a gateway whose new process dies rejects HSVC_START_FAILED', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder', {wanted: 'up', state: 'running', pid: 5})
  init.onLaunch = init.dyingAfter(200, 3)
  t.is((await rejection(t, 'HSVC_START_FAILED', manager.restart('coder'))).lastExit?.code, 3)
})

test('without waiting a verb returns when the command was sent', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.define('coder')
  init.onLaunch = gateway => {
    gateway.state = 'starting'
  }
  init.onStop = gateway => {
    gateway.state = 'stopping'
  }
  t.is((await manager.start('coder', {wait: false})).state, 'starting')
  t.like(await manager.stop('coder', {wait: false}), {state: 'stopping', wanted: 'down'})
  t.true(clock.monotonic() < 100)
})

test('a rejected start leaves wanted as it was before', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install(CODER, {start: false})
  init.onLaunch = init.dyingAfter(200, 3)
  await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))
  t.is(init.gateway('coder').wanted, 'down')
  t.is(init.gateway('coder').state, 'stopped')
  t.is(record('coder').wanted, 'down')
})

test('a rejected stop leaves wanted as it was before', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install(CODER)
  init.before.stop = () => {
    init.gateway('coder').wanted = 'down'
    throw new Error('the tool broke')
  }
  await rejection(t, 'HSVC_INTERNAL', manager.stop('coder'))
  t.is(init.gateway('coder').wanted, 'up')
  t.is(record('coder').wanted, 'up')
})

test('a timed-out start leaves wanted as asked, and tells the state it saw', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install(CODER, {start: false})
  init.onLaunch = gateway => {
    gateway.state = 'starting'
  }
  const error = await rejection(t, 'HSVC_TIMEOUT', manager.start('coder', {timeoutMs: 4000}))
  t.is(error.state, 'starting')
  t.regex(error.message, /after 4 s; it is starting/)
  t.is(error.hint, 'hermes-svc gateway status coder')
  t.is(init.gateway('coder').wanted, 'up')
  t.is(init.gateway('coder').state, 'starting')
  t.is(record('coder').wanted, 'up')
})

test('a timed-out stop leaves wanted as asked', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install(CODER)
  init.onStop = gateway => {
    gateway.state = 'stopping'
  }
  const error = await rejection(t, 'HSVC_TIMEOUT', manager.stop('coder'))
  t.is(error.state, 'stopping')
  t.is(init.gateway('coder').wanted, 'down')
  t.is(record('coder').wanted, 'down')
})

test('a timed-out restart leaves wanted as asked', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install(CODER, {start: false})
  init.onLaunch = gateway => {
    gateway.state = 'starting'
  }
  await rejection(t, 'HSVC_TIMEOUT', manager.restart('coder'))
  t.is(init.gateway('coder').wanted, 'up')
  t.is(record('coder').wanted, 'up')
})

test('the wait for a stop is the stop timeout and 10 s', async t => {
  const {manager, init, clock} = guardFixture(t, {layers: [{source: 'test', data: {stop: {timeout: '20s'}}}]})
  init.define('coder', {wanted: 'up', state: 'running', pid: 5})
  init.before.stop = () => new Promise(() => undefined)
  await rejection(t, 'HSVC_TIMEOUT', manager.stop('coder'))
  t.is(clock.monotonic(), 30_000)
})

test('the wait for a start is 30 s', async t => {
  const {manager, init, clock} = guardFixture(t)
  init.define('coder')
  init.before.start = () => new Promise(() => undefined)
  await rejection(t, 'HSVC_TIMEOUT', manager.start('coder'))
  t.is(clock.monotonic(), 30_000)
})

test('lifecycle of a foreign gateway changes its state only', async t => {
  const {manager, init, records} = guardFixture(t)
  init.define('coder', {origin: 'foreign'})
  await manager.start('coder')
  await manager.restart('coder')
  await manager.stop('coder')
  t.deepEqual(init.changes, ['start', 'restart', 'stop'])
  t.is(init.gateway('coder').origin, 'foreign')
  t.is(records.read('coder'), null)
})

for (const verb of ['start', 'stop', 'restart', 'status'] as const) {
  test(`${verb} of a profile without a definition rejects HSVC_NOT_FOUND`, async t => {
    const {manager, root, init} = guardFixture(t)
    makeProfile(root, 'default')
    makeProfile(root, 'coder')
    const run = (name: string): Promise<unknown> => (verb === 'status' ? manager.status([name]) : manager[verb](name))
    t.is((await rejection(t, 'HSVC_NOT_FOUND', run('coder'))).hint, 'hermes-svc gateway install coder')
    t.regex((await rejection(t, 'HSVC_NOT_FOUND', run('gateway-coder'))).hint ?? '', /the profile is coder$/)
    t.regex((await rejection(t, 'HSVC_NOT_FOUND', run('nobody'))).hint ?? '', /gateway list/)
    t.deepEqual(init.changes, [])
  })
}

for (const verb of ['start', 'stop', 'restart'] as const) {
  test(`${verb} of a gateway that is only recorded rejects HSVC_NOT_SUPERVISED`, async t => {
    const {manager, init} = guardFixture(t)
    await manager.install(CODER, {start: false})
    init.gateways.delete('coder')
    const error = await rejection(t, 'HSVC_NOT_SUPERVISED', manager[verb]('coder'))
    t.is(error.hint, 'hermes-svc gateway reconcile')
  })
}

test('every verb refuses a bad profile name before the backend is asked', async t => {
  const {manager, init} = guardFixture(t)
  const bad = 'Coder\n'
  const verbs: (() => Promise<unknown>)[] = [
    () => manager.start(bad),
    () => manager.stop(bad),
    () => manager.restart(bad),
    () => manager.isRunning(bad),
    () => manager.status([bad]),
    () => manager.logs(bad)[Symbol.asyncIterator]().next(),
    () => manager.preview({profile: bad, argv: [PROGRAM]}),
    () => manager.install({profile: bad, argv: [PROGRAM]}),
    () => manager.uninstall(bad),
    () => manager.registerProfileGateway(bad),
    () => manager.unregisterProfileGateway(bad),
  ]
  for (const verb of verbs) await rejection(t, 'HSVC_INVALID_PROFILE', verb())
  t.deepEqual(init.calls, [])
})

test('isRunning tells whether the state is running', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder')
  t.false(await manager.isRunning('coder'))
  await manager.start('coder')
  t.true(await manager.isRunning('coder'))
  await rejection(t, 'HSVC_NOT_FOUND', manager.isRunning('nobody'))
})

test('a start waits for a supervisor that takes its time with what was down for long', async t => {
  const {manager, init, clock} = guardFixture(t)
  await manager.install(CODER, {start: false})
  init.onLaunch = gateway => {
    const {pid} = gateway
    Object.assign(gateway, {pid: null, state: 'failed'})
    void clock.sleep(1500).then(() => Object.assign(gateway, {pid, state: 'running', startedMs: clock.monotonic()}))
  }
  t.is((await manager.start('coder')).state, 'running')
  init.onLaunch = gateway => {
    Object.assign(gateway, {pid: null, state: 'failed'})
  }
  await manager.stop('coder')
  const error = await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))
  t.regex(error.message, /has nothing that it can run/)
})
