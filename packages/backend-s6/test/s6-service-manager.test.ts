import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {isServiceManager, type TellsUpheld} from '@hermes-svc/core'
import anyTest, {type ExecutionContext} from 'ava'
import {backend} from '../dist/index.js'
import {eventually, hasS6, isSupervised} from './s6-scandir.js'
import {lives, SlotFixture} from './slot-fixture.js'

function test(title: string, run: (t: ExecutionContext) => Promise<void>): void {
  if (hasS6) anyTest(title, run)
  else anyTest.skip(`${title} (skipped: needs s6)`, run)
}

const STUBBORN = "trap '' TERM; echo ready > ready; while :; do sleep 0.05; done"

/** A stubborn gateway that has come to ignore TERM. */
async function runStubborn(fixture: SlotFixture) {
  const running = await fixture.run(STUBBORN)
  await eventually('it ignores TERM', () => existsSync(join(fixture.root, 'ready')))
  return running
}

test('a gateway is upheld while it runs, will run again, and has all its supervisors', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {profile, slot} = fixture
  const manager = fixture.manager as typeof fixture.manager & TellsUpheld
  t.is(manager.upheld(profile), null)
  await manager.install(fixture.spec())
  t.is(manager.upheld(profile), null)
  await manager.start(profile)
  const {pid} = await fixture.reaches('running')
  t.like(manager.upheld(profile), {pid, state: 'running', wanted: 'up'})
  // As s6-svc -u leaves it.
  writeFileSync(join(slot, 'down'), '')
  t.is(manager.upheld(profile), null)
  rmSync(join(slot, 'down'))
  t.like(manager.upheld(profile), {pid})
  rmSync(join(slot, 'log', 'supervise', 'control'))
  t.is(manager.upheld(profile), null)
})

test('install only defines; start, stop and restart change what is observed, again and again', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {manager, profile} = fixture
  t.true(isServiceManager(manager))
  t.like(await manager.install(fixture.spec()), {state: 'stopped', wanted: 'down', origin: 'installed', pid: null})
  for (let round = 0; round < 2; round += 1) {
    await manager.start(profile)
    const running = await fixture.reaches('running')
    t.like(running, {wanted: 'up'})
    t.true(lives(running.pid))
    t.like(await manager.start(profile), {pid: running.pid, state: 'running'})
    await manager.restart(profile)
    const again = await fixture.reaches('running', row => row.pid !== running.pid)
    t.false(lives(running.pid))
    await manager.stop(profile)
    t.like(await fixture.reaches('stopped'), {wanted: 'down', pid: null})
    t.false(lives(again.pid))
    t.true(existsSync(join(fixture.slot, 'down')))
    t.like(await manager.stop(profile), {state: 'stopped'})
  }
  t.deepEqual(await manager.uninstall(profile), {
    profile,
    removed: [fixture.slot],
    kept: [join(fixture.context.paths.logs, profile)],
  })
  t.deepEqual(fixture.scandir.entries(), [])
  t.deepEqual(fixture.supervisors(), [])
})

test('start and stop wait until a supervisor that is slow has taken note of what is wanted', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {manager, profile} = fixture
  await fixture.run()
  for (const [verb, wanted] of [
    ['stop', 'down'],
    ['start', 'up'],
  ] as const) {
    const supervisors = fixture.supervisors()
    for (const pid of supervisors) process.kill(pid, 'SIGSTOP')
    let isDone = false
    const row = manager[verb](profile).finally(() => (isDone = true))
    try {
      await new Promise(resolve => setTimeout(resolve, 300))
      t.false(isDone, verb)
    } finally {
      for (const pid of supervisors) process.kill(pid, 'SIGCONT')
    }
    t.is((await row).wanted, wanted)
  }
})

test('stop kills what ignores TERM, after the time that it gets', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {pid} = await runStubborn(fixture)
  const before = performance.now()
  await fixture.manager.stop(fixture.profile)
  t.like(await fixture.reaches('stopped'), {wanted: 'down', lastExit: {code: null, signal: 'SIGKILL'}})
  t.true(performance.now() - before >= 290)
  t.false(lives(pid))
})

