import type {Health} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import sinon from 'sinon'
import {HermesState} from '../dist/hermes/hermes-state.js'
import type {FakeGateway} from './fixtures/fake-init.js'
import {
  type GuardFixture,
  guardFixture,
  type GuardFixtureOptions,
  PROGRAM,
  rejection,
} from './fixtures/guard-fixture.js'

type Look = {startTime: string; heedsUsr1: boolean | null} | null

interface Drained extends GuardFixture {
  /** Each signal sent, as `pid startTime`. */
  readonly sent: string[]
  /** What becomes of a gateway that gets the signal. */
  onUsr1: (gateway: FakeGateway) => void
  /** What Hermes reports. */
  health: Health | null
  /** What is seen of a process. */
  look: (pid: number) => Look
}

/** A guard whose gateways have processes that can be looked at and signalled; by default they do as Hermes does. */
function drainFixture(t: ExecutionContext, options: GuardFixtureOptions = {}): Drained {
  const sent: string[] = []
  const reach = {
    look: (pid: number): Look => drained.look(pid),
    sendUsr1(pid: number, startTime: string): boolean {
      sent.push(`${String(pid)} ${startTime}`)
      const gateway = [...drained.init.gateways.values()].find(each => each.pid === pid)
      if (gateway) drained.onUsr1(gateway)
      return gateway !== undefined
    },
  }
  const hermes = sinon.createStubInstance(HermesState)
  hermes.health.callsFake(() => drained.health)
  const fixture = guardFixture(t, {...options, host: {...options.host, reach, hermes}})
  const drained: Drained = Object.assign(fixture, {
    sent,
    health: null,
    look: (pid: number): Look => ({startTime: `start of ${String(pid)}`, heedsUsr1: true}),
    onUsr1: endingWith(fixture, 75, 4000, 5000),
  })
  return drained
}

/** The process ends with that code after its turns, and its supervisor starts it again after the delay. */
function endingWith(
  {init, clock}: GuardFixture,
  code: number,
  turnsMs: number,
  delayMs: number,
): (gateway: FakeGateway) => void {
  return gateway => {
    void (async () => {
      await clock.sleep(turnsMs)
      init.die(gateway, code)
      await clock.sleep(delayMs)
      if (gateway.state === 'backoff') init.launch(gateway)
    })()
  }
}

function define({init}: GuardFixture, fields: Partial<FakeGateway> = {}): FakeGateway {
  return init.define('coder', {wanted: 'up', state: 'running', pid: 7, startedMs: -60_000, ...fields})
}

test('a drained restart has the gateway end by itself, and resolves when the process that its supervisor started has settled', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  const status = await fixture.manager.restart('coder', {drain: true})
  t.like(status, {state: 'running', wanted: 'up', lastExit: {code: 75}})
  t.not(status.pid, 7)
  t.deepEqual(fixture.sent, ['7 start of 7'], 'once')
  t.true(fixture.clock.monotonic() >= 5000, 'turns and settle time')
})

test('a drained restart does not wait for the delay after a death', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.onUsr1 = endingWith(fixture, 75, 0, 300_000)
  await fixture.manager.restart('coder', {drain: true})
  t.deepEqual(fixture.init.changes, ['start'])
  t.true(fixture.clock.monotonic() < 5000)
})

test('a drained restart leaves a supervisor alone that starts at once what ended', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.onUsr1 = endingWith(fixture, 75, 1000, 0)
  await fixture.manager.restart('coder', {drain: true})
  t.deepEqual(fixture.init.changes, [])
})

test('a drained restart waits half an hour and more for turns under way, and kills nothing when that is over', async t => {
  const fixture = drainFixture(t)
  const gateway = define(fixture)
  fixture.onUsr1 = () => undefined
  const error = await rejection(t, 'HSVC_TIMEOUT', fixture.manager.restart('coder', {drain: true}))
  t.true(fixture.clock.monotonic() >= 1_815_000)
  t.like(error, {state: 'running', verb: 'drain'})
  t.deepEqual([gateway.pid, gateway.wanted, fixture.init.changes], [7, 'up', []])
})

test('a drained restart that was given a time rejects HSVC_TIMEOUT when it is over', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  const error = await rejection(t, 'HSVC_TIMEOUT', fixture.manager.restart('coder', {drain: true, timeoutMs: 2000}))
  t.regex(error.message, /drain of coder was not done after 2 s; it is running/)
})

for (const [title, fields] of [
  ['was stopped', {wanted: 'down', state: 'stopped', pid: null}],
  ['waits to be started again', {wanted: 'up', state: 'backoff', pid: null}],
  ['is just being stopped', {wanted: 'down', state: 'stopping', pid: 7}],
] as const) {
  test(`a drained restart leaves a gateway as it is that ${title}`, async t => {
    const fixture = drainFixture(t)
    define(fixture, fields)
    t.like(await fixture.manager.restart('coder', {drain: true}), fields)
    t.deepEqual([fixture.sent, fixture.init.changes], [[], []])
  })
}

