import {chmodSync, mkdirSync, readFileSync, statSync} from 'node:fs'
import {userInfo} from 'node:os'
import {join} from 'node:path'
import {findAccount} from './accounts.js'
import {
  define,
  eventually,
  field,
  jobOf,
  runningPid,
  script,
  startFake,
  written,
  fakeTest,
  whyNoFakeLaunchd,
} from './fixture.js'

const ODD = ['$HOME', '~', 'two words', "it's", '<&>"', '', 'ä\nb', '*', '$(id)']

fakeTest('a job gets its arguments as they are written, without a shell and without expansion', async t => {
  const fake = await startFake(t, {uid: 501})
  const program = ['/bin/sh', '-c', `printf '%s\\0' "$@" > ${fake.directory}/out`, 'sh']
  fake.run('bootstrap', 'gui/501', define(fake, 'a', {ProgramArguments: [...program, ...ODD]}))
  await eventually('the arguments are there', () => written(fake).split('\0').length > ODD.length)
  t.deepEqual(written(fake).split('\0').slice(0, -1), ODD)
})

fakeTest('Program is executed, with the arguments as its argv', async t => {
  const fake = await startFake(t, {uid: 501})
  const ProgramArguments = ['another name', '-c', `tr '\\0' '\\n' < /proc/$$/cmdline > ${fake.directory}/out`]
  fake.run('bootstrap', 'gui/501', define(fake, 'a', {Program: '/bin/sh', ProgramArguments}))
  await eventually('it wrote', () => written(fake).startsWith('another name\n-c\n'))
  t.pass()
})

fakeTest('the environment is what launchd gives and what the definition adds, and nothing else', async t => {
  const fake = await startFake(t, {uid: 501})
  const EnvironmentVariables = {MINE: '$HOME ~', PATH: '/opt/bin:/bin:/usr/bin'}
  const ProgramArguments = ['/usr/bin/env', '-0']
  const StandardOutPath = join(fake.directory, 'out')
  fake.run('bootstrap', 'gui/501', define(fake, 'a', {ProgramArguments, StandardOutPath}))
  fake.run('bootstrap', 'gui/501', define(fake, 'b', {ProgramArguments, StandardOutPath, EnvironmentVariables}))
  const entries = await eventually('both wrote', () => {
    const texts = written(fake).split('\0').slice(0, -1)
    return texts.length === 15 && texts
  })
  const {username} = userInfo()
  const given = (label: string) => ({
    PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
    XPC_SERVICE_NAME: label,
    HOME: fake.home,
    USER: username,
    LOGNAME: username,
    SHELL: '/bin/sh',
    TMPDIR: join(fake.directory, 'T', 'gui'),
  })
  const toLines = (env: Record<string, string>): string[] =>
    Object.entries(env).map(([key, value]) => `${key}=${value}`)
  const wanted = [...toLines(given('a')), ...toLines({...given('b'), ...EnvironmentVariables})]
  t.deepEqual(entries.sort(), wanted.sort())
})

fakeTest('a job leads a session of its own, in its directory, with its umask and an empty input', async t => {
  const fake = await startFake(t, {uid: 501})
  const WorkingDirectory = join(fake.directory, 'somewhere')
  mkdirSync(WorkingDirectory)
  const text =
    'pwd; umask; wc -c; cut -d" " -f 1,5,6 /proc/self/stat | (read a b c; [ $b = $c ] && [ $b = $$ ] && echo leads)'
  const StandardOutPath = join(fake.directory, 'out')
  const keys = {WorkingDirectory, StandardOutPath, Umask: 0o027, ProgramArguments: script(fake, text)}
  fake.run('bootstrap', 'gui/501', define(fake, 'a', keys))
  await eventually('it wrote', () => written(fake).endsWith('leads\n'))
  t.is(written(fake), `${WorkingDirectory}\n0027\n0\nleads\n`)
})

fakeTest('logs are appended to, and made with mode 0644', async t => {
  const fake = await startFake(t, {uid: 501})
  const StandardOutPath = join(fake.directory, 'out')
  const StandardErrorPath = join(fake.directory, 'err')
  const ProgramArguments = script(fake, 'echo said; echo complained >&2')
  const path = define(fake, 'a', {ProgramArguments, StandardOutPath, StandardErrorPath})
  for (const lines of ['said\n', 'said\nsaid\n']) {
    fake.run('bootstrap', 'gui/501', path)
    await eventually('it wrote', () => written(fake) === lines)
    fake.run('bootout', 'gui/501/a')
  }
  t.is(readFileSync(StandardErrorPath, 'utf8'), 'complained\ncomplained\n')
  t.is(statSync(StandardOutPath).mode & 0o777, 0o644)
})

