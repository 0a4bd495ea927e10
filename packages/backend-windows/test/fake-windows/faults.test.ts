import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {FAILURE, FakeWindows, FAULT_PROFILES, type FaultProfile} from './fake-windows.js'
import {createTask, eventually, fakeTest, lives, runningPid, script, startFake, writeTask, written} from './fixture.js'

fakeTest('a policy denies what it was told to, but no administrator', async t => {
  const fake = startFake(t, {faults: {denies: ['create']}})
  const create = ['/Create', '/TN', 'a', '/XML', writeTask(fake)]
  t.deepEqual((await fake.answer('schtasks', ...create)).stderr, 'ERROR: Access is denied.\r\n')
  t.is((await fake.answer('schtasks', ...create, '/HRESULT')).code, FAILURE.accessDenied)
  fake.setElevated(true)
  t.is((await fake.answer('schtasks', ...create)).code, 0)
})

fakeTest('a dropped /Run answers 0 and starts nothing, each time that it was told', async t => {
  const fake = startFake(t)
  await createTask(fake, 'a', script(fake, 'echo x >> $OUT'))
  for (let time = 1; time <= 2; time += 1) {
    fake.setFaults({droppedRuns: 2})
    const codes = [1, 2, 3].map(() => fake.answer('schtasks', '/Run', '/TN', 'a'))
    for (const {code} of await Promise.all(codes)) t.is(code, 0)
    await eventually('one came', () => written(fake) === 'x\n'.repeat(time))
    await eventually('it is over', () => fake.task('a')?.lastResult === 0)
  }
})

fakeTest('chances come from the seed', async t => {
  const draw = async (seed: number): Promise<(number | null)[]> => {
    const fake = startFake(t, {faults: {seed, spuriousErrors: {chance: 0.5}}})
    const codes: (number | null)[] = []
    for (let time = 0; time < 12; time += 1) codes.push((await fake.answer('schtasks', '/Query')).code)
    return codes
  }
  const [drawn, again, other] = await Promise.all([draw(7), draw(7), draw(8)])
  t.deepEqual(drawn, again)
  t.notDeepEqual(drawn, other)
  t.deepEqual([...new Set(drawn)].sort(), [0, 1])
})

fakeTest('what passes does not happen twice in a row', async t => {
  const fake = startFake(t, {faults: {spuriousErrors: {chance: 0.9, neverTwice: true}}})
  const codes: (number | null)[] = []
  for (let time = 0; time < 12; time += 1) codes.push((await fake.answer('schtasks', '/Query')).code)
  t.true(codes.filter(code => code === 1).length > 3)
  t.true(codes.every((code, at) => code === 0 || codes[at - 1] !== 1))
})

fakeTest('an answer is late by the latency, but what was asked is done', async t => {
  const fake = startFake(t, {faults: {latencyMs: 600}})
  const answer = fake.answer('schtasks', '/Create', '/TN', 'a', '/XML', writeTask(fake))
  await eventually('it is done', () => fake.task('a') !== undefined)
  t.deepEqual(fake.calls(), [])
  await answer
  t.like(fake.calls(), {0: {tool: 'schtasks', code: 0}, length: 1})
})

fakeTest('what /Run starts may come late, and /End meets it on its way', async t => {
  const fake = startFake(t, {faults: {runDelayMs: 500}})
  await createTask(fake, 'a')
  const startedMs = performance.now()
  await fake.answer('schtasks', '/Run', '/TN', 'a')
  await runningPid(fake, 'a')
  t.true(performance.now() - startedMs > 500)
  await fake.answer('schtasks', '/End', '/TN', 'a')
  await eventually('it is over', () => !fake.task('a')?.isRunning)
  fake.setFaults({runDelayMs: 60_000})
  await fake.answer('schtasks', '/Run', '/TN', 'a')
  t.like(fake.task('a'), {isRunning: true, pid: null})
  t.is((await fake.answer('schtasks', '/End', '/TN', 'a')).code, 0)
  await eventually('it will not come', () => !fake.task('a')?.isRunning)
})

