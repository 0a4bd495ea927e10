import {rmSync} from 'node:fs'
import {define, eventually, jobOf, lives, runningPid, script, startFake, written, fakeTest} from './fixture.js'

const BOTH = {LimitLoadToSessionType: ['Aqua', 'Background']}

fakeTest('managername and list follow the session of the caller', async t => {
  const fake = await startFake(t, {uid: 0})
  fake.run('bootstrap', 'gui/0', define(fake, 'a'))
  fake.run('bootstrap', 'user/0', define(fake, 'b', BOTH))
  fake.run('bootstrap', 'system', define(fake, 'c', {}, 'system'))
  const seen = (['Aqua', 'Background', 'System'] as const).map(session => {
    fake.setSession(session)
    t.is(fake.run('managername').stdout, `${session}\n`)
    return fake
      .run('list')
      .stdout.split('\n')
      .slice(1, -1)
      .map(row => row.split('\t')[2])
  })
  t.deepEqual(seen, [['a'], ['b'], ['c']])
  fake.setSession('Background')
  t.is(fake.run('list', 'a').code, 113)
  t.is(fake.run('print', 'gui/0/a').code, 0)
})

fakeTest('who comes in by ssh has the session Background', async t => {
  const fake = await startFake(t, {domains: ['user']})
  t.is(fake.run('managername').stdout, 'Background\n')
})

fakeTest('one label in two domains is two processes, and doubles() tells', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a', BOTH)
  t.is(fake.run('bootstrap', 'gui/501', path).code, 0)
  t.deepEqual(fake.doubles(), [])
  t.is(fake.run('bootstrap', 'user/501', path).code, 0)
  t.not(jobOf(fake, 'a', 'gui')?.pid, jobOf(fake, 'a', 'user')?.pid)
  t.deepEqual(fake.doubles(), ['a'])
  fake.run('bootout', 'user/501/a')
  await eventually('one is gone', () => jobOf(fake, 'a', 'user') === undefined)
  t.is(jobOf(fake, 'a')?.state, 'running')
  t.deepEqual(fake.doubles(), ['a'])
})

fakeTest('a login loads every agent that fits its domains and is not disabled', async t => {
  const fake = await startFake(t, {uid: 501, domains: []})
  define(fake, 'aqua')
  define(fake, 'background', {LimitLoadToSessionType: 'Background'})
  define(fake, 'both', BOTH)
  define(fake, 'off')
  define(fake, 'broken', {ProgramArguments: 'x'})
  fake.run('disable', 'user/501/off')
  await fake.login()
  const loaded = fake.jobs().map(({domain, label, state}) => `${domain} ${label} ${state}`)
  t.deepEqual(loaded.sort(), ['gui aqua running', 'gui both running', 'user background running', 'user both running'])
  t.is(fake.run('managername').stdout, 'Aqua\n')
})

fakeTest('a login by ssh brings the user domain alone', async t => {
  const fake = await startFake(t, {uid: 501, domains: []})
  define(fake, 'both', BOTH)
  await fake.login('user')
  t.deepEqual(
    fake.jobs().map(({domain}) => domain),
    ['user'],
  )
  t.is(fake.run('print', 'gui/501').code, 112)
  t.is(fake.run('print', 'user/501').code, 0)
})

fakeTest('a logout ends what ran in the graphical session, and a login starts it again', async t => {
  const fake = await startFake(t, {uid: 501})
  const path = define(fake, 'a', BOTH)
  fake.run('bootstrap', 'gui/501', path)
  fake.run('bootstrap', 'user/501', path)
  const pid = await runningPid(fake, 'a')
  await fake.logout()
  t.false(lives(pid))
  t.deepEqual(
    fake.jobs().map(({domain}) => domain),
    ['user'],
  )
  t.is(fake.run('print', 'gui/501').code, 112)
  t.is(fake.run('managername').stdout, 'Background\n')
  await fake.login()
  t.is(jobOf(fake, 'a')?.state, 'running')
})

fakeTest('setDomains takes a domain away with its jobs, and gives one without any', async t => {
  const fake = await startFake(t, {uid: 501})
  fake.run('bootstrap', 'gui/501', define(fake, 'a', {KeepAlive: true}))
  const pid = await runningPid(fake, 'a')
  fake.setDomains(['user'])
  t.false(lives(pid))
  t.is(fake.run('managername').stdout, 'Background\n')
  fake.setDomains(['gui'])
  t.deepEqual(fake.jobs(), [])
  t.is(fake.run('print', 'gui/501').code, 0)
  t.is(fake.run('print', 'user/501').code, 112)
})

for (const how of ['in order', 'crash'] as const) {
  fakeTest(`a reboot (${how}) ends everything and starts what is enabled`, async t => {
    const fake = await startFake(t, {uid: 0})
    const ProgramArguments = script(
      fake,
      'trap "echo asked >> $OUT; exit" TERM; echo up >> $OUT; while :; do sleep 0.02; done',
    )
    fake.run('bootstrap', 'gui/0', define(fake, 'a', {ProgramArguments, KeepAlive: true}))
    fake.run('bootstrap', 'gui/0', define(fake, 'removed'), define(fake, 'disabled'))
    fake.run('bootstrap', 'system', define(fake, 'daemon', {}, 'system'))
    fake.run('disable', 'gui/0/disabled')
    rmSync(define(fake, 'removed'))
    await eventually('it can be asked to end', () => written(fake) === 'up\n')
    const before = fake.jobs().map(({pid}) => pid)
    await fake.reboot(how)
    t.false(before.some(pid => pid === null || lives(pid)))
    const loaded = fake.jobs().map(({domain, label, runs}) => [domain, label, runs])
    t.deepEqual(loaded, [
      ['system', 'daemon', 1],
      ['gui', 'a', 1],
    ])
    await eventually('it is up again', () => written(fake).endsWith(how === 'crash' ? 'up\nup\n' : 'asked\nup\n'))
    t.is(written(fake), how === 'crash' ? 'up\nup\n' : 'up\nasked\nup\n')
  })
}

fakeTest('a machine that nobody logs in to after a reboot has its daemons only', async t => {
  const fake = await startFake(t, {uid: 0})
  define(fake, 'a')
  define(fake, 'daemon', {}, 'system')
  await fake.reboot('in order', {login: false})
  t.deepEqual(
    fake.jobs().map(({label}) => label),
    ['daemon'],
  )
  await fake.login()
  t.deepEqual(
    fake.jobs().map(({label}) => label),
    ['daemon', 'a'],
  )
})

fakeTest('what was disabled stays so over bootout, removal of the file and reboot', async t => {
  const fake = await startFake(t, {uid: 501})
  fake.run('bootstrap', 'gui/501', define(fake, 'a'))
  fake.run('disable', 'gui/501/a')
  t.is(jobOf(fake, 'a')?.state, 'running')
  fake.run('bootout', 'gui/501/a')
  rmSync(define(fake, 'a'))
  await fake.reboot()
  t.regex(fake.run('print-disabled', 'gui/501').stdout, /"a" => disabled/)
  t.is(fake.run('bootstrap', 'gui/501', define(fake, 'a')).code, 119)
})

fakeTest('enable and disable need neither the label nor the domain', async t => {
  const fake = await startFake(t, {uid: 501, domains: ['user']})
  t.deepEqual(fake.run('disable', 'gui/501/a'), {code: 0, stdout: '', stderr: ''})
  t.regex(fake.run('print-disabled', 'user/501').stdout, /"a" => disabled/)
})