fakeTest('a program, directory or log that cannot be opened is EX_CONFIG, and tried again at the throttle', async t => {
  const fake = await startFake(t, {uid: 501})
  const broken = {
    a: {ProgramArguments: ['/nowhere/program']},
    b: {WorkingDirectory: '/nowhere'},
    c: {StandardOutPath: '/nowhere/log'},
  }
  for (const [label, keys] of Object.entries(broken)) {
    t.is(fake.run('bootstrap', 'gui/501', define(fake, label, {...keys, KeepAlive: true})).code, 0)
    const {stdout} = fake.run('print', `gui/501/${label}`)
    t.is(field(stdout, 'last exit code'), '78: EX_CONFIG')
    t.is(field(stdout, 'state'), 'spawn scheduled')
  }
  await eventually('all were tried again', () => fake.jobs().every(({runs}) => runs >= 2))
})

fakeTest('a job without throttle that cannot be started keeps nobody waiting', async t => {
  const fake = await startFake(t, {uid: 501})
  const keys = {ProgramArguments: ['/nowhere/program'], KeepAlive: true, ThrottleInterval: 0}
  fake.run('bootstrap', 'gui/501', define(fake, 'a', keys))
  await eventually('it was tried often', () => (jobOf(fake, 'a')?.runs ?? 0) > 5)
  t.is(fake.run('bootout', 'gui/501/a').code, 0)
})

fakeTest('KeepAlive starts what ended, but not before ThrottleInterval is over, and never gives up', async t => {
  const fake = await startFake(t, {uid: 501})
  const ProgramArguments = script(fake, 'date +%s%N >> $OUT; exit 3')
  fake.run('bootstrap', 'gui/501', define(fake, 'a', {KeepAlive: true, ProgramArguments}))
  // Each may find it running, too.
  await eventually('print says that it waits', () => {
    return field(fake.run('print', 'gui/501/a').stdout, 'state') === 'spawn scheduled'
  })
  await eventually('list says that it waits', () => /^-\t3\ta$/m.test(fake.run('list').stdout))
  await eventually('it ran three times', () => written(fake).split('\n').length > 3)
  const starts = written(fake)
    .split('\n')
    .slice(0, 3)
    .map(line => Number(line) / 1e6)
  const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0))
  t.true(
    gaps.every(gap => gap > 900),
    String(gaps),
  )
})

fakeTest('a job that lived longer than ThrottleInterval is started at once', async t => {
  const fake = await startFake(t, {uid: 501})
  // The longer both are, the less a slow start of a program counts.
  const ProgramArguments = script(fake, 'sleep 4.1; date +%s%N >> $OUT')
  const keys = {KeepAlive: true, ThrottleInterval: 4, ProgramArguments}
  fake.run('bootstrap', 'gui/501', define(fake, 'a', keys))
  await eventually('it ended twice', () => written(fake).split('\n').length > 2)
  const [first = 0, second = 0] = written(fake)
    .split('\n')
    .map(line => Number(line) / 1e6)
  t.true(second - first < 8000, String(second - first))
})

fakeTest('the default of ThrottleInterval is ten seconds', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a', {ThrottleInterval: 10})
  fake.run('bootstrap', 'gui/501', path)
  t.is(field(fake.run('print', 'gui/501/a').stdout, 'minimum runtime'), '10')
})

fakeTest('SuccessfulExit, Crashed and neither decide what is started again', async t => {
  const fake = await startFake(t, {uid: 501})
  const endings = {clean: 'exit 0', failed: 'exit 1', killed: 'kill -KILL $$', crashed: 'kill -SEGV $$'}
  const rules = {
    failing: {SuccessfulExit: false},
    succeeding: {SuccessfulExit: true},
    crashing: {Crashed: true},
    never: false,
  }
  const paths = Object.entries(rules).flatMap(([rule, KeepAlive]) =>
    Object.entries(endings).map(([ending, text]) =>
      define(fake, `${rule} ${ending}`, {KeepAlive, ThrottleInterval: 100, ProgramArguments: script(fake, text)}),
    ),
  )
  t.is(fake.run('bootstrap', 'gui/501', ...paths).code, 0)
  await eventually('all ended', () => fake.jobs().every(({pid, runs}) => pid === null && runs === 1))
  const scheduled = fake
    .jobs()
    .filter(({state}) => state === 'spawn scheduled')
    .map(({label}) => label)
  t.deepEqual(scheduled, [
    'failing failed',
    'failing killed',
    'failing crashed',
    'succeeding clean',
    'crashing crashed',
  ])
})