for (const [how, code, signal, state, pattern] of [
  ['with another code', 1, null, 'backoff', /exit code 1, where exit code 75 was due/],
  ['on purpose', 0, null, 'stopped', /exit code 0, where/],
  ['by the signal itself', null, 'SIGUSR1', 'backoff', /killed by SIGUSR1, where/],
] as const) {
  test(`a gateway that ends ${how} when it is drained rejects HSVC_START_FAILED with last exit and log tail`, async t => {
    const fixture = drainFixture(t)
    define(fixture, {lines: ['last words']})
    fixture.onUsr1 = gateway => {
      fixture.init.die(gateway, code, state, signal)
    }
    const error = await rejection(t, 'HSVC_START_FAILED', fixture.manager.restart('coder', {drain: true}))
    t.regex(error.message, pattern)
    t.like(error, {state, lastExit: {code, signal}, logTail: ['last words']})
    t.is(error.hint, 'hermes-svc gateway restart coder stops and starts it')
  })
}

test('a drained gateway whose new process dies rejects HSVC_START_FAILED', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.init.onLaunch = fixture.init.dyingAfter(200, 3)
  const error = await rejection(t, 'HSVC_START_FAILED', fixture.manager.restart('coder', {drain: true}))
  t.like(error, {lastExit: {code: 3}})
})

test('a drained gateway whose new process dies faster than anybody can look rejects HSVC_START_FAILED', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.onUsr1 = gateway => {
    fixture.init.die(gateway, 75)
    fixture.init.die(gateway, 3)
  }
  const error = await rejection(t, 'HSVC_START_FAILED', fixture.manager.restart('coder', {drain: true}))
  t.regex(error.message, /started and died: exit code 3/)
})

test('a drained gateway that its supervisor leaves down rejects HSVC_START_FAILED', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.onUsr1 = gateway => {
    fixture.init.die(gateway, 75, 'failed')
  }
  const error = await rejection(t, 'HSVC_START_FAILED', fixture.manager.restart('coder', {drain: true}))
  t.like(error, {state: 'failed', lastExit: {code: 75}})
})

test('the last exit of an earlier death does not count against a drained restart', async t => {
  const fixture = drainFixture(t)
  const gateway = define(fixture, {restarts: 2, lastExit: {code: 1, signal: null, at: '2029-12-31T00:00:00.000Z'}})
  fixture.onUsr1 = () => {
    // The new process is there before the death is on record.
    fixture.init.launch(gateway)
  }
  t.is((await fixture.manager.restart('coder', {drain: true})).state, 'running')
})

test('a process that does not handle SIGUSR1 is not sent it', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.look = () => ({startTime: '1', heedsUsr1: false})
  const error = await rejection(t, 'HSVC_UNSUPPORTED', fixture.manager.restart('coder', {drain: true}))
  t.regex(error.message, /does not handle SIGUSR1/)
  t.is(error.hint, 'hermes-svc gateway restart coder stops and starts it')
  t.deepEqual(fixture.sent, [])
})

test('a process that has just started is given the time to set up its handler', async t => {
  const fixture = drainFixture(t)
  define(fixture, {startedMs: 0})
  fixture.look = () => ({startTime: '1', heedsUsr1: fixture.clock.monotonic() > 5000})
  t.is((await fixture.manager.restart('coder', {drain: true})).state, 'running')
  t.is(fixture.sent.length, 1)
})

test('where handlers cannot be seen, only a gateway that runs the configured command is sent the signal', async t => {
  const fixture = drainFixture(t, {layers: [{source: 'test', data: {hermes: {command: [PROGRAM, 'gateway']}}}]})
  fixture.look = () => ({startTime: '1', heedsUsr1: null})
  for (const [profile, own] of [
    ['coder', {}],
    ['other', {argv: [PROGRAM]}],
  ] as const) {
    await fixture.manager.install({profile, ...own})
  }
  await fixture.manager.restart('coder', {drain: true})
  await rejection(t, 'HSVC_UNSUPPORTED', fixture.manager.restart('other', {drain: true}))
  t.is(fixture.sent.length, 1)
})

test('a process that cannot be seen is not sent a signal', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.look = () => null
  const error = await rejection(t, 'HSVC_UNSUPPORTED', fixture.manager.restart('coder', {drain: true}))
  t.regex(error.message, /process 7 cannot be seen/)
  t.deepEqual(fixture.sent, [])
})

test('a pid that another process has meanwhile is not sent a signal', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  let looks = 0
  fixture.look = () => ({startTime: looks++ === 0 ? 'of the gateway' : 'of another one', heedsUsr1: true})
  await fixture.manager.restart('coder', {drain: true})
  t.deepEqual(fixture.sent, ['7 of another one'], 'only after a status between two looks says that it is the gateway')
  t.true(looks >= 3)
})

