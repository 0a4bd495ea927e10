import {define, eventually, field, jobOf, runningPid, script, startFake, fakeTest} from './fixture.js'

const ENDINGS = {clean: 'exit 0', failed: 'exit 1', config: 'exit 78', killed: 'kill -KILL $$', usr1: 'kill -USR1 $$'}

fakeTest('list shows pid, last status and label of what is loaded', async t => {
  const fake = await startFake(t, {uid: 501})
  const paths = Object.entries(ENDINGS).map(([label, text]) =>
    define(fake, label, {ProgramArguments: script(fake, text)}),
  )
  fake.run('bootstrap', 'gui/501', ...paths)
  await eventually('all ended', () => fake.jobs().every(({pid}) => pid === null))
  fake.run('bootstrap', 'gui/501', define(fake, 'lives'))
  const rows = ['-\t0\tclean', '-\t1\tfailed', '-\t78\tconfig', '-\t-9\tkilled', '-\t-30\tusr1']
  const lines = ['PID\tStatus\tLabel', ...rows, `${String(await runningPid(fake, 'lives'))}\t0\tlives`]
  t.deepEqual(fake.run('list'), {code: 0, stdout: `${lines.join('\n')}\n`, stderr: ''})
})

fakeTest('list LABEL shows the raw wait status, and a pid only while there is one', async t => {
  const fake = await startFake(t, {uid: 501})
  const cases = {failed: 256, killed: 9, clean: 0}
  for (const [label, status] of Object.entries(cases)) {
    const ProgramArguments = script(fake, ENDINGS[label as keyof typeof ENDINGS])
    fake.run('bootstrap', 'gui/501', define(fake, label, {ProgramArguments}))
    await eventually('it ended', () => jobOf(fake, label)?.pid === null)
    const {code, stdout} = fake.run('list', label)
    t.is(code, 0)
    t.true(stdout.includes(`\t"LastExitStatus" = ${String(status)};\n`), stdout)
    t.false(stdout.includes('PID'))
  }
  fake.run('bootstrap', 'gui/501', define(fake, 'lives', {StandardOutPath: '/dev/null'}))
  const lines = [
    '{',
    '\t"StandardOutPath" = "/dev/null";',
    '\t"LimitLoadToSessionType" = "Aqua";',
    '\t"Label" = "lives";',
    '\t"OnDemand" = true;',
    '\t"LastExitStatus" = 0;',
    `\t"PID" = ${String(await runningPid(fake, 'lives'))};`,
    '\t"Program" = "/bin/sleep";',
    '\t"ProgramArguments" = (',
    '\t\t"/bin/sleep";',
    '\t\t"1000";',
    '\t);',
    '};',
  ]
  t.is(fake.run('list', 'lives').stdout, `${lines.join('\n')}\n`)
})

fakeTest('list LABEL ends with 113 where the label is unknown', async t => {
  const fake = await startFake(t, {uid: 501})
  const stderr = 'Could not find service "a" in domain for port\n'
  t.deepEqual(fake.run('list', 'a'), {code: 113, stdout: '', stderr})
})

fakeTest('print shows a job that runs', async t => {
  const fake = await startFake(t, {uid: 501})
  const keys = {
    WorkingDirectory: '/tmp',
    StandardErrorPath: '/dev/null',
    EnvironmentVariables: {KEY: 'a => b'},
    KeepAlive: true,
  }
  const path = define(fake, 'com.example', keys)
  fake.run('bootstrap', 'gui/501', path)
  const {code, stdout, stderr} = fake.run('print', 'gui/501/com.example')
  t.deepEqual([code, stderr], [0, ''])
  t.true(stdout.startsWith('gui/501/com.example = {\n\tactive count = 1\n'))
  t.true(stdout.endsWith('\n\tproperties = keepalive | runatload | inferred program\n}\n'))
  const wanted = {
    path,
    type: 'LaunchAgent',
    state: 'running',
    program: '/bin/sleep',
    'working directory': '/tmp',
    'stderr path': '/dev/null',
    domain: 'gui/501 [100006]',
    runs: '1',
    pid: String(await runningPid(fake, 'com.example')),
    'last exit code': '(never exited)',
  }
  t.deepEqual(Object.fromEntries(Object.keys(wanted).map(name => [name, field(stdout, name)])), wanted)
  t.true(stdout.includes('\n\targuments = {\n\t\t/bin/sleep\n\t\t1000\n\t}\n'))
  t.true(stdout.includes('\n\t\tXPC_SERVICE_NAME => com.example\n'))
  t.true(stdout.includes('\n\t\tKEY => a => b\n'))
  t.true(stdout.includes('\n\t\tstate = active\n'))
  t.is(field(stdout, 'stdout path'), undefined)
})

