import {fork} from 'node:child_process'
import {once} from 'node:events'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import test, {type ExecutionContext} from 'ava'
import sinon from 'sinon'
import {
  accountNamed,
  asAccount,
  type Clock,
  identityOf,
  type LockOptions,
  type ProcessIdentity,
  systemClock,
  withLock,
} from '@hermes-svc/core'
import {temporaryDirectory} from '../temporary-directory.js'

const NOW = Date.parse('2030-01-01T00:00:00Z')

/** A clock that moves only when somebody sleeps. */
function fakeClock(): Clock & {advance(ms: number): void; set(now: number): void} {
  let now = NOW
  let elapsed = 0
  const advance = (ms: number) => {
    now += ms
    elapsed += ms
  }
  return {
    advance,
    set(value) {
      now = value
    },
    now: () => now,
    monotonic: () => elapsed,
    async sleep(ms) {
      advance(ms)
      await Promise.resolve()
    },
  }
}

function locksIn(t: ExecutionContext): string {
  return join(temporaryDirectory(t), 'locks')
}

const PATIENT: LockOptions = {timeoutMs: 60_000, clock: systemClock}
const nothing = async () => Promise.resolve()

/** Puts a claim into the directory as another process would have. */
function plantClaim(directory: string, owner: Partial<ProcessIdentity>, renewedAt: number): string {
  mkdirSync(directory, {recursive: true})
  const path = join(directory, 'coder.0-planted')
  const claim = {
    owner: {...identityOf(process.pid), ...owner},
    verb: 'stop',
    acquiredAt: new Date(renewedAt).toISOString(),
  }
  writeFileSync(path, JSON.stringify(claim))
  utimesSync(path, renewedAt / 1000, renewedAt / 1000)
  return path
}

function startContender(t: ExecutionContext, directory: string, ...args: string[]) {
  const {NODE_EXTRA_CA_CERTS: _, ...env} = process.env
  const child = fork(join(import.meta.dirname, 'lock-contender.js'), [directory, ...args], {env})
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

test('twenty processes that change one thing at a time lose and double nothing', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'count'), '0')
  const ends = Array.from({length: 20}, async () => once(startContender(t, directory, 'count', '10'), 'exit'))
  const codes = (await Promise.all(ends)).map(([code]: unknown[]) => code)
  t.deepEqual(new Set(codes), new Set([0]))
  t.is(readFileSync(join(directory, 'count'), 'utf8'), '200')
  t.deepEqual(readdirSync(join(directory, 'locks')), [])
})

test('callers in one process take turns', async t => {
  const directory = locksIn(t)
  let inside = 0
  let most = 0
  const action = async () => {
    inside += 1
    most = Math.max(most, inside)
    await sleep(2)
    inside -= 1
  }
  await Promise.all(Array.from({length: 30}, async () => withLock(directory, 'coder', PATIENT, action)))
  t.is(most, 1)
  t.deepEqual(readdirSync(directory), [])
})

test('locks of different names do not wait for each other', async t => {
  const directory = locksIn(t)
  const long = 'a'.repeat(250)
  const names = ['a', 'a-b', 'a_b', `${long}b`, `${long}c`]
  const nested = names.reduceRight<() => Promise<void>>(
    (inner, name) => async () => withLock(directory, name, {...PATIENT, timeoutMs: 0}, inner),
    nothing,
  )
  await t.notThrowsAsync(nested)
})

test('the lock of a killed process is taken over at once', async t => {
  const directory = temporaryDirectory(t)
  const holder = startContender(t, directory, 'hold')
  await once(holder, 'message')
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  await withLock(join(directory, 'locks'), 'coder', {...PATIENT, timeoutMs: 0}, nothing)
  t.deepEqual(readdirSync(join(directory, 'locks')), [])
})

