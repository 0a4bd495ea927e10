import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {ServiceError} from '@hermes-svc/core'
import {renderTask, writeTask} from './fake-windows/fixture.js'
import {windowsTest as test, withoutEnabled} from './windows-fixture.js'

const ENTRY = 'hermes-svc-coder.vbs'

test('an install makes a task that is not started, whose script stays with the runner', async (t, fixture) => {
  const row = await fixture.manager.install(fixture.spec())
  t.like(row, {state: 'stopped', wanted: 'down', autostart: true, origin: 'installed', service: fixture.service})
  t.deepEqual(fixture.made(), ['launcher.vbs', 'starter', 'task.xml'])
  t.deepEqual(fixture.fake.startupEntries(), [])
  t.like(fixture.task(), {isEnabled: false, isRunning: false})
  t.true(fixture.task()?.xml.includes(join(fixture.own(), 'launcher.vbs')))
})

test('no value is in the task or a script', async (t, fixture) => {
  await fixture.run()
  const texts = [fixture.task()?.xml, ...fixture.made().map(name => readFileSync(join(fixture.own(), name), 'latin1'))]
  for (const text of texts) t.false((text ?? '').replaceAll('\0', '').includes('sesame'))
})

test('the plan is, byte for byte, what install writes, and its command makes the task', async (t, fixture) => {
  const {manager} = fixture
  const plan = manager.plan(fixture.spec(), await manager.facts())
  await manager.install(fixture.spec())
  for (const {kind, path, contents} of plan.entries)
    if (kind === 'file') t.deepEqual(readFileSync(path), Buffer.from(contents ?? []), path)
  const made = fixture.task()?.xml
  const [command] = plan.commands
  t.is(command?.file, fixture.fake.pathOf('schtasks'))
  await fixture.fake.run('schtasks', ...(command?.args ?? []))
  t.deepEqual([withoutEnabled(fixture.task()?.xml), fixture.task()?.isEnabled], [withoutEnabled(made), true])
})

test('an equal definition of what runs asks for no other task', async (t, fixture) => {
  const {pid} = await fixture.run()
  const before = fixture.fake.calls().length
  t.like(await fixture.manager.install(fixture.spec()), {pid, state: 'running'})
  const verbs = fixture.fake
    .calls()
    .slice(before)
    .map(({argv}) => argv[0])
  t.deepEqual(
    verbs.filter(verb => verb === '/Create' || verb === '/Change'),
    [],
  )
})

test('a task that somebody removed or changed shows when the gateway is asked about by name', async (t, fixture) => {
  const {fake, service} = fixture
  await fixture.manager.install(fixture.spec())
  const whole = await fixture.status()
  t.true(whole.autostart)
  t.is(whole.damaged, undefined)
  const made = fixture.task()?.xml ?? ''
  const path = writeTask(fake, made.replace('PT5M', 'PT1H'))
  t.is((await fake.answer('schtasks', '/Create', '/F', '/TN', service, '/XML', path)).code, 0)
  // Another program, which has asked for nothing yet.
  const [changed] = await fixture.create().status([fixture.profile])
  t.like(changed, {autostart: true, damaged: true})
  t.is((await fake.answer('schtasks', '/Delete', '/F', '/TN', service)).code, 0)
  const [removed] = await fixture.create().status([fixture.profile])
  t.like(removed, {autostart: false, damaged: true})
  const mended = await fixture.manager.install(fixture.spec())
  t.true(mended.autostart)
  const after = await fixture.status()
  t.true(after.autostart)
  t.is(after.damaged, undefined)
})

test('while a verb waits, the task is looked at once', async (t, fixture) => {
  await fixture.run()
  const before = fixture.fake.calls().length
  const manager = fixture.create()
  for (let time = 0; time < 5; time += 1) await manager.status([fixture.profile])
  const queries = fixture.fake
    .calls()
    .slice(before)
    .filter(({argv}) => argv[0] === '/Query')
  t.is(queries.length, 1)
})

test('a task that somebody changed is made anew', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  const changed = (fixture.task()?.xml ?? '').replace('PT5M', 'PT1H')
  const path = writeTask(fixture.fake, changed)
  t.is((await fixture.fake.answer('schtasks', '/Create', '/F', '/TN', fixture.service, '/XML', path)).code, 0)
  t.true(fixture.task()?.xml.includes('PT1H'))
  await fixture.manager.install(fixture.spec())
  t.true(fixture.task()?.xml.includes('PT5M'))
})