test('restart kills what ignores TERM and starts another', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {pid} = await runStubborn(fixture)
  await fixture.manager.restart(fixture.profile)
  const again = await fixture.reaches('running', row => row.pid !== pid)
  t.false(lives(pid))
  t.true(lives(again.pid))
  t.is(again.wanted, 'up')
})

test('uninstall kills what ignores TERM and leaves no supervisor', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {pid} = await runStubborn(fixture)
  t.is(fixture.supervisors().length, 2)
  await fixture.manager.uninstall(fixture.profile)
  t.false(lives(pid))
  t.deepEqual(fixture.supervisors(), [])
  t.deepEqual(fixture.scandir.entries(), [])
})

test('restart of a gateway that exits 0 on TERM ends running, and is no clean end', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {pid} = await fixture.run("trap 'exit 0' TERM; echo > ready; while :; do sleep 0.02; done")
  await eventually('it waits for TERM', () => existsSync(join(fixture.root, 'ready')))
  await fixture.manager.restart(fixture.profile)
  const again = await fixture.reaches('running', row => row.pid !== pid)
  t.like(again, {wanted: 'up', lastExit: {code: 0, signal: null}})
})

test('a gateway that ends by itself with 0 is stopped and still wanted', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  await fixture.manager.install(fixture.spec('exit 0'))
  await fixture.manager.start(fixture.profile)
  t.like(await fixture.reaches('stopped', ({restarts}) => restarts === 1), {wanted: 'up', lastExit: {code: 0}})
})

const SLOWLY = {
  restart: {
    delayMs: 60_000,
    maxDelayMs: 60_000,
    windowMs: 60_000,
    giveUpAfter: null,
    fatalExitCodes: [78],
    cleanExitCodes: [0],
  },
}

test('start and restart of a gateway that waits for its next start begin at once', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {manager, profile} = fixture
  await manager.install(fixture.spec('exit 1', SLOWLY))
  await manager.start(profile)
  const waiting = await fixture.reaches('backoff')
  t.like(waiting, {wanted: 'up', pid: null, restarts: 1, lastExit: {code: 1, signal: null}})
  const inMs = Date.parse(waiting.nextStartAt ?? '') - Date.now()
  t.true(inMs > 50_000 && inMs <= 60_000)
  await manager.start(profile)
  await fixture.reaches('backoff', ({restarts}) => restarts === 2)
  await manager.restart(profile)
  await fixture.reaches('backoff', ({restarts}) => restarts === 3)
})

test('stop of a gateway that waits for its next start does not wait for it', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {manager, profile} = fixture
  await manager.install(fixture.spec('exit 1', SLOWLY))
  await manager.start(profile)
  await fixture.reaches('backoff')
  await manager.stop(profile)
  t.like(await fixture.reaches('stopped'), {wanted: 'down', restarts: 1})
})

test('a gateway that is parked is failed and wanted, until it is stopped or started again', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {manager, profile} = fixture
  await manager.install(fixture.spec('exit 78', SLOWLY))
  await manager.start(profile)
  t.like(await fixture.reaches('failed'), {wanted: 'up', restarts: 1, lastExit: {code: 78, signal: null}})
  await manager.start(profile)
  t.like(await fixture.reaches('failed', ({restarts}) => restarts === 2), {wanted: 'up'})
  await manager.stop(profile)
  t.like(await fixture.reaches('stopped'), {wanted: 'down', restarts: 2})
  await manager.install(fixture.spec('exec sleep 1000', SLOWLY))
  await manager.restart(profile)
  t.like(await fixture.reaches('running'), {wanted: 'up'})
})

test('a gateway that cannot be executed is failed', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  await fixture.manager.install(fixture.spec())
  const {slot} = fixture
  rmSync(join(slot, 'run'))
  writeFileSync(join(slot, 'run'), '#!/no/such/interpreter\n', {mode: 0o755})
  // It is looked for from the beginning: on a busy machine it may be over when start has ended.
  const [starting] = await Promise.all([fixture.reaches('starting'), fixture.manager.start(fixture.profile)])
  t.like(starting, {wanted: 'up'})
  t.like(await fixture.reaches('failed'), {wanted: 'up', restarts: 0, lastExit: null, pid: null})
  // Installing again puts it right.
  await fixture.manager.install(fixture.spec())
  await fixture.manager.restart(fixture.profile)
  await fixture.reaches('running')
})

