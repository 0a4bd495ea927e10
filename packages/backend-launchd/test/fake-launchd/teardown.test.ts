import {define, eventually, field, jobOf, lives, runningPid, script, startFake, written, fakeTest} from './fixture.js'
import {readEntry} from './process-tree.js'
import type {FakeLaunchd} from './fake-launchd.js'

/** Ignores SIGTERM. */
const STUBBORN = 'trap "" TERM; echo $$ >> $OUT; while :; do sleep 1000; done'

async function startScript(fake: FakeLaunchd, text: string, keys = {}): Promise<number> {
  const path = define(fake, 'a', {ProgramArguments: script(fake, text), ...keys})
  if (fake.run('bootstrap', 'gui/501', path).code !== 0) throw new Error('it was not loaded')
  await eventually('it is ready', () => written(fake) !== '')
  return runningPid(fake, 'a')
}

fakeTest('bootout answers before the process is gone, which print and list go on to show', async t => {
  const fake = await startFake(t, {uid: 501})
  const pid = await startScript(fake, STUBBORN)
  t.deepEqual(fake.run('bootout', 'gui/501/a'), {code: 0, stdout: '', stderr: ''})
  t.true(lives(pid))
  const {code, stdout} = fake.run('print', 'gui/501/a')
  t.is(code, 0)
  t.is(field(stdout, 'state'), 'SIGTERMed')
  t.is(field(stdout, 'pid'), String(pid))
  t.true(fake.run('list').stdout.includes(`${String(pid)}\t0\ta\n`))
})

fakeTest('old systems say 36 while the process is dying, and new ones where they are told to', async t => {
  const stderr = 'Boot-out failed: 36: Operation now in progress\n'
  for (const options of [{macos: 'old'}, {faults: {bootoutCode36: true}}] as const) {
    const fake = await startFake(t, {uid: 501, ...options})
    await startScript(fake, STUBBORN)
    t.deepEqual(fake.run('bootout', 'gui/501/a'), {code: 36, stdout: '', stderr})
  }
})

fakeTest('until the process is gone bootstrap gives 5 and kickstart 37, or what the machine was told', async t => {
  const fake = await startFake(t, {uid: 501})
  await startScript(fake, STUBBORN)
  const path = define(fake, 'a')
  fake.run('bootout', 'gui/501/a')
  t.is(fake.run('bootstrap', 'gui/501', path).code, 5)
  t.is(fake.run('kickstart', 'gui/501/a').code, 37)
  t.is(fake.run('kickstart', '-k', 'gui/501/a').code, 37)
  fake.setFaults({bootstrapBusyCode: 37, kickstartInTeardown: 113})
  t.is(fake.run('bootstrap', 'gui/501', path).code, 37)
  t.is(fake.run('kickstart', 'gui/501/a').code, 113)
  t.is(jobOf(fake, 'a')?.runs, 1)
})

fakeTest('SIGKILL follows when ExitTimeOut is over, and then the label is unknown', async t => {
  const fake = await startFake(t, {uid: 501})
  const pid = await startScript(fake, STUBBORN, {ExitTimeOut: 1})
  const asked = performance.now()
  fake.run('bootout', 'gui/501/a')
  await eventually('the label is gone', () => jobOf(fake, 'a') === undefined)
  t.true(performance.now() - asked > 900)
  t.false(lives(pid))
  t.is(fake.run('print', 'gui/501/a').code, 113)
  const stderr = 'Boot-out failed: 3: No such process\n'
  t.deepEqual(fake.run('bootout', 'gui/501/a'), {code: 3, stdout: '', stderr})
})

fakeTest('without an ExitTimeOut that of the machine counts', async t => {
  const fake = await startFake(t, {uid: 501, faults: {exitTimeOut: 5}})
  await startScript(fake, STUBBORN)
  t.is(field(fake.run('print', 'gui/501/a').stdout, 'exit timeout'), '5')
  fake.setFaults({exitTimeOut: 0.2})
  fake.run('bootout', 'gui/501/a')
  await eventually('it was killed', () => jobOf(fake, 'a') === undefined)
  t.pass()
})

fakeTest('the label outlives its process for as long as the machine was told', async t => {
  const fake = await startFake(t, {uid: 501, faults: {teardownMs: 1500}})
  const path = define(fake, 'a')
  fake.run('bootstrap', 'gui/501', path)
  const pid = await runningPid(fake, 'a')
  fake.run('bootout', 'gui/501/a')
  await eventually('the process is gone', () => !lives(pid) && jobOf(fake, 'a')?.pid === null)
  const {code, stdout} = fake.run('print', 'gui/501/a')
  t.is(code, 0)
  t.is(field(stdout, 'pid'), undefined)
  t.is(fake.run('bootstrap', 'gui/501', path).code, 5)
  fake.run('start', 'a')
  t.is(jobOf(fake, 'a')?.runs ?? 1, 1)
  await eventually('the label is gone', () => jobOf(fake, 'a') === undefined)
  t.is(fake.run('bootstrap', 'gui/501', path).code, 0)
})