test('HSVC_BUSY names the process that holds the lock and its verb', async t => {
  const directory = temporaryDirectory(t)
  const holder = startContender(t, directory, 'hold')
  await once(holder, 'message')
  const action = sinon.fake(nothing)
  const error = await t.throwsAsync(withLock(join(directory, 'locks'), 'coder', {...PATIENT, timeoutMs: 100}, action), {
    code: 'HSVC_BUSY',
  })
  const expected = `expected no other change of coder within 0.1 s, got one by process ${String(holder.pid)}, restart`
  t.is(error.message, expected)
  t.false(action.called)
  t.is(readdirSync(join(directory, 'locks')).length, 1)
})

test('a wait ends with HSVC_ABORTED when the signal aborts, and leaves no claim', async t => {
  const directory = locksIn(t)
  plantClaim(directory, {}, Date.now())
  const action = sinon.fake(nothing)
  const signal = AbortSignal.timeout(50)
  await t.throwsAsync(withLock(directory, 'coder', {...PATIENT, signal}, action), {code: 'HSVC_ABORTED'})
  t.false(action.called)
  t.deepEqual(readdirSync(directory), ['coder.0-planted'])
})

test('a wait that is over says who holds the lock also where its signal aborts in the same moment', async t => {
  const directory = locksIn(t)
  const clock = fakeClock()
  const verb = new AbortController()
  const sleepTooLong = async (): Promise<void> => {
    clock.advance(5000)
    verb.abort()
    await Promise.resolve()
  }
  plantClaim(directory, {}, NOW)
  const options = {timeoutMs: 100, clock: {...clock, sleep: sleepTooLong}, signal: verb.signal}
  await t.throwsAsync(withLock(directory, 'coder', options, nothing), {code: 'HSVC_BUSY'})
})

test('a signal that has aborted takes no lock', async t => {
  const action = sinon.fake(nothing)
  for (const timeoutMs of [10_000, 0]) {
    const options = {...PATIENT, timeoutMs, signal: AbortSignal.abort()}
    const directory = locksIn(t)
    await t.throwsAsync(withLock(directory, 'coder', options, action), {code: 'HSVC_ABORTED'})
    t.deepEqual(readdirSync(directory), [])
  }
  t.false(action.called)
})

test('a process that is gone, or whose pid another process has now, does not hold a lock', async t => {
  for (const owner of [{pid: 2 ** 22 + 1}, {startTime: '1'}]) {
    const directory = locksIn(t)
    plantClaim(directory, owner, Date.now())
    await t.notThrowsAsync(withLock(directory, 'coder', {...PATIENT, timeoutMs: 0}, nothing))
    t.deepEqual(readdirSync(directory), [])
  }
})

for (const owner of [{bootId: 'another'}, {pidNamespace: 'pid:[1]'}, {startTime: null}]) {
  const where = JSON.stringify(owner)
  test(`an owner with ${where} holds the lock until its lease is 60 s old`, async t => {
    const directory = locksIn(t)
    const clock = fakeClock()
    plantClaim(directory, owner, NOW - 59_000)
    await t.throwsAsync(withLock(directory, 'coder', {timeoutMs: 0, clock}, nothing), {code: 'HSVC_BUSY'})
    clock.advance(1000)
    await t.notThrowsAsync(withLock(directory, 'coder', {timeoutMs: 0, clock}, nothing))
    t.deepEqual(readdirSync(directory), [])
  })

  test(`an owner with ${where} that renews its lease keeps the lock`, async t => {
    const directory = locksIn(t)
    const clock = fakeClock()
    const path = plantClaim(directory, owner, NOW)
    const sleepAndRenew: Clock = {
      ...clock,
      async sleep(ms) {
        await clock.sleep(ms)
        utimesSync(path, clock.now() / 1000, clock.now() / 1000)
      },
    }
    await t.throwsAsync(withLock(directory, 'coder', {timeoutMs: 200_000, clock: sleepAndRenew}, nothing), {
      code: 'HSVC_BUSY',
    })
  })
}

