import {readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {eventually, lives} from './fake-windows/fixture.js'
import {windowsTest as test} from './windows-fixture.js'

test('a start runs the task, so that what it starts is no child of ours', async (t, fixture) => {
  await fixture.run()
  t.like(fixture.task(), {isEnabled: true, isRunning: true})
  t.deepEqual(fixture.warnings, [])
  t.deepEqual(fixture.fake.flashes(), [])
  t.deepEqual(fixture.fake.scriptErrors(), [])
})

test('a gateway that dies is started again by its runner, and not by the task', async (t, fixture) => {
  const {pid} = await fixture.run()
  const launcher = fixture.task()?.pid
  process.kill(pid ?? 0, 'SIGKILL')
  const row = await fixture.reaches('running', 'coder', pid)
  t.like(row, {restarts: 1, lastExit: {signal: 'SIGKILL'}})
  t.is(fixture.task()?.pid, launcher)
})

test('a stop lasts through heartbeats, logons and boots, until start', async (t, fixture) => {
  await fixture.run()
  t.like(await fixture.rests(), {wanted: 'down', pid: null})
  t.false(fixture.task()?.isEnabled)
  t.deepEqual(await fixture.fake.tick(), [])
  await fixture.fake.reboot()
  t.is((await fixture.status()).state, 'stopped')
  await fixture.manager.start('coder')
  await fixture.reaches('running')
})

test('a heartbeat brings back a gateway whose runner was killed, and starts no second one', async (t, fixture) => {
  const {pid} = await fixture.run()
  t.deepEqual(await fixture.fake.tick(), [])
  const {runner} = JSON.parse(readFileSync(join(fixture.own(), 'state.json'), 'utf8')) as {runner: {pid: number}}
  process.kill(runner.pid, 'SIGKILL')
  await eventually('the task has ended with its runner', () => fixture.task()?.isRunning === false)
  t.deepEqual(await fixture.fake.tick(), [fixture.service])
  await fixture.reaches('running', 'coder', pid)
  t.false(lives(pid ?? 0))
})

test('a heartbeat leaves a gateway alone that is parked, or ended on purpose', async (t, fixture) => {
  for (const code of ['78', '0']) {
    await fixture.manager.install(fixture.spec({argv: ['/bin/sh', '-c', `exit ${code}`]}))
    await fixture.manager.start('coder')
    const {state} = await fixture.reaches(code === '78' ? 'failed' : 'stopped')
    await fixture.fake.tick()
    await new Promise(resolve => setTimeout(resolve, 500))
    t.like(await fixture.status(), {state, wanted: 'up', pid: null})
  }
})

test('a gateway comes back with the next logon', async (t, fixture) => {
  const {pid} = await fixture.run()
  await fixture.fake.logOff()
  t.like(await fixture.status(), {pid: null, wanted: 'up'})
  await fixture.fake.logOn()
  await fixture.reaches('running', 'coder', pid)
  t.deepEqual(fixture.fake.flashes(), [])
})

test('a request to run that is dropped without a word is made once more', async (t, fixture) => {
  fixture.fake.setFaults({droppedRuns: 1})
  await fixture.run()
  t.true(fixture.task()?.isRunning)
  t.deepEqual(fixture.warnings, [])
})

test('where the task does not run, the runner is started all the same, with a warning', async (t, fixture) => {
  fixture.fake.setFaults({droppedRuns: {chance: 1}})
  await fixture.run()
  t.false(fixture.task()?.isRunning)
  t.regex(fixture.warnings.join('\n'), /its task does not run now/)
})

test('a task that may not be changed any more keeps nobody from stopping and starting', async (t, fixture) => {
  const {pid} = await fixture.run()
  fixture.fake.setFaults({denies: ['change', 'run', 'end']})
  await fixture.rests()
  t.regex(fixture.warnings.join('\n'), /expected to be allowed to change the task/)
  await fixture.fake.tick()
  t.is((await fixture.status()).state, 'stopped')
  await fixture.manager.start('coder')
  await fixture.reaches('running', 'coder', pid)
})

test('a restart takes another process, and one of a stopped gateway starts it', async (t, fixture) => {
  const {pid} = await fixture.run()
  await fixture.manager.restart('coder')
  const row = await fixture.reaches('running', 'coder', pid)
  await fixture.rests()
  await fixture.manager.restart('coder')
  await fixture.reaches('running', 'coder', row.pid)
  t.true(fixture.task()?.isEnabled)
})

test('a definition that cannot be read is unknown, and a verb says what to do', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  writeFileSync(join(fixture.own(), 'gateway.json'), '{')
  rmSync(join(fixture.own(), 'state.json'), {force: true})
  t.is((await fixture.status()).state, 'unknown')
  t.true(fixture.warnings.length > 0)
  await t.throwsAsync(fixture.manager.start('coder'), {code: 'HSVC_UNEXPECTED_OUTPUT'})
})

test('an install that was interrupted, or an entry that somebody removed, counts as damaged', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  t.not((await fixture.status()).damaged, true)
  rmSync(join(fixture.own(), 'starter'))
  t.like(await fixture.status(), {damaged: true, autostart: false})
  fixture.fake.setFaults({denies: ['create']})
  await fixture.manager.install(fixture.spec(), {force: true})
  t.not((await fixture.status()).damaged, true)
  rmSync(join(fixture.fake.places.startup, 'hermes-svc-coder.vbs'))
  t.like(await fixture.status(), {damaged: true, autostart: false})
})