test('a task that somebody removed is made anew', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  await fixture.fake.answer('schtasks', '/Delete', '/F', '/TN', fixture.service)
  await fixture.manager.install(fixture.spec())
  t.truthy(fixture.task())
})

test('without autostart there is a task that nothing triggers', async (t, fixture) => {
  t.like(await fixture.manager.install(fixture.spec({autostart: false})), {autostart: false})
  t.false(fixture.task()?.xml.includes('Trigger>'))
  await fixture.fake.reboot()
  t.is((await fixture.status()).state, 'stopped')
})

const REFUSALS = [
  [
    'a policy denies tasks, in a language that nobody knows',
    {windows: 'old', language: 'made-up', faults: {denies: ['create']}},
  ],
  ['a policy denies tasks, and a number tells', {faults: {denies: ['create']}}],
  ['there is no schtasks', {missing: ['schtasks']}],
] as const

for (const [why, options] of REFUSALS) {
  test(
    `where ${why}, the Startup folder starts it`,
    async (t, fixture) => {
      const row = await fixture.run()
      t.like(row, {state: 'running', autostart: true})
      t.deepEqual(fixture.fake.startupEntries(), [ENTRY])
      t.deepEqual(fixture.made(), ['starter'])
      t.is(fixture.warnings.filter(text => text.includes('Startup folder')).length, 1)
      await fixture.fake.logOff()
      await fixture.fake.logOn()
      await fixture.reaches('running', 'coder', row.pid)
      t.deepEqual(fixture.fake.flashes(), [])
      const {removed} = await fixture.manager.uninstall('coder')
      t.true(removed.some(path => path.endsWith(ENTRY)))
      t.deepEqual(fixture.fake.startupEntries(), [])
    },
    options,
  )
}

test('what fails for an unknown reason is an error, and no fallback', async (t, fixture) => {
  fixture.fake.setFaults({spuriousErrors: {chance: 1}})
  const error = await t.throwsAsync<ServiceError>(fixture.manager.install(fixture.spec()))
  t.is(error.code, 'HSVC_TOOL_FAILED')
  t.deepEqual(fixture.fake.startupEntries(), [])
})

test('where tasks come to be allowed, the next install moves it, and never are there both', async (t, fixture) => {
  fixture.fake.setFaults({denies: ['create']})
  const {pid} = await fixture.run()
  fixture.fake.setFaults({denies: []})
  t.like(await fixture.manager.install(fixture.spec()), {pid, state: 'running'})
  t.deepEqual(fixture.fake.startupEntries(), [])
  t.true(fixture.task()?.isEnabled)
})

test(
  'where the configuration asks for the Startup folder, no task is tried, and one that was there is removed',
  async (t, fixture) => {
    await fixture.manager.install(fixture.spec())
    t.deepEqual(fixture.fake.startupEntries(), [ENTRY])
    t.false(fixture.fake.calls().some(({argv}) => argv[0] === '/Create'))
    const byTask = fixture.create({configuration: {}})
    await byTask.install(fixture.spec())
    t.deepEqual([fixture.fake.startupEntries(), fixture.fake.tasks().length], [[], 1])
    await fixture.manager.install(fixture.spec())
    t.deepEqual([fixture.fake.startupEntries(), fixture.fake.tasks().length], [[ENTRY], 0])
  },
  {configuration: {starter: 'startup'}},
)

test(
  'without VBScript the launcher is JScript, and one of before goes away',
  async (t, fixture) => {
    await fixture.run()
    t.deepEqual(fixture.made(), ['launcher.js', 'starter', 'task.xml'])
    writeFileSync(join(fixture.fake.places.system32, 'vbscript.dll'), '')
    await fixture.manager.install(fixture.spec())
    t.deepEqual(fixture.made(), ['launcher.vbs', 'starter', 'task.xml'])
    rmSync(join(fixture.fake.places.system32, 'vbscript.dll'))
    await fixture.rests()
    await fixture.manager.uninstall('coder')
    t.false(existsSync(fixture.own()))
  },
  {vbscript: false},
)