test('a lease in the future, after the clock was set back, ends after 60 s of waiting', async t => {
  const directory = locksIn(t)
  const clock = fakeClock()
  plantClaim(directory, {bootId: 'another'}, NOW + 86_400_000)
  await t.notThrowsAsync(withLock(directory, 'coder', {timeoutMs: 70_000, clock}, nothing))
  t.true(clock.monotonic() >= 60_000)
})

test('a lease in the future ends for callers that never wait as long as that', async t => {
  const directory = locksIn(t)
  const clock = fakeClock()
  plantClaim(directory, {bootId: 'another'}, NOW + 86_400_000)
  await t.throwsAsync(withLock(directory, 'coder', {timeoutMs: 0, clock}, nothing), {code: 'HSVC_BUSY'})
  clock.advance(60_001)
  await t.notThrowsAsync(withLock(directory, 'coder', {timeoutMs: 0, clock}, nothing))
})

test('an owner that we can see keeps its lock however old its lease is', async t => {
  const directory = locksIn(t)
  const clock = fakeClock()
  plantClaim(directory, {}, NOW - 86_400_000)
  await t.throwsAsync(withLock(directory, 'coder', {timeoutMs: 120_000, clock}, nothing), {code: 'HSVC_BUSY'})
})

test('a file that is no claim goes by its lease', async t => {
  const clock = fakeClock()
  const plants: ((path: string) => void)[] = [
    path => {
      writeFileSync(path, '')
    },
    path => {
      writeFileSync(path, '{"owner": {"pid": "7"}}')
    },
    path => {
      writeFileSync(path, Buffer.alloc(100_000, 0x7b))
    },
  ]
  for (const plant of plants) {
    const directory = locksIn(t)
    const path = join(directory, 'coder.0-planted')
    mkdirSync(directory)
    plant(path)
    utimesSync(path, clock.now() / 1000, clock.now() / 1000)
    await t.throwsAsync(withLock(directory, 'coder', {timeoutMs: 0, clock}, nothing), {
      code: 'HSVC_BUSY',
      message: /got one by an unknown process/,
    })
    clock.advance(60_000)
    await t.notThrowsAsync(withLock(directory, 'coder', {timeoutMs: 0, clock}, nothing))
  }
})

test('a planted link is not followed, and goes by its own lease', async t => {
  const directory = locksIn(t)
  mkdirSync(directory)
  const target = join(directory, '../target')
  writeFileSync(target, JSON.stringify({owner: identityOf(process.pid), verb: null, acquiredAt: ''}))
  utimesSync(target, 1, 1)
  symlinkSync(target, join(directory, 'coder.0-planted'))
  const clock = {...fakeClock(), now: () => Date.now() - 86_400_000}
  await t.notThrowsAsync(withLock(directory, 'coder', {timeoutMs: 90_000, clock}, nothing))
  t.is(statSync(target).mtimeMs, 1000)
})

test('the lock directory is for its owner alone, and no claim stays in it', async t => {
  const directory = join(locksIn(t), 'deeper')
  await withLock(directory, 'coder', PATIENT, async () => {
    const files = readdirSync(directory)
    t.is(files.length, 1)
    t.regex(files[0] ?? '', /^coder\.[0-9a-f-]{36}$/)
    t.is(statSync(join(directory, files[0] ?? '')).mode & 0o777, 0o600)
    return Promise.resolve()
  })
  t.is(statSync(directory).mode & 0o777, 0o700)
  t.deepEqual(readdirSync(directory), [])
})

test('what the action resolves or rejects with is passed on, and the lock is free again', async t => {
  const directory = locksIn(t)
  t.is(await withLock(directory, 'coder', PATIENT, async () => Promise.resolve(7)), 7)
  await t.throwsAsync(
    withLock(directory, 'coder', PATIENT, async () => Promise.reject(new Error('no'))),
    {message: 'no'},
  )
  t.deepEqual(readdirSync(directory), [])
})