test('what s6-svc does beside us shows', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {slot} = fixture
  await fixture.run()
  const svc = (letters: string): void => {
    execFileSync('s6-svc', [`-${letters}`, slot])
  }
  svc('d')
  t.like(await fixture.reaches('stopped'), {wanted: 'down'})
  svc('u')
  const {pid} = await fixture.reaches('running')
  svc('k')
  await fixture.reaches('running', row => row.pid !== pid)
  svc('D')
  t.like(await fixture.reaches('stopped'), {wanted: 'down'})
  await fixture.manager.start(fixture.profile)
  t.like(await fixture.reaches('running'), {wanted: 'up'})
  t.false(existsSync(join(slot, 'down')))
})

test('stop is kept where a supervisor begins again, and so is start', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  await fixture.run()
  await fixture.scandir.stop()
  t.like(await fixture.status(), {state: 'stopped', wanted: 'up'})
  await fixture.scandir.start()
  await fixture.reaches('running')
  await fixture.manager.stop(fixture.profile)
  await fixture.reaches('stopped')
  await fixture.scandir.stop()
  t.like(await fixture.status(), {state: 'stopped', wanted: 'down'})
  await fixture.scandir.start()
  await eventually('it is supervised', () => isSupervised(fixture.slot))
  t.like(await fixture.reaches('stopped'), {wanted: 'down', restarts: 0})
})

test('uninstall ends the supervisors also where s6-svscan is dead', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {pid} = await fixture.run()
  await fixture.scandir.kill()
  t.is((await fixture.status()).state, 'running')
  await fixture.manager.uninstall(fixture.profile)
  t.false(lives(pid))
  t.deepEqual(fixture.supervisors(), [])
  t.deepEqual(fixture.scandir.entries(), [])
})

test('an uninstall that was interrupted is finished by the next install', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {pid} = await fixture.run()
  const before = fixture.supervisors()
  renameSync(fixture.slot, join(fixture.scandir.path, `.gateway-${fixture.profile}.old`))
  mkdirSync(join(fixture.scandir.path, `.gateway-${fixture.profile}.new`, 'log'), {recursive: true})
  t.like(await fixture.manager.install(fixture.spec()), {state: 'stopped'})
  t.false(lives(pid))
  t.deepEqual(before.filter(lives), [])
  // What a supervisor forks has its name until it executes something else.
  await eventually('the gateway and its logger have one each', () => fixture.supervisors().length === 2)
  t.deepEqual(fixture.scandir.entries(), [`gateway-${fixture.profile}`])
})

test('an uninstall that was interrupted is finished by the next uninstall', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {pid} = await fixture.run()
  renameSync(fixture.slot, join(fixture.scandir.path, `.gateway-${fixture.profile}.old`))
  await fixture.manager.uninstall(fixture.profile)
  t.false(lives(pid))
  t.deepEqual(fixture.supervisors(), [])
  t.deepEqual(fixture.scandir.entries(), [])
})

test('no room is refused before anything is written', async t => {
  const fixture = new SlotFixture(t, {capacity: 2})
  await fixture.scandir.start()
  for (const profile of ['one', 'two']) await fixture.manager.install(fixture.spec('exit 0', {profile}))
  const error = await t.throwsAsync(fixture.manager.install(fixture.spec()), {code: 'HSVC_CAPACITY'})
  t.regex(error.message, /room in .* for 2 services/)
  t.deepEqual(fixture.scandir.entries(), ['gateway-one', 'gateway-two'])
  // One of those that are there can still be given another definition.
  t.is((await fixture.manager.install(fixture.spec('exit 1', {profile: 'two'}))).state, 'stopped')
})