fakeTest('nobody is answered during silence, and a caller that gives up is not obeyed later', async t => {
  const fake = startFake(t)
  await createTask(fake, 'a')
  const speak = fake.silence()
  const patient = fake.answer('schtasks', '/Query', '/TN', 'a')
  const hasty = spawn(fake.pathOf('schtasks'), ['/Delete', '/F', '/TN', 'a'], {env: fake.env, stdio: 'ignore'})
  await eventually('both wait', () => fake.calls().filter(({code}) => code === null).length === 2)
  hasty.kill('SIGKILL')
  await once(hasty, 'exit')
  speak()
  t.is((await patient).code, 0)
  t.not(fake.task('a'), undefined)
})

fakeTest('many calls at once lose nothing', async t => {
  const fake = startFake(t)
  const names = Array.from({length: 8}, (_, at) => `t${String(at)}`)
  await Promise.all(names.map(name => createTask(fake, name)))
  await Promise.all(names.map(name => fake.answer('schtasks', '/Change', '/TN', name, '/DISABLE')))
  t.deepEqual(
    fake.tasks().map(({name, isEnabled}) => [name, isEnabled]),
    names.map(name => [name, false]),
  )
  fake.setFaults({droppedRuns: 4})
  await fake.answer('schtasks', '/Change', '/TN', 't0', '/ENABLE')
  await Promise.all(names.map(() => fake.answer('schtasks', '/Run', '/TN', 't0')))
  await runningPid(fake, 't0')
  t.is(fake.calls().length, 25)
})

fakeTest('a program that is missing cannot be started, until it is there', async t => {
  const fake = startFake(t, {missing: ['schtasks']})
  await t.throwsAsync(fake.run('schtasks', '/Query'), {code: 'ENOENT'})
  fake.installTool('schtasks')
  t.is((await fake.run('schtasks', '/Query')).code, 0)
  fake.removeTool('schtasks')
  t.false(existsSync(fake.pathOf('schtasks')))
})

fakeTest('every profile of faults lets a patient caller start something, or says why not', async t => {
  for (const name of Object.keys(FAULT_PROFILES) as FaultProfile[]) {
    const {faults, ...options} = FAULT_PROFILES[name]
    const fake = startFake(t, {...options, faults: {...faults, seed: 3}})
    if (name === 'missing') {
      await t.throwsAsync(fake.run('schtasks', '/Query'), {code: 'ENOENT'})
      continue
    }
    const until = async (...args: string[]): Promise<void> => {
      for (;;) if ((await fake.answer('schtasks', ...args)).code === 0) return
    }
    if (name === 'hanging') fake.setFaults({hangs: false})
    const create = ['/Create', '/F', '/TN', 'a', '/XML', writeTask(fake)]
    if (name === 'denied') {
      t.is((await fake.answer('schtasks', ...create)).code, 1)
      continue
    }
    await until(...create)
    while (fake.task('a')?.isRunning !== true) await until('/Run', '/TN', 'a')
    await runningPid(fake, 'a')
    await until('/End', '/TN', 'a')
    await until('/Delete', '/F', '/TN', 'a')
    t.deepEqual(fake.tasks(), [], name)
  }
})

fakeTest('remove() leaves no process and no file', async t => {
  const fake = FakeWindows.create()
  await createTask(fake, 'a', script(fake, 'trap : TERM; setsid sleep 1000 & echo $! > $OUT; wait; wait'))
  await fake.answer('schtasks', '/Run', '/TN', 'a')
  const pid = await runningPid(fake, 'a')
  const child = Number(await eventually('it has a child', () => written(fake).trim()))
  await fake.remove()
  t.false(lives(pid))
  t.false(lives(child))
  t.false(existsSync(fake.directory))
  await fake.remove()
})