test('an account that may not signal the gateway is told which one may', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.onUsr1 = () => {
    throw Object.assign(new Error('kill EPERM'), {code: 'EPERM'})
  }
  const error = await rejection(t, 'HSVC_PERMISSION_DENIED', fixture.manager.restart('coder', {drain: true}))
  t.regex(error.message, /may not signal process 7 of coder/)
  t.is(error.hint, 'run it as the account that the gateway runs as, or as root')
})

test('on Windows nothing can be drained', async t => {
  const fixture = drainFixture(t, {context: {platform: 'win32'}})
  define(fixture)
  await rejection(t, 'HSVC_UNSUPPORTED', fixture.manager.restart('coder', {drain: true}))
  t.deepEqual(fixture.sent, [])
})

test('a drained restart that does not wait returns when the signal was sent', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  t.like(await fixture.manager.restart('coder', {drain: true, wait: false}), {state: 'running', pid: 7})
  t.is(fixture.sent.length, 1)
})

test('a drained restart is over only when Hermes says that it is healthy, where it said so before', async t => {
  const fixture = drainFixture(t)
  const {clock, init} = fixture
  define(fixture)
  fixture.health = {state: 'running', reason: null, at: null}
  init.onLaunch = () => {
    fixture.health = null
    void clock.sleep(3000).then(() => (fixture.health = {state: 'starting', reason: null, at: null}))
    void clock.sleep(9000).then(() => (fixture.health = {state: 'running', reason: null, at: null}))
  }
  const {health} = await fixture.manager.restart('coder', {drain: true})
  t.is(health?.state, 'running')
  t.true(clock.monotonic() >= 13_000)
})

test('what the process before it reported does not make a drained gateway healthy', async t => {
  const fixture = drainFixture(t)
  const {clock, init} = fixture
  const report = (): Health => ({state: 'running', reason: null, at: new Date(clock.now()).toISOString()})
  define(fixture)
  fixture.health = report()
  init.onLaunch = () => {
    void clock.sleep(30_000).then(() => (fixture.health = report()))
  }
  await fixture.manager.restart('coder', {drain: true})
  t.true(clock.monotonic() >= 34_000)
})

test('a drained gateway that reports a failed start rejects HSVC_START_FAILED with its reason', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.init.onLaunch = () => {
    fixture.health = {state: 'startup_failed', reason: 'no platform', at: null}
  }
  const error = await rejection(t, 'HSVC_START_FAILED', fixture.manager.restart('coder', {drain: true}))
  t.regex(error.message, /reports that its start failed: no platform/)
})

test('a drained gateway that dies before it is healthy rejects HSVC_START_FAILED', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.init.onLaunch = gateway => {
    fixture.health = {state: 'starting', reason: null, at: null}
    fixture.init.dyingAfter(20_000, 1)(gateway)
  }
  const error = await rejection(t, 'HSVC_START_FAILED', fixture.manager.restart('coder', {drain: true}))
  t.like(error, {lastExit: {code: 1}})
})

test('a drained gateway that was degraded may stay so', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  fixture.health = {state: 'degraded', reason: 'slack is down', at: null}
  t.is((await fixture.manager.restart('coder', {drain: true})).health?.state, 'degraded')
})

test('a drained gateway that is less healthy than before rejects HSVC_TIMEOUT after two minutes', async t => {
  const fixture = drainFixture(t)
  const {init, clock, manager} = fixture
  define(fixture)
  fixture.health = {state: 'running', reason: null, at: null}
  init.onLaunch = () => {
    fixture.health = {state: 'degraded', reason: 'slack is down', at: null}
  }
  const error = await rejection(t, 'HSVC_TIMEOUT', manager.restart('coder', {drain: true}))
  t.regex(error.message, /that it is degraded: slack is down 120 s after/)
  t.true(clock.monotonic() >= 125_000 && clock.monotonic() < 200_000)
})

test('a drained restart that is interrupted leaves the gateway to finish, and is not undone', async t => {
  const fixture = drainFixture(t)
  const gateway = define(fixture)
  const controller = new AbortController()
  fixture.onUsr1 = () => {
    controller.abort()
  }
  const restart = fixture.manager.restart('coder', {drain: true, signal: controller.signal})
  await rejection(t, 'HSVC_ABORTED', restart)
  t.deepEqual([gateway.pid, gateway.wanted, fixture.init.changes], [7, 'up', []])
})

test('a drained restart holds the lock of its gateway', async t => {
  const fixture = drainFixture(t)
  define(fixture)
  const drained = fixture.onUsr1
  let stop: Promise<unknown> = Promise.reject(new Error('the signal was not sent'))
  stop.catch(() => undefined)
  fixture.onUsr1 = gateway => {
    drained(gateway)
    stop = rejection(t, 'HSVC_BUSY', fixture.again().stop('coder', {timeoutMs: 2000}))
  }
  t.is((await fixture.manager.restart('coder', {drain: true})).wanted, 'up')
  await stop
})
