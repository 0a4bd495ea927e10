import {chmodSync, chownSync, renameSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {define, eventually, type Keys, jobOf, script, startFake, written, fakeTest} from './fixture.js'

const EIO = 'Bootstrap failed: 5: Input/output error\n'
const HINT = 'Try re-running the command as root for richer errors.\n'

fakeTest('bootstrap loads a definition silently and RunAtLoad starts it', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a', {ProgramArguments: script(fake, 'echo started > $OUT; exec sleep 1000')})
  t.deepEqual(fake.run('bootstrap', 'gui/501', path), {code: 0, stdout: '', stderr: ''})
  await eventually('the job wrote', () => written(fake) === 'started\n')
  t.like(jobOf(fake, 'a'), {runs: 1, state: 'running'})
})

fakeTest('KeepAlive, and a SuccessfulExit in it, start a job that has no RunAtLoad', async t => {
  const fake = await startFake(t, {uid: 501})
  const kinds: Record<string, Keys> = {
    always: {RunAtLoad: false, KeepAlive: true},
    failing: {RunAtLoad: false, KeepAlive: {SuccessfulExit: false}},
    never: {RunAtLoad: false, KeepAlive: false},
    crashing: {RunAtLoad: false, KeepAlive: {Crashed: true}},
  }
  const paths = Object.entries(kinds).map(([label, keys]) => define(fake, label, keys))
  t.is(fake.run('bootstrap', 'gui/501', ...paths).code, 0)
  const states = Object.fromEntries(fake.jobs().map(({label, state}) => [label, state]))
  t.deepEqual(states, {always: 'running', failing: 'running', never: 'not running', crashing: 'not running'})
})

fakeTest('the name of the file need not be the label, and a path may be relative', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = join(fake.agents, 'other.plist')
  renameSync(define(fake, 'a'), path)
  t.is(fake.run('bootstrap', 'gui/501', path.replace('/tmp/', '/tmp/./')).code, 0)
  t.truthy(jobOf(fake, 'a'))
})

fakeTest('a label that is loaded is refused with 5, or with 37 where launchd says so', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a')
  fake.run('bootstrap', 'gui/501', path)
  t.deepEqual(fake.run('bootstrap', 'gui/501', path), {code: 5, stdout: '', stderr: EIO + HINT})
  fake.setFaults({bootstrapBusyCode: 37})
  const stderr = 'Bootstrap failed: 37: Operation already in progress\n'
  t.deepEqual(fake.run('bootstrap', 'gui/501', path), {code: 37, stdout: '', stderr})
})

fakeTest('a disabled label is refused with 119, on old systems with 5, until it is enabled', async t => {
  for (const [macos, code, stderr] of [
    ['new', 119, 'Bootstrap failed: 119: Service is disabled\n'],
    ['old', 5, EIO + HINT],
  ] as const) {
    const fake = await startFake(t, {uid: 501, macos})
    const path = define(fake, 'a')
    t.is(fake.run('disable', 'gui/501/a').code, 0)
    t.deepEqual(fake.run('bootstrap', 'gui/501', path), {code, stdout: '', stderr})
    t.is(fake.run('enable', 'gui/501/a').code, 0)
    t.is(fake.run('bootstrap', 'gui/501', path).code, 0)
  }
})

fakeTest('the Disabled key counts until something was decided about the label', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a', {Disabled: true})
  t.is(fake.run('bootstrap', 'gui/501', path).code, 119)
  fake.run('enable', 'gui/501/a')
  t.is(fake.run('bootstrap', 'gui/501', path).code, 0)
})

fakeTest('a domain that is not there is refused with 125', async t => {
  const fake = await startFake(t, {uid: 501, domains: ['user']})
  const path = define(fake, 'a')
  const stderr = 'Bootstrap failed: 125: Domain does not support specified action\n'
  t.deepEqual(fake.run('bootstrap', 'gui/501', path), {code: 125, stdout: '', stderr})
  t.is(fake.run('bootstrap', 'user/502', path).code, 125)
})

fakeTest('a label that is switched off in Login Items is refused with 125', async t => {
  const fake = await startFake(t, {uid: 501, faults: {loginItemsOff: ['a']}})
  t.is(fake.run('bootstrap', 'gui/501', define(fake, 'a')).code, 125)
  t.is(fake.run('bootstrap', 'gui/501', define(fake, 'b')).code, 0)
})

fakeTest('the session type has to fit the domain', async t => {
  const fake = await startFake(t, {uid: 0})
  const types: Keys[] = [
    {},
    {LimitLoadToSessionType: 'Aqua'},
    {LimitLoadToSessionType: 'Background'},
    {LimitLoadToSessionType: ['Aqua', 'Background']},
    {LimitLoadToSessionType: 'System'},
  ]
  const codes = (['gui', 'user', 'system'] as const).map(domain =>
    types.map((keys, index) => {
      const path = define(fake, `${domain}${String(index)}`, {RunAtLoad: false, ...keys}, domain)
      return fake.run('bootstrap', domain === 'system' ? domain : `${domain}/0`, path).code
    }),
  )
  t.deepEqual(codes, [
    [0, 0, 5, 0, 5],
    [5, 5, 0, 0, 5],
    [0, 5, 5, 5, 0],
  ])
})

