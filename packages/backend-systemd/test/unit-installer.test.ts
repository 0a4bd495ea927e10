import {appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {hashSpec} from '@hermes-svc/core'
import {lives, unitTests} from './unit-fixture.js'
import {eventually} from './user-manager.js'

const test = unitTests()

const STUBBORN = `ExecStart=/bin/sh -c "trap '' TERM; echo > %h/stubborn; while :; do sleep 0.05; done"`

test('a unit that was edited by hand tells a spec of its own; install writes it anew and keeps a copy', async (t, fixture) => {
  const {manager, profile} = fixture
  await manager.install(fixture.spec())
  const written = readFileSync(fixture.unit(), 'utf8')
  appendFileSync(fixture.unit(), '[Service]\nRestartSec=7\n')
  const edited = readFileSync(fixture.unit(), 'utf8')
  t.not((await fixture.status()).specHash, hashSpec(fixture.spec()))

  await manager.install(fixture.spec())

  t.is(readFileSync(fixture.unit(), 'utf8'), written)
  t.is((await fixture.status()).specHash, hashSpec(fixture.spec()))
  const replaced = join(fixture.own(), 'replaced')
  const [stamp = '', ...others] = readdirSync(replaced)
  t.deepEqual(others, [])
  t.is(readFileSync(join(replaced, stamp, `hermes-svc-${profile}.service`), 'utf8'), edited)
  t.true(fixture.warnings.some(text => text.includes('changed by hand') && text.includes(join(replaced, stamp))))
  t.is((await manager.uninstall(profile)).kept[0], replaced)
})

test('of a unit that nobody edited no copy is kept', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  await fixture.manager.install(fixture.spec({description: 'another'}))
  t.deepEqual(
    readdirSync(fixture.own()).map(name => name.replace(/\..*/, '')),
    ['environment'],
  )
  t.false(fixture.warnings.some(text => text.includes('changed by hand')))
})

test('a gateway that runs tells the spec that it was started by, however often it is defined anew, until it is restarted', async (t, fixture) => {
  const {manager, profile, systemd} = fixture
  const specs = [1, 2, 3].map(port => fixture.spec({port, argv: ['/bin/sleep', `100${String(port)}`]}))
  const [first = fixture.spec(), second = first, third = first] = specs
  const {pid} = await fixture.run(first)
  const started = {pid, port: 1, specHash: hashSpec(first)}

  t.like(await manager.install(second), started)
  t.like(await manager.install(third), started)
  systemd.systemctl('daemon-reload')
  t.like(await fixture.status(), started)

  await manager.restart(profile)
  await fixture.reaches('running')
  t.like(await fixture.status(), {port: 3, specHash: hashSpec(third)})
})

test('new environment values replace the file of the old ones, and leave the unit as it is', async (t, fixture) => {
  const {manager, profile} = fixture
  const spec = (TOKEN: string) => fixture.spec({env: {PATH: '/usr/bin:/bin', TOKEN}})
  const {pid} = await fixture.run(spec('an old secret'))
  const unit = readFileSync(fixture.unit(), 'utf8')

  t.like(await manager.install(spec('a new secret')), {pid, specHash: hashSpec(spec('an old secret'))})

  t.is(readFileSync(fixture.unit(), 'utf8'), unit)
  const texts = fixture.files().map(path => readFileSync(path, 'utf8'))
  t.deepEqual(
    texts.filter(text => text.includes('an old secret')),
    [],
  )
  t.is(texts.filter(text => text.includes('TOKEN="a new secret"')).length, 1)
  await manager.restart(profile)
  const {pid: next} = await fixture.reaches('running')
  // Before its exec a process of systemd's has systemd's own environment.
  await eventually('it has the new value', () =>
    readFileSync(`/proc/${String(next)}/environ`, 'utf8')
      .split('\0')
      .includes('TOKEN=a new secret'),
  )
  t.is((await fixture.status()).specHash, hashSpec(spec('a new secret')))
})

for (const verbs of [['stop', 'uninstall'], ['uninstall']] as const) {
  test(`a gateway whose unit file was removed by hand is listed while it runs, and ${verbs.join(' and ')} leaves nothing`, async (t, fixture) => {
    const {manager, profile, systemd} = fixture
    const {pid} = await fixture.run()
    rmSync(fixture.unit())
    t.like(await fixture.status(), {profile, pid, state: 'running', origin: 'installed'})
    t.true(fixture.warnings.some(text => text.includes(profile) && text.includes('its unit file is gone')))

    for (const verb of verbs) {
      await manager[verb](profile)
      t.false(existsSync(fixture.link()), verb)
    }

    await eventually('the process is gone', () => !lives(pid))
    t.deepEqual(await manager.status([profile]), [])
    t.false(existsSync(fixture.own()))
    t.is(systemd.systemctl('list-units', '--all', '--no-legend', `hermes-svc-${profile}.service`), '')
    t.deepEqual(await manager.uninstall(profile), {profile, removed: [], kept: []})
  })
}

test('a name that is masked can be neither installed nor adopted, and nothing is written', async (t, fixture) => {
  const {manager, profile, systemd} = fixture
  systemd.systemctl('mask', `hermes-svc-${profile}.service`)
  for (const adopt of [false, true]) {
    const error = await t.throwsAsync(manager.install(fixture.spec(), {adopt}), {message: /is masked/})
    t.like(error, {
      code: 'HSVC_PERMISSION_DENIED',
      hint: `to allow it: systemctl --user unmask hermes-svc-${profile}.service`,
    })
  }
  t.deepEqual(fixture.files(), [])
  t.deepEqual(readdirSync(systemd.units), [`hermes-svc-${profile}.service`])
})