test('installs at the same time never take more places than there are', async t => {
  const fixture = new SlotFixture(t, {capacity: 2})
  await fixture.scandir.start()
  await fixture.manager.install(fixture.spec('exit 0', {profile: 'one'}))
  const rivals = ['two', 'three', 'four']
  const results = await Promise.allSettled(
    rivals.map(profile => fixture.manager.install(fixture.spec('exit 0', {profile}))),
  )
  const won = rivals.filter((_, index) => results[index]?.status === 'fulfilled')
  t.true(won.length <= 1)
  for (const result of results) if (result.status === 'rejected') t.like(result.reason, {code: 'HSVC_CAPACITY'})
  t.deepEqual(fixture.scandir.entries(), ['gateway-one', ...won.map(profile => `gateway-${profile}`)])
})

test('without a scan directory every verb says so', async t => {
  const fixture = new SlotFixture(t)
  const {manager, profile} = fixture
  rmSync(fixture.scandir.path, {recursive: true})
  t.teardown(() => {
    mkdirSync(fixture.scandir.path)
  })
  await t.throwsAsync(manager.status(), {code: 'HSVC_BACKEND_UNAVAILABLE'})
  await t.throwsAsync(manager.listProfileGateways(), {code: 'HSVC_BACKEND_UNAVAILABLE'})
  for (const verb of ['start', 'stop', 'restart'] as const)
    await t.throwsAsync(manager[verb](profile), {code: 'HSVC_NOT_FOUND'})
  t.deepEqual(await manager.uninstall(profile), {profile, removed: [], kept: []})
})

test('a slot that nobody supervises is not started, and says so', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  await fixture.manager.install(fixture.spec())
  await fixture.scandir.stop()
  await t.throwsAsync(fixture.manager.start(fixture.profile), {code: 'HSVC_NOT_SUPERVISED'})
  await fixture.manager.stop(fixture.profile)
  t.like(await fixture.status(), {state: 'stopped', wanted: 'down'})
})

test('output goes on where it cannot be kept, and the gateway is not held up', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  mkdirSync(join(fixture.root, 'logs', 'gateways'), {recursive: true})
  writeFileSync(join(fixture.root, 'logs', 'gateways', fixture.profile), 'in the way')
  // More than a pipe takes.
  await fixture.run('head -c 400000 /dev/zero | tr "\\0" "\\n"; echo done > done; exec sleep 1000')
  await eventually('it has written everything', () => existsSync(join(fixture.root, 'done')))
  t.is(readFileSync(join(fixture.root, 'logs', 'gateways', fixture.profile), 'utf8'), 'in the way')
})

test('what it writes is read back from its log', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  await fixture.run('echo one; echo two >&2; exec sleep 1000')
  const lines = async () => {
    const texts: string[] = []
    for await (const {text} of fixture.manager.logs(fixture.profile, {})) texts.push(text)
    return texts
  }
  await eventually('both lines are kept', async () => (await lines()).join() === 'one,two')
  t.deepEqual(await lines(), ['one', 'two'])
})

test('what runs keeps the definition that it was started with until it is restarted', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {pid, specHash} = await fixture.run()
  const changed = fixture.spec('exec sleep 2000', {port: 7001})
  t.like(await fixture.manager.install(changed), {pid, specHash, port: 8642, state: 'running'})
  await fixture.manager.restart(fixture.profile)
  // The note of what runs is written by what runs.
  const again = await fixture.reaches('running', row => row.specHash !== specHash)
  t.not(again.pid, pid)
  t.is(again.port, 7001)
  const commandLine = () => readFileSync(`/proc/${String(again.pid)}/cmdline`, 'utf8')
  // It is the shell that runs ./run until that becomes the gateway.
  await eventually('the new definition runs', () => commandLine().includes('2000'))
})

test('the doctor is told what keeps s6 from its work', async t => {
  const fixture = new SlotFixture(t, {capacity: 1})
  await fixture.scandir.start()
  const examine = async () => (await backend.examine?.(fixture.context)) ?? []
  t.deepEqual(await examine(), [])
  const dangling = join(fixture.scandir.path, 'nowhere')
  symlinkSync('/no/such/place', dangling)
  const [problem, ...more] = await examine()
  t.deepEqual(more, [])
  t.like(problem, {severity: 'error'})
  t.true(problem?.message.includes(dangling))
  rmSync(dangling)
  await fixture.scandir.stop()
  t.is((await examine()).length, 1)
})