fakeTest('what waits for its throttle is booted out at once', async t => {
  const fake = await startFake(t, {uid: 501})
  const keys = {KeepAlive: true, ProgramArguments: ['/bin/false'], ThrottleInterval: 100}
  fake.run('bootstrap', 'gui/501', define(fake, 'a', keys))
  await eventually('it waits', () => jobOf(fake, 'a')?.state === 'spawn scheduled')
  t.is(fake.run('bootout', 'gui/501/a').code, 0)
  t.is(fake.run('print', 'gui/501/a').code, 113)
})

fakeTest('bootout takes the path of a definition too, and gives 5 for one that is not loaded', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a')
  fake.run('bootstrap', 'gui/501', path)
  t.is(fake.run('bootout', 'gui/501', path).code, 0)
  await eventually('it is gone', () => jobOf(fake, 'a') === undefined)
  t.is(fake.run('bootout', 'gui/501', path).code, 5)
})

fakeTest('a domain that is not there is no place to boot out of', async t => {
  const fake = await startFake(t, {uid: 501, domains: ['user']})
  t.is(fake.run('bootout', 'gui/501/a').code, 125)
  t.is(fake.run('kickstart', 'gui/501/a').code, 125)
})

fakeTest('the whole process group gets SIGTERM at once', async t => {
  const fake = await startFake(t, {uid: 501})
  const child = 'trap "echo child >> $OUT; exit" TERM; echo ready >> $OUT; while :; do sleep 0.02; done'
  const pid = await startScript(fake, `trap "" TERM; (${child}) & while :; do sleep 0.1; done`)
  fake.run('bootout', 'gui/501/a')
  await eventually('the child heard of it', () => written(fake).includes('child'))
  t.true(lives(pid))
})

fakeTest('what left the session dies with the job that is ended, also when its parent was gone before', async t => {
  const fake = await startFake(t, {uid: 501})
  const text = '(setsid sh -c \'echo $$ >> $OUT; trap "" TERM; sleep 1000; :\' &) ; exec sleep 1000'
  await startScript(fake, text)
  const stray = Number(written(fake))
  fake.run('bootout', 'gui/501/a')
  await eventually('it is gone', () => jobOf(fake, 'a') === undefined && !lives(stray))
  t.pass()
})

fakeTest('a child that left session and environment dies with the job that is ended', async t => {
  const fake = await startFake(t, {uid: 501})
  await startScript(fake, 'env -i setsid sleep 1000 & echo $! > $OUT; exec sleep 1000')
  const stray = Number(written(fake))
  await eventually('it left', () => readEntry(stray)?.session === stray)
  fake.run('bootout', 'gui/501/a')
  await eventually('it is gone', () => jobOf(fake, 'a') === undefined && !lives(stray))
  t.pass()
})

fakeTest('what a job leaves in its group when it ends by itself is killed', async t => {
  const fake = await startFake(t, {uid: 501})
  await startScript(fake, '(trap "" TERM HUP; sleep 1000; :) & echo $! > $OUT; sleep 0.3').catch(() => undefined)
  const left = Number(written(fake))
  await eventually('both ended', () => jobOf(fake, 'a')?.pid === null && !lives(left))
  t.pass()
})

fakeTest('with AbandonProcessGroup only the main process is signalled', async t => {
  const fake = await startFake(t, {uid: 501})
  await startScript(fake, 'sleep 1000 & echo $! > $OUT; wait', {AbandonProcessGroup: true})
  const left = Number(written(fake))
  fake.run('bootout', 'gui/501/a')
  await eventually('the job is gone', () => jobOf(fake, 'a') === undefined)
  t.true(lives(left))
})

for (const [verb, left] of [
  ['bootout', undefined],
  ['kickstart -k', 'running'],
] as const) {
  fakeTest(`${verb} from inside the job kills the caller`, async t => {
    const fake = await startFake(t, {uid: 501})
    const caller = `setsid sh -c "echo \\$\\$ >> $OUT; ${fake.launchctl} ${verb} gui/501/a; sleep 20; echo survived >> $OUT" & wait`
    const path = define(fake, 'a', {
      ProgramArguments: script(fake, `[ -e $OUT.once ] && exec sleep 1000; : > $OUT.once; ${caller}`),
    })
    fake.run('bootstrap', 'gui/501', path)
    await eventually('it was done', () => fake.calls().some(({argv}) => argv[0] === verb.split(' ')[0]))
    await eventually('the job is as it should be', () => {
      const job = jobOf(fake, 'a')
      return job?.state === left && job?.runs !== 1
    })
    const pid = Number(written(fake))
    await eventually('the caller is gone', () => !lives(pid))
    t.is(written(fake), `${String(pid)}\n`)
  })
}