test('a unit that was made by somebody else is refused, and left as it is', async (t, fixture) => {
  const {manager, profile} = fixture
  const path = fixture.writeForeign(profile)
  const text = readFileSync(path, 'utf8')
  const error = await t.throwsAsync(manager.install(fixture.spec()), {message: /made by somebody else/})
  t.like(error, {code: 'HSVC_ALREADY_EXISTS'})
  t.is(readFileSync(path, 'utf8'), text)
  t.false(existsSync(fixture.unit()))
  t.deepEqual(fixture.files(), [])
})

test('adopting ends, disables and removes the other unit, and keeps a copy of it and of its drop-ins', async (t, fixture) => {
  const {manager, profile, systemd} = fixture
  const foreign = fixture.writeForeign(profile)
  const name = `hermes-gateway-${profile}.service`
  const text = readFileSync(foreign, 'utf8')
  const dropIn = fixture.writeDropIn(foreign, '[Service]\nNice=5\n')
  systemd.systemctl('daemon-reload')
  systemd.systemctl('enable', '--now', name)
  const {pid} = await fixture.reaches('running')

  t.like(await manager.install(fixture.spec(), {adopt: true}), {origin: 'installed', definition: fixture.unit()})

  t.false(lives(pid))
  t.deepEqual(
    [foreign, dropIn, join(systemd.units, 'default.target.wants', name)].filter(each => existsSync(each)),
    [],
  )
  t.is(systemd.systemctl('list-units', '--all', '--no-legend', name), '')
  const replaced = join(fixture.own(), 'replaced')
  const [stamp = ''] = readdirSync(replaced)
  t.is(readFileSync(join(replaced, stamp, name), 'utf8'), text)
  t.is(readFileSync(join(replaced, stamp, `${name}.d`, 'mine.conf'), 'utf8'), '[Service]\nNice=5\n')
  t.true(fixture.warnings.some(warning => warning.includes(join(replaced, stamp))))
})

test('while the unit that is adopted has not ended, ours is not there', async (t, fixture) => {
  const {manager, profile, systemd} = fixture
  const foreign = fixture.writeForeign(profile, [STUBBORN, 'TimeoutStopSec=infinity'])
  await manager.start(profile)
  const {pid} = await fixture.reaches('running')
  t.true(pid !== null && pid > 1)
  await eventually('it ignores TERM', () => existsSync(join(systemd.home, 'stubborn')))
  const controller = new AbortController()

  const installed = manager.install(fixture.spec(), {adopt: true, signal: controller.signal})
  const refused = t.throwsAsync(installed)
  await fixture.reaches('stopping')
  controller.abort()
  await refused

  t.true(lives(pid))
  t.true(existsSync(foreign))
  t.false(existsSync(fixture.unit()))
  process.kill(Number(pid), 'SIGKILL')
  await manager.install(fixture.spec(), {adopt: true})
  t.false(existsSync(foreign))
  t.true(existsSync(fixture.unit()))
})

test('of two units of one profile ours comes first, and uninstall takes away only that', async (t, fixture) => {
  const {manager, profile} = fixture
  const foreign = fixture.writeForeign(profile)
  const text = readFileSync(foreign, 'utf8')
  await manager.start(profile)
  const {pid: theirs} = await fixture.reaches('running')
  // As if it had not been there when ours was made.
  rmSync(foreign)
  await manager.install(fixture.spec())
  writeFileSync(foreign, text)

  t.like(await manager.status([profile]), [{origin: 'installed'}, {origin: 'foreign', pid: theirs}])
  t.deepEqual((await manager.uninstall(profile)).removed, [fixture.unit(), fixture.own()])
  t.true(lives(theirs))
  t.is(readFileSync(foreign, 'utf8'), text)
  t.like(await manager.status([profile]), [{origin: 'foreign', state: 'running', pid: theirs}])
})

test('a profile of the same name of another root is somebody else’s', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  const text = readFileSync(fixture.unit(), 'utf8').replace(`Root="${fixture.root}"`, 'Root="/elsewhere"')
  writeFileSync(fixture.unit(), text)
  t.like(await fixture.status(), {origin: 'foreign'})
  const error = await t.throwsAsync(fixture.manager.install(fixture.spec({port: 1})), {message: /somebody else/})
  t.like(error, {code: 'HSVC_ALREADY_EXISTS'})
  await t.throwsAsync(fixture.manager.uninstall(fixture.profile), {message: /somebody else/})
  t.is(readFileSync(fixture.unit(), 'utf8'), text)
})

test('another autostart moves the link and the note, and neither process nor wish', async (t, fixture) => {
  const {manager} = fixture
  const {pid} = await fixture.run({autostart: true})
  const marks = () => ({link: existsSync(fixture.link()), note: existsSync(join(fixture.own(), 'wanted-up'))})
  t.deepEqual(marks(), {link: true, note: false})
  for (const autostart of [false, true]) {
    t.like(await manager.install(fixture.spec({autostart})), {pid, state: 'running', wanted: 'up'})
    t.deepEqual(marks(), {link: autostart, note: !autostart})
  }
})

test('another autostart of a gateway that is not wanted up makes neither link nor note', async (t, fixture) => {
  for (const autostart of [true, false, true]) {
    t.like(await fixture.manager.install(fixture.spec({autostart})), {state: 'stopped', wanted: 'down'})
    t.false(existsSync(fixture.link()))
    t.false(existsSync(join(fixture.own(), 'wanted-up')))
  }
})
