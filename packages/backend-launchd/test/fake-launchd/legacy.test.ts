import {define, eventually, jobOf, lives, runningPid, script, startFake, written, fakeTest} from './fixture.js'

const LOAD_FAILED = 'Load failed: 5: Input/output error\nTry running `launchctl bootstrap` as root for richer errors.\n'

fakeTest('load and unload end with 0 whatever happens', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a')
  t.deepEqual(fake.run('load', path), {code: 0, stdout: '', stderr: ''})
  t.is(jobOf(fake, 'a')?.state, 'running')
  t.deepEqual(fake.run('load', path), {code: 0, stdout: '', stderr: LOAD_FAILED})
  t.deepEqual(fake.run('unload', path), {code: 0, stdout: '', stderr: ''})
  await eventually('it is gone', () => jobOf(fake, 'a') === undefined)
  const {code, stderr} = fake.run('unload', path)
  t.is(code, 0)
  t.regex(stderr, /^Unload failed: 5: Input\/output error\n/)
})

fakeTest('load and unload with -w decide about the label too', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a')
  fake.run('load', path)
  fake.run('unload', '-w', path)
  t.regex(fake.run('print-disabled', 'gui/501').stdout, /"a" => disabled/)
  await eventually('it is gone', () => jobOf(fake, 'a') === undefined)
  t.is(fake.run('load', path).stderr, LOAD_FAILED)
  t.is(fake.run('load', '-w', path).stderr, '')
  t.regex(fake.run('print-disabled', 'gui/501').stdout, /"a" => enabled/)
})

fakeTest('load puts a job into the domain of the session', async t => {
  const fake = await startFake(t, {uid: 501, session: 'Background'})
  fake.run('load', define(fake, 'a'), define(fake, 'b', {LimitLoadToSessionType: 'Background'}))
  t.deepEqual(
    fake.jobs().map(({domain, label}) => [domain, label]),
    [['user', 'b']],
  )
  fake.setDomains(['gui'])
  t.regex(fake.run('load', define(fake, 'a')).stderr, /^Load failed: 125: /)
})

fakeTest('start starts, stop ends with SIGTERM, and KeepAlive starts it again', async t => {
  const fake = await startFake(t, {uid: 501})
  fake.run('bootstrap', 'gui/501', define(fake, 'a', {RunAtLoad: false}))
  t.is(fake.run('start', 'a').code, 0)
  t.is(jobOf(fake, 'a')?.state, 'running')
  t.is(fake.run('stop', 'a').code, 0)
  await eventually('it is down', () => jobOf(fake, 'a')?.state === 'not running')
  t.regex(fake.run('list').stdout, /^-\t-15\ta$/m)
  fake.run('bootstrap', 'gui/501', define(fake, 'b', {KeepAlive: true}))
  const pid = await runningPid(fake, 'b')
  t.is(fake.run('stop', 'b').code, 0)
  await runningPid(fake, 'b', pid)
  t.is(jobOf(fake, 'b')?.runs, 2)
  t.deepEqual([fake.run('start', 'c').code, fake.run('stop', 'c').code], [3, 3])
})

fakeTest('what is submitted is kept alive until it is removed', async t => {
  const fake = await startFake(t, {uid: 501})
  const out = `${fake.directory}/out`
  const command = ['/bin/sh', '-c', 'echo "$0 $1"; echo more >&2; exec sleep 1000', 'two words', '-x']
  t.deepEqual(fake.run('submit', '-l', 'a', '-o', out, '-e', out, '--', ...command), {code: 0, stdout: '', stderr: ''})
  await eventually('it wrote', () => written(fake) === 'two words -x\nmore\n')
  t.is(fake.run('submit', '-l', 'a', '--', 'sleep', '1').code, 17)
  process.kill(await runningPid(fake, 'a'), 'SIGKILL')
  await eventually('it waits for its throttle', () => jobOf(fake, 'a')?.state === 'spawn scheduled')
  t.is(fake.run('remove', 'a').code, 0)
  await eventually('it is gone', () => jobOf(fake, 'a') === undefined)
  t.deepEqual(fake.run('remove', 'a'), {
    code: 3,
    stdout: '',
    stderr: 'Could not remove service: 3: No such process\n',
  })
})

fakeTest('submit needs a label and a command', async t => {
  const fake = await startFake(t, {uid: 501})
  const wrong = [
    ['-l', 'a'],
    ['-l', 'a', '--'],
    ['--', 'sleep'],
    ['-x', 'a', '-l', 'a', '--', 'sleep'],
    ['-l', '--', 'sleep'],
  ]
  t.deepEqual(new Set(wrong.map(args => fake.run('submit', ...args).code)), new Set([64]))
  t.deepEqual(fake.jobs(), [])
})

fakeTest('a submitted job survives the bootout of the job that submitted it, and may remove itself', async t => {
  const fake = await startFake(t, {uid: 501})
  const helper = `${fake.launchctl} bootout gui/501/a; echo done >> $OUT; ${fake.launchctl} remove helper; echo never >> $OUT`
  const file = script(fake, helper)[2] ?? ''
  const submit = `${fake.launchctl} submit -l helper -- /bin/sh -c '${file}'; exec sleep 1000`
  fake.run('bootstrap', 'gui/501', define(fake, 'a', {ProgramArguments: ['/bin/sh', '-c', submit]}))
  const pid = await runningPid(fake, 'a')
  await eventually('both are gone', () => written(fake) !== '' && fake.jobs().length === 0)
  t.false(lives(pid))
  t.is(written(fake), 'done\n')
})