const BROKEN: Record<string, string> = {
  'no XML at all': 'Label = a',
  'an array that is not closed': '<dict><key>Label</key><string>a</string><key>ProgramArguments</key><array></dict>',
  'an unknown element': '<dict><key>Label</key><string>a</string><key>RunAtLoad</key><tru/></dict>',
  'a value without a key': '<dict><string>a</string></dict>',
  'a bare ampersand': '<dict><key>Label</key><string>a & b</string><key>Program</key><string>/x</string></dict>',
  'an integer of letters': '<dict><key>Label</key><string>a</string><key>Nice</key><integer>abc</integer></dict>',
  'a list in place of the dictionary': '<array><string>a</string></array>',
  'a control character': '<dict><key>Label</key><string>a\u0007</string><key>Program</key><string>/x</string></dict>',
}

fakeTest('a file that is no property list is refused with 5', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a')
  for (const [what, text] of Object.entries(BROKEN)) {
    writeFileSync(path, `<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">${text}</plist>\n`)
    t.is(fake.run('bootstrap', 'gui/501', path).code, 5, what)
  }
  t.is(fake.run('bootstrap', 'gui/501', join(fake.agents, 'missing.plist')).code, 5)
})

fakeTest('a key that is missing or of another type is refused with 5, an unknown one is not', async t => {
  const fake = await startFake(t, {uid: 501})
  const wrong: Keys[] = [
    {Label: ''},
    {ProgramArguments: []},
    {ProgramArguments: 'sleep 1'},
    {ProgramArguments: ['sleep', 1]},
    {RunAtLoad: 'yes'},
    {KeepAlive: 1},
    {KeepAlive: {SuccessfulExit: 'no'}},
    {ThrottleInterval: '10'},
    {ThrottleInterval: 1.5},
    {EnvironmentVariables: {PORT: 1}},
    {LimitLoadToSessionType: true},
    {StandardOutPath: ['/x']},
    {Umask: '022'},
  ]
  const codes = wrong.map(keys => fake.run('bootstrap', 'gui/501', define(fake, 'a', keys)).code)
  t.deepEqual(new Set(codes), new Set([5]))
  t.is(fake.run('bootstrap', 'gui/501', define(fake, 'a', {Whatever: [1]})).code, 0)
})

fakeTest('a file that others may write, or that belongs to another account, is refused with 5', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a')
  for (const [mode, code] of [
    [0o664, 5],
    [0o646, 5],
    [0o600, 0],
  ] as const) {
    chmodSync(path, mode)
    t.is(fake.run('bootstrap', 'gui/501', path).code, code, mode.toString(8))
  }
  fake.setFaults({refusesPrivatePlists: true})
  const hidden = define(fake, 'b')
  chmodSync(hidden, 0o600)
  t.is(fake.run('bootstrap', 'gui/501', hidden).code, 5)
  if (process.geteuid?.() !== 0) return
  chmodSync(hidden, 0o644)
  chownSync(hidden, 12345, 12345)
  t.is(fake.run('bootstrap', 'gui/501', hidden).code, 5)
})

fakeTest('only root is told why, and only root changes the system domain', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a', {}, 'system')
  t.deepEqual(fake.run('bootstrap', 'system', path), {code: 5, stdout: '', stderr: EIO + HINT})
  t.is(fake.run('bootout', 'system/a').code, 1)
  t.is(fake.run('kickstart', 'system/a').code, 1)
  t.is(fake.run('disable', 'system/a').code, 1)
  const rooted = await startFake(t, {uid: 501, root: true})
  const bad = define(rooted, 'a', {}, 'system')
  chmodSync(bad, 0o666)
  const stderr = `${bad}: Path had bad ownership/permissions\n${EIO}`
  t.deepEqual(rooted.run('bootstrap', 'system', bad), {code: 5, stdout: '', stderr})
  chmodSync(bad, 0o644)
  t.is(rooted.run('bootstrap', 'system', bad).code, 0)
})

fakeTest('several failures of one call end with 133', async t => {
  const fake = await startFake(t, {uid: 501})
  const [a, b, c] = ['a', 'b', 'c'].map(label => define(fake, label, label === 'c' ? {} : {Umask: 'x'}))
  t.is(fake.run('bootstrap', 'gui/501', a ?? '', b ?? '', c ?? '').code, 133)
  t.deepEqual(
    fake.jobs().map(({label}) => label),
    ['c'],
  )
})

fakeTest('a bad target ends with 140, bad usage and unknown subcommands with 64', async t => {
  const fake = await startFake(t, {uid: 501})
  const codes = [
    ['bootstrap', 'gui', 'x.plist'],
    ['bootstrap', 'gui/501/a', 'x.plist'],
    ['print', 'nonsense/501/a'],
    ['kickstart', 'gui/501'],
    ['enable', 'gui/501'],
    ['bootstrap', 'gui/501'],
    ['bootout'],
    ['kickstart', '-z', 'gui/501/a'],
    ['kill', 'SIGNONE', 'gui/501/a'],
    ['frobnicate'],
  ].map(args => fake.run(...args).code)
  t.deepEqual(codes, [140, 140, 140, 140, 140, 64, 64, 64, 64, 64])
  t.regex(fake.run('print', 'x').stderr, /^Unrecognized target specifier/)
})