test(
  'an administrator who makes it for the account gives it the task, and takes no denial for an answer',
  async (t, fixture) => {
    const {manager, fake} = fixture
    await manager.install(fixture.spec(), {elevatedHandoff: true})
    t.true(fixture.task()?.xml.includes(`(A;;FA;;;${fake.settings.sid})`))
    fake.setElevated(false)
    await manager.start('coder')
    await fixture.reaches('running')
    await fixture.rests()
    t.deepEqual(fixture.warnings, [])
    await manager.uninstall('coder')
    t.is(fixture.task(), undefined)
  },
  {elevated: true},
)

test('an install that is handed off does without tasks for no reason', async (t, fixture) => {
  fixture.fake.setFaults({denies: ['create']})
  await t.throwsAsync(fixture.manager.install(fixture.spec(), {elevatedHandoff: true}))
  t.deepEqual(fixture.fake.startupEntries(), [])
})

test('a task of our name that is for another root is somebody else’s', async (t, fixture) => {
  const path = writeTask(fixture.fake, renderTask(fixture.fake))
  await fixture.fake.answer('schtasks', '/Create', '/F', '/TN', fixture.service, '/XML', path)
  const error = await t.throwsAsync<ServiceError>(fixture.manager.install(fixture.spec()))
  t.is(error.code, 'HSVC_ALREADY_EXISTS')
  t.true(fixture.task()?.xml.includes('sleeps'))
  await fixture.manager.install(fixture.spec(), {adopt: true})
  t.false(fixture.task()?.xml.includes('sleeps'))
  t.true(fixture.kept(`${fixture.service}.xml`).toString('utf16le').includes('sleeps'))
})

test('an uninstall removes all that install made, and of an unknown profile nothing', async (t, fixture) => {
  await fixture.run(fixture.spec({argv: ['/bin/sh', '-c', 'echo hello; exec sleep 1000']}))
  await fixture.rests()
  const {removed, kept} = await fixture.manager.uninstall('coder')
  t.deepEqual(removed, [fixture.service, fixture.own()])
  t.deepEqual(kept, [join(fixture.context.paths.logs, 'coder')])
  t.deepEqual([fixture.fake.tasks(), fixture.fake.startupEntries(), existsSync(fixture.own())], [[], [], false])
  t.deepEqual(await fixture.manager.uninstall('coder'), {profile: 'coder', removed: [], kept: []})
})

test('an uninstall that was killed after the files were gone is finished by the next', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  rmSync(fixture.own(), {recursive: true})
  const {removed} = await fixture.manager.uninstall('coder')
  t.deepEqual(removed, [fixture.service])
  t.deepEqual(fixture.fake.tasks(), [])
})

test('what cannot be delivered is refused, naming the field', async (t, fixture) => {
  const {manager} = fixture
  const facts = await manager.facts()
  const refused = (changes: Parameters<typeof fixture.spec>[0], message: RegExp): void => {
    t.throws(() => manager.plan(fixture.spec(changes), facts), {code: 'HSVC_INVALID_SPEC', message})
  }
  refused({argv: ['C:\\tools\\hermes.cmd', 'a%b']}, /^argv\[1\]: expected, for a batch file, no %/)
  refused({argv: ['/bin/sleep', 'x'.repeat(33_000)]}, /^argv: expected a command line of at most/)
  refused({env: {PATH: '/bin', Path: '/usr/bin'}}, /^env: expected names that differ in more than case/)
  refused({env: {LONG: 'x'.repeat(33_000)}}, /^env\.LONG: expected at most/)
  for (const name of ['a%b%c', 'a$(Arg0)']) {
    const elsewhere = {...facts, gateways: join(fixture.root, name)}
    t.throws(() => manager.plan(fixture.spec(), elsewhere), {code: 'HSVC_INVALID_SPEC', message: /takes literally/})
  }
  t.notThrows(() => manager.plan(fixture.spec(), {...facts, gateways: join(fixture.root, '100% $')}))
})

test('an ARGV of the user’s is told that stop ends it at once', async (t, fixture) => {
  const facts = await fixture.manager.facts()
  t.is(fixture.manager.plan(fixture.spec({userSet: ['argv']}), facts).notes.length, 1)
  t.deepEqual(fixture.manager.plan(fixture.spec(), facts).notes, [])
})
