import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {FAULT_PROFILES, type FaultProfile} from './fake-launchd.js'
import {changeFaults, FaultSource} from './faults.js'
import {define, eventually, field, jobOf, script, startFake, written, fakeTest} from './fixture.js'

function faultsOf(t: ExecutionContext, seed: number): FaultSource {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-ld-'))
  t.teardown(() => rmSync(directory, {recursive: true}))
  const path = join(directory, 'faults.json')
  changeFaults(path, {seed, latencyMs: {min: 10, max: 20}, droppedSpawns: {chance: 0.5}})
  return new FaultSource(path)
}

test('chances and spans come from the seed', t => {
  const draw = (seed: number): unknown[] => {
    const faults = faultsOf(t, seed)
    return Array.from({length: 50}, () => [faults.drawMs('latencyMs'), faults.happens('droppedSpawns')])
  }
  const drawn = draw(7)
  t.deepEqual(drawn, draw(7))
  t.notDeepEqual(drawn, draw(8))
  t.true(drawn.flat().every(each => typeof each === 'boolean' || (Number(each) >= 10 && Number(each) <= 20)))
  t.deepEqual(new Set(drawn.flat().filter(each => typeof each === 'boolean')), new Set([true, false]))
})

fakeTest('a bootstrap fails for no reason as often as it was told, each time that it is told', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a')
  for (let time = 0; time < 2; time += 1) {
    fake.setFaults({spuriousBootstrapFailures: 2})
    const codes = [1, 2, 3].map(() => fake.run('bootstrap', 'gui/501', path).code)
    t.deepEqual(codes, [5, 5, 0])
    fake.run('bootout', 'gui/501/a')
    await eventually('it is gone', () => jobOf(fake, 'a') === undefined)
  }
})

fakeTest('a dropped spawn leaves a loaded job that only kickstart revives', async t => {
  const fake = await startFake(t, {uid: 501, faults: {droppedSpawns: 1}})
  t.is(fake.run('bootstrap', 'gui/501', define(fake, 'a', {KeepAlive: true})).code, 0)
  t.like(jobOf(fake, 'a'), {state: 'not running', runs: 0})
  t.is(fake.run('kickstart', 'gui/501/a').code, 0)
  t.like(jobOf(fake, 'a'), {state: 'running', runs: 1})
  fake.run('bootstrap', 'gui/501', define(fake, 'b'))
  t.is(jobOf(fake, 'b')?.state, 'running')
})

fakeTest('print fails with garbage as often as it was told', async t => {
  const fake = await startFake(t, {uid: 501, faults: {printFailures: 1}})
  fake.run('bootstrap', 'gui/501', define(fake, 'a'))
  const {code, stdout} = fake.run('print', 'gui/501/a')
  t.is(code, 1)
  t.notRegex(stdout, /state = /)
  t.is(fake.run('print', 'gui/501/a').code, 0)
})

fakeTest('an answer is late by the latency, but what was asked is done', async t => {
  const fake = await startFake(t, {uid: 501, faults: {latencyMs: 800}})
  const path = define(fake, 'a', {ProgramArguments: script(fake, 'date +%s%N > $OUT; exec sleep 1000')})
  t.is(fake.run('bootstrap', 'gui/501', path).code, 0)
  const answeredMs = fake.calls()[0]?.atMs ?? 0
  t.true(answeredMs - Number(written(fake)) / 1e6 > 400)
})

fakeTest('a process is xpcproxy at first, where the machine was told', async t => {
  const fake = await startFake(t, {uid: 501, faults: {xpcproxyMs: 60_000}})
  fake.run('bootstrap', 'gui/501', define(fake, 'a'))
  t.is(field(fake.run('print', 'gui/501/a').stdout, 'state'), 'xpcproxy')
  fake.setFaults({xpcproxyMs: 0})
  t.is(field(fake.run('print', 'gui/501/a').stdout, 'state'), 'running')
})

fakeTest('kickstart answers when the job was spawned, where the machine was told', async t => {
  const fake = await startFake(t, {uid: 501, faults: {kickstartBlocks: true}})
  fake.run('bootstrap', 'gui/501', define(fake, 'a'))
  t.is(fake.run('kickstart', '-k', 'gui/501/a').code, 0)
  t.like(jobOf(fake, 'a'), {state: 'running', runs: 2})
})

fakeTest('list leaves out the labels that it was told to, which print shows', async t => {
  const fake = await startFake(t, {uid: 501, faults: {listHides: ['a']}})
  fake.run('bootstrap', 'gui/501', define(fake, 'a'), define(fake, 'b'))
  t.regex(fake.run('list').stdout, /^PID\tStatus\tLabel\n\d+\t0\tb\n$/)
  t.is(fake.run('list', 'a').code, 113)
  t.is(fake.run('print', 'gui/501/a').code, 0)
})

fakeTest('nobody is answered during silence, and a caller that gives up is not obeyed later', async t => {
  const fake = await startFake(t, {uid: 501})
  const speak = fake.silence()
  const patient = fake.runBeside('managername')
  const hasty = spawn(fake.launchctl, ['disable', 'gui/501/a'], {stdio: 'ignore'})
  // A client that has not yet connected when it is killed was heard by nobody anyway.
  const started = performance.now()
  await eventually('both had time to ask', () => performance.now() - started > 700)
  hasty.kill('SIGKILL')
  await once(hasty, 'exit')
  await eventually('the one that gave up is noted', () => fake.calls().length === 1)
  t.like(fake.calls()[0], {argv: ['disable', 'gui/501/a'], code: null})
  speak()
  t.deepEqual(await patient, {code: 0, stdout: 'Aqua\n', stderr: ''})
  t.notRegex(fake.run('print-disabled', 'gui/501').stdout, /"a"/)
})

fakeTest('every profile of faults lets a patient caller start and end a job', async t => {
  const names = Object.keys(FAULT_PROFILES) as FaultProfile[]
  await Promise.all(
    names.map(async name => {
      const {faults, ...options} = FAULT_PROFILES[name]
      const fake = await startFake(t, {uid: 501, ...options, faults: {...faults, seed: 3}})
      const domain = name === 'no-gui' ? 'user' : 'gui'
      const path = define(fake, 'a', {LimitLoadToSessionType: ['Aqua', 'Background']})
      const target = `${domain}/501/a`
      for (let round = 0; round < 2; round += 1) {
        for (;;) if ((await fake.runBeside('bootstrap', `${domain}/501`, path)).code === 0) break
        await fake.runBeside('kickstart', target)
        await eventually(`it runs on ${name}`, () => jobOf(fake, 'a', domain)?.state === 'running')
        await fake.runBeside('bootout', target)
        for (;;) if ((await fake.runBeside('print', target)).code === 113) break
      }
      t.deepEqual(fake.jobs(), [], name)
    }),
  )
})