fakeTest('print shows how a job ended, in old words on old systems', async t => {
  const wanted = {
    clean: '0',
    failed: '1',
    config: '78: EX_CONFIG',
    killed: 'Killed: 9',
    usr1: 'User defined signal 1: 30',
  }
  for (const macos of ['new', 'old'] as const) {
    const fake = await startFake(t, {uid: 501, macos})
    const name = macos === 'new' ? 'last exit code' : 'last exit status'
    for (const [label, text] of Object.entries(ENDINGS)) {
      fake.run('bootstrap', 'gui/501', define(fake, label, {ProgramArguments: script(fake, text)}))
      await eventually('it ended', () => jobOf(fake, label)?.pid === null)
      const {stdout} = fake.run('print', `gui/501/${label}`)
      t.true(stdout.startsWith(macos === 'new' ? `gui/501/${label} = {\n` : `${label} = {\n`))
      t.is(field(stdout, 'state'), macos === 'new' ? 'not running' : 'waiting')
      t.is(field(stdout, 'pid'), undefined)
      const last = field(stdout, name) ?? field(stdout, 'last terminating signal')
      t.is(last, wanted[label as keyof typeof ENDINGS])
    }
  }
})

fakeTest('print names the service and the domain that it did not find', async t => {
  const fake = await startFake(t, {uid: 501})
  const places = {'gui/501': 'user gui: 501', 'user/501': 'uid: 501', system: 'system'}
  for (const [domain, words] of Object.entries(places)) {
    const stderr = `Bad request.\nCould not find service "a" in domain for ${words}\n`
    t.deepEqual(fake.run('print', `${domain}/a`), {code: 113, stdout: '', stderr})
  }
})

fakeTest('print of a domain that is not there ends with 112, or with 125 where the machine was told', async t => {
  const fake = await startFake(t, {uid: 501, domains: ['user']})
  const stderr = 'Could not find domain for user gui: 501\n'
  for (const target of ['gui/501', 'gui/501/a']) {
    t.deepEqual(fake.run('print', target), {code: 112, stdout: '', stderr})
  }
  t.is(fake.run('print-disabled', 'gui/501').code, 112)
  t.is(fake.run('print', 'user/502').stderr, 'Could not find domain for uid: 502\n')
  fake.setFaults({missingDomainCode: 125})
  t.is(fake.run('print', 'gui/501').code, 125)
  t.is(fake.run('print', 'user/501').code, 0)
})

fakeTest('print of a domain lists its services and what is disabled there', async t => {
  const fake = await startFake(t, {uid: 501})
  fake.run('bootstrap', 'gui/501', define(fake, 'a'), define(fake, 'b', {RunAtLoad: false}))
  fake.run('disable', 'gui/501/c')
  const {code, stdout} = fake.run('print', 'gui/501')
  t.is(code, 0)
  t.true(stdout.startsWith('gui/501 = {\n'))
  const pid = String(await runningPid(fake, 'a')).padStart(8)
  t.true(stdout.includes(`\n\tservices = {\n\t\t\t${pid}      - \ta\n\t\t\t       0      - \tb\n\t}\n`), stdout)
  t.true(stdout.includes('\n\tdisabled services = {\n\t\t"c" => disabled\n\t}\n'))
  t.is(fake.run('print', 'system').code, 0)
})

fakeTest('print-disabled shows only labels about which something was decided', async t => {
  const wanted = {new: ['disabled', 'enabled'], old: ['true', 'false']}
  for (const macos of ['new', 'old'] as const) {
    const fake = await startFake(t, {uid: 501, macos})
    fake.run('bootstrap', 'gui/501', define(fake, 'c'))
    t.notRegex(fake.run('print-disabled', 'gui/501').stdout, /"c"/)
    t.is(fake.run('disable', 'gui/501/a').code, 0)
    t.is(fake.run('enable', 'gui/501/b').code, 0)
    const [disabled = '', enabled = ''] = wanted[macos]
    const {stdout} = fake.run('print-disabled', 'gui/501')
    t.regex(stdout, /^\t?disabled services = \{$/m)
    t.true(stdout.includes(`\n\t\t"a" => ${disabled}\n\t\t"b" => ${enabled}\n`), stdout)
    t.is(fake.run('print-disabled', 'user/501').stdout, stdout)
    t.notRegex(fake.run('print-disabled', 'system').stdout, /"a"/)
  }
})