test('what a process that died while claiming left behind is swept away', async t => {
  const directory = locksIn(t)
  mkdirSync(directory)
  const owner = {...identityOf(process.pid), startTime: '1'}
  writeFileSync(join(directory, '.staging-coder.0-dead'), JSON.stringify({owner, verb: null, acquiredAt: ''}))
  await withLock(directory, 'coder', PATIENT, nothing)
  t.deepEqual(readdirSync(directory), [])
})

test('a claim that was staged before a reboot is swept away, as nobody can ask for its owner', async t => {
  const directory = locksIn(t)
  mkdirSync(directory)
  const owner = {...identityOf(process.pid), bootId: 'an earlier one'}
  const [young, old] = ['.staging-coder.young', '.staging-coder.old'].map(name => join(directory, name))
  for (const path of [young ?? '', old ?? '']) writeFileSync(path, JSON.stringify({owner, verb: null, acquiredAt: ''}))
  utimesSync(old ?? '', new Date(Date.now() - 11_000), new Date(Date.now() - 11_000))
  await withLock(directory, 'coder', PATIENT, nothing)
  t.deepEqual(readdirSync(directory), ['.staging-coder.young'])
})

test('a name that could lead elsewhere is refused', async t => {
  for (const name of ['', '.', 'a.b', '../a', 'a/b', 'a\n']) {
    await t.throwsAsync(withLock(locksIn(t), name, PATIENT, nothing), {code: 'HSVC_INTERNAL'})
  }
})

test.serial('a held lock is renewed every ten seconds', async t => {
  const timers = sinon.useFakeTimers({toFake: ['setInterval', 'clearInterval']})
  t.teardown(() => {
    timers.restore()
  })
  const directory = locksIn(t)
  const clock = fakeClock()
  await withLock(directory, 'coder', {timeoutMs: 0, clock}, async () => {
    const path = join(directory, readdirSync(directory)[0] ?? '')
    t.is(statSync(path).mtimeMs, NOW)
    clock.advance(10_000)
    timers.tick(10_000)
    t.is(statSync(path).mtimeMs, NOW + 10_000)
    return Promise.resolve()
  })
  t.is(timers.countTimers(), 0)
})

const nobody = accountNamed('nobody')
if (process.geteuid?.() === 0 && nobody !== null) {
  test.serial('file work of a lock is done with the rights it is given, and its owner is still known', async t => {
    const parent = temporaryDirectory(t)
    chmodSync(parent, 0o1777)
    const directory = join(parent, 'locks')
    const run = <T>(work: () => T) => asAccount(nobody.uid, nobody.gid, work)
    await withLock(directory, 'coder', {...PATIENT, run}, async () => {
      const path = join(directory, readdirSync(directory)[0] ?? '')
      const {owner} = JSON.parse(readFileSync(path, 'utf8')) as {owner: ProcessIdentity}
      t.is(statSync(path).uid, nobody.uid)
      t.deepEqual(owner, identityOf(process.pid))
      t.is(owner.pidNamespace, readlinkSync('/proc/self/ns/pid'))
      return Promise.resolve()
    })
    t.deepEqual(readdirSync(directory), [])
  })
} else {
  test.skip('file work of a lock is done with the rights it is given (skipped: needs root and an account nobody)', t => {
    t.pass()
  })
}

test('an empty staged claim of a killed contender goes away after ten seconds, and not before', async t => {
  const directory = locksIn(t)
  mkdirSync(directory)
  const [young, old] = ['.staging-one.young', '.staging-one.old'].map(name => join(directory, name))
  writeFileSync(young ?? '', '')
  writeFileSync(old ?? '', '')
  utimesSync(old ?? '', new Date(Date.now() - 11_000), new Date(Date.now() - 11_000))
  await withLock(directory, 'one', PATIENT, nothing)
  t.deepEqual(readdirSync(directory), ['.staging-one.young'])
})