fakeTest('kickstart leaves what runs alone, and starts what is throttled at once', async t => {
  const fake = await startFake(t, {uid: 501})
  fake.run('bootstrap', 'gui/501', define(fake, 'a', {KeepAlive: true, ThrottleInterval: 100}))
  const pid = await runningPid(fake, 'a')
  t.deepEqual(fake.run('kickstart', 'gui/501/a'), {code: 0, stdout: '', stderr: ''})
  t.is(jobOf(fake, 'a')?.pid, pid)
  fake.setFaults({kickstartRunningCode: 37})
  t.deepEqual(fake.run('kickstart', 'gui/501/a'), {code: 37, stdout: '', stderr: ''})
  process.kill(pid, 'SIGTERM')
  await eventually('it is throttled', () => jobOf(fake, 'a')?.state === 'spawn scheduled')
  fake.setFaults({kickstartHonoursThrottle: true})
  t.is(fake.run('kickstart', 'gui/501/a').code, 0)
  t.is(jobOf(fake, 'a')?.state, 'spawn scheduled')
  fake.setFaults({kickstartHonoursThrottle: false})
  const {code, stdout} = fake.run('kickstart', '-p', 'gui/501/a')
  t.is(code, 0)
  t.is(stdout, `${String(jobOf(fake, 'a')?.pid)}\n`)
  t.like(jobOf(fake, 'a'), {runs: 2, state: 'running'})
})

fakeTest('kickstart -k ends what runs and starts it when the throttle allows', async t => {
  const fake = await startFake(t, {uid: 501})
  fake.run('bootstrap', 'gui/501', define(fake, 'a', {ThrottleInterval: 8}))
  const pid = await runningPid(fake, 'a')
  t.deepEqual(fake.run('kickstart', '-k', 'gui/501/a'), {code: 0, stdout: '', stderr: ''})
  await eventually('it waits', () => jobOf(fake, 'a')?.state === 'spawn scheduled')
  t.is(fake.run('kickstart', '-k', 'gui/501/a').code, 0)
  t.like(jobOf(fake, 'a'), {state: 'spawn scheduled', pid: null})
  const {stdout} = fake.run('kickstart', '-kp', 'gui/501/a')
  t.is(stdout, `${String(await runningPid(fake, 'a', pid))}\n`)
  t.is(jobOf(fake, 'a')?.runs, 2)
})

fakeTest('kickstart of a label that is not loaded ends with 113', async t => {
  const fake = await startFake(t, {uid: 501})
  t.deepEqual(fake.run('kickstart', 'user/501/a'), {
    code: 113,
    stdout: '',
    stderr: 'Bad request.\nCould not find service "a" in domain for uid: 501\n',
  })
})

fakeTest('kill sends one signal to the main process, by name or by number of macOS', async t => {
  const fake = await startFake(t, {uid: 501})
  const text =
    'trap "echo hup >> $OUT" HUP; trap "echo usr1 >> $OUT" USR1; echo ready >> $OUT; while :; do sleep 0.02; done'
  fake.run('bootstrap', 'gui/501', define(fake, 'a', {ProgramArguments: script(fake, text)}))
  await eventually('it is ready', () => written(fake) === 'ready\n')
  t.is(fake.run('kill', 'SIGHUP', 'gui/501/a').code, 0)
  await eventually('it heard', () => written(fake) === 'ready\nhup\n')
  t.is(fake.run('kill', '30', 'gui/501/a').code, 0)
  await eventually('it heard', () => written(fake) === 'ready\nhup\nusr1\n')
  t.is(fake.run('kill', 'KILL', 'gui/501/a').code, 0)
  await eventually('it ended', () => jobOf(fake, 'a')?.pid === null)
  t.is(fake.run('kill', '9', 'gui/501/a').code, 3)
  t.is(fake.run('kill', '9', 'gui/501/b').code, 113)
})

fakeTest(
  'a daemon runs as its UserName, which owns its logs, and has no HOME without one',
  async t => {
    const fake = await startFake(t, {uid: 0})
    chmodSync(fake.directory, 0o777)
    const StandardOutPath = join(fake.directory, 'out')
    const ProgramArguments = ['/bin/sh', '-c', 'echo $(id -un) $(id -G) $USER $LOGNAME $HOME']
    const path = define(fake, 'a', {UserName: 'nobody', StandardOutPath, ProgramArguments}, 'system')
    t.is(fake.run('bootstrap', 'system', path).code, 0)
    const {gid, home, uid} = findAccount('nobody') ?? {uid: 0, gid: 0, home: ''}
    await eventually('it wrote', () => written(fake) === `nobody ${String(gid)} nobody nobody ${home}\n`)
    t.is(statSync(StandardOutPath).uid, uid)
    fake.run('bootstrap', 'system', define(fake, 'b', {StandardOutPath, ProgramArguments: ['/usr/bin/env']}, 'system'))
    await eventually('it wrote', () => written(fake).includes('XPC_SERVICE_NAME=b\n'))
    t.notRegex(written(fake), /^(HOME|USER)=/m)
    fake.run('bootstrap', 'system', define(fake, 'c', {UserName: 'no such account'}, 'system'))
    t.is(field(fake.run('print', 'system/c').stdout, 'last exit code'), '78: EX_CONFIG')
  },
  process.geteuid?.() === 0 ? whyNoFakeLaunchd : 'needs root',
)
