import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {BackendContext, ServiceError} from '@hermes-svc/core'
import {parsePidFile} from '../dist/foreign-gateways.js'
import {eventually, lives, runningPid} from './fake-windows/fixture.js'
import {inProcessTools} from './fake-windows/in-process-tools.js'
import anyTest from 'ava'
import {type WindowsFixture, windowsTest as test, withoutEnabled} from './windows-fixture.js'

/** Whoever waits for schtasks gives up soon. */
function impatient({context, fake}: WindowsFixture): Partial<BackendContext> {
  return {tools: inProcessTools(fake, context, 200)}
}

anyTest('the pid is read from what Hermes writes, now and earlier', t => {
  t.is(parsePidFile('\uFEFF{"pid": 77, "kind": "hermes-gateway"}'), 77)
  t.is(parsePidFile('78\n'), 78)
  for (const text of ['', '{', 'null', '{}', '{"pid": "7"}', '-1', '0', '1.5']) t.is(parsePidFile(text), null, text)
})

test('a task of Hermes’ own is listed, started and stopped, and never changed otherwise', async (t, fixture) => {
  const name = await fixture.makeForeign('task')
  const before = fixture.task(name)?.xml
  t.like(await fixture.status(), {
    origin: 'foreign',
    service: name,
    state: 'stopped',
    wanted: 'up',
    logs: {kind: 'none'},
  })
  t.is((await fixture.manager.status()).length, 1)
  await fixture.manager.start('coder')
  const pid = await runningPid(fixture.fake, name)
  await fixture.manager.stop('coder')
  await eventually('it has ended', () => !lives(pid))
  t.like(await fixture.create().status(['coder']), [{wanted: 'down', autostart: false}])
  t.is(withoutEnabled(fixture.task(name)?.xml), withoutEnabled(before))
  await fixture.create().start('coder')
  await runningPid(fixture.fake, name, pid)
  t.true(fixture.task(name)?.isEnabled)
})

test('what Hermes has running is shown by the pid that it wrote down', async (t, fixture) => {
  const name = await fixture.makeForeign('task')
  await fixture.manager.start('coder')
  const pid = await runningPid(fixture.fake, name)
  writeFileSync(join(fixture.root, 'profiles', 'coder', 'gateway.pid'), JSON.stringify({pid}))
  t.like(await fixture.status(), {state: 'running', pid})
})

test('without scripts of Hermes’ nothing is asked of Windows', async (t, fixture) => {
  t.deepEqual(await fixture.manager.status(), [])
  t.deepEqual(fixture.fake.calls(), [])
})

test('a /Run of Hermes’ task that comes to nothing is asked for again', async (t, fixture) => {
  const name = await fixture.makeForeign('task')
  fixture.fake.setFaults({droppedRuns: 1})
  await fixture.manager.start('coder')
  await runningPid(fixture.fake, name)
  const runs = fixture.fake.calls().filter(({argv}) => argv[0] === '/Run')
  t.is(runs.length, 2)
})

test('where Hermes’ task does not run at all, what it runs is started in this session', async (t, fixture) => {
  const name = await fixture.makeForeign('task')
  const scripts = join(fixture.root, 'profiles', 'coder', 'gateway-service')
  const out = join(fixture.root, 'started')
  const lines = ['Option Explicit', 'Dim shell', 'Set shell = CreateObject("WScript.Shell")']
  const run = `WScript.Quit shell.Run("/bin/touch ${out}", 0, False)`
  writeFileSync(join(scripts, `${name}.vbs`), [...lines, run, ''].join('\r\n'))
  fixture.fake.setFaults({droppedRuns: 100})
  await fixture.manager.start('coder')
  await eventually('it was started', () => existsSync(out))
  t.regex(fixture.warnings.join('\n'), /does not run now/)
})

for (const [machine, options] of [
  ['has no schtasks', {missing: ['schtasks']}],
  ['has a schtasks that does not answer', {faults: {hangs: true}}],
] as const)
  test(
    `an entry of Hermes’ own is found where a machine ${machine}`,
    async (t, fixture) => {
      const name = await fixture.makeForeign('startup')
      const manager = fixture.create(impatient(fixture))
      t.like(await manager.status(), [{origin: 'foreign', service: name, state: 'stopped'}])
      await manager.install(fixture.spec(), {adopt: true})
      t.is(fixture.kept(`${name}.vbs`).toString(), "' starts Hermes' own\r\n")
      t.like(await manager.status(), [{origin: 'installed'}])
    },
    options,
  )

test('where schtasks does not answer, nothing is said of what may be a task of Hermes’ own', async (t, fixture) => {
  await fixture.makeForeign('task')
  fixture.fake.setFaults({hangs: true})
  const error = await t.throwsAsync<ServiceError>(fixture.create(impatient(fixture)).status())
  t.is(error.code, 'HSVC_TIMEOUT')
})

for (const how of ['task', 'startup'] as const) {
  test(`an install over what Hermes has as ${how} is refused, unless it adopts, with a copy kept`, async (t, fixture) => {
    const name = await fixture.makeForeign(how)
    const error = await t.throwsAsync<ServiceError>(fixture.manager.install(fixture.spec()))
    t.is(error.code, 'HSVC_ALREADY_EXISTS')
    t.regex(error.hint ?? '', /--adopt/)
    t.deepEqual(fixture.made(), [])

    await fixture.manager.install(fixture.spec(), {adopt: true})

    t.is(fixture.task(name), undefined)
    t.false(existsSync(join(fixture.fake.places.startup, `${name}.vbs`)))
    t.deepEqual(
      (await fixture.create().status(['coder'])).map(({origin}) => origin),
      ['installed'],
    )
    const copy = fixture.kept(how === 'task' ? `${name}.xml` : `${name}.vbs`)
    if (how === 'startup') t.is(copy.toString(), "' starts Hermes' own\r\n")
    else {
      const path = join(fixture.root, 'back.xml')
      writeFileSync(path, copy)
      const {code} = await fixture.fake.answer('schtasks', '/Create', '/F', '/TN', name, '/XML', path)
      t.is(code, 0, 'the copy can be put back')
    }
  })
}

test('both are shown where Hermes installs its own beside ours, ours first', async (t, fixture) => {
  await fixture.run()
  const name = await fixture.makeForeign('startup')
  const rows = await fixture.create().status(['coder'])
  t.deepEqual(
    rows.map(({service}) => service),
    [fixture.service, name],
  )
  const {pid} = await fixture.status()
  writeFileSync(join(fixture.root, 'profiles', 'coder', 'gateway.pid'), String(pid))
  t.is((await fixture.create().status(['coder']))[1]?.pid, null)
  t.is(readFileSync(join(fixture.fake.places.startup, `${name}.vbs`), 'utf8'), "' starts Hermes' own\r\n")
})
