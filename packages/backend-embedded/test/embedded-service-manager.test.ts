import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {accountNamed, isServiceManager} from '@hermes-svc/core'
import test from 'ava'
import {backend} from '../dist/index.js'
import {EmbeddedFixture, eventually, lives} from './embedded-fixture.js'

test('it is always available, says where it writes, and changes nothing', async t => {
  const fixture = new EmbeddedFixture(t)
  const before = readdirSync(fixture.root, {recursive: true})
  const detection = await backend.detect(fixture.context)
  t.is(detection.presence, 'available')
  t.deepEqual(detection.evidence.map(({fact, path}) => [fact, path]).at(-1), [
    'state directory can be written',
    fixture.context.paths.state,
  ])
  t.deepEqual(readdirSync(fixture.root, {recursive: true}), before)
  t.true(isServiceManager(fixture.manager))
})

test('a setting is refused, because there are none', t => {
  const fixture = new EmbeddedFixture(t)
  t.throws(() => backend.create({...fixture.context, configuration: {speed: 1}}), {
    code: 'HSVC_CONFIG_INVALID',
    message: /backends\.embedded\.speed/,
  })
})

test('install only defines; start, stop and restart change what is observed, again and again', async t => {
  const fixture = new EmbeddedFixture(t)
  const {manager} = fixture
  t.like(await manager.install(fixture.spec('coder')), {
    state: 'stopped',
    wanted: 'down',
    origin: 'installed',
    pid: null,
  })
  for (let round = 0; round < 3; round += 1) {
    await manager.start('coder')
    const running = await fixture.reaches('coder', 'running')
    t.like(running, {wanted: 'up', restarts: 0})
    t.like(await manager.start('coder'), {pid: running.pid})
    await manager.restart('coder')
    const again = await eventually('another pid', async () => {
      const row = await fixture.status('coder')
      return row.state === 'running' && row.pid !== running.pid && row
    })
    t.false(lives(running.pid))
    await manager.stop('coder')
    t.like(await fixture.reaches('coder', 'stopped'), {wanted: 'down', pid: null})
    t.false(lives(again.pid))
    t.like(await manager.stop('coder'), {state: 'stopped'})
  }
  t.true(await eventually('no runner is left', () => fixture.runners().length === 0))
})

test('restart of a stopped gateway ends running', async t => {
  const fixture = new EmbeddedFixture(t)
  await fixture.manager.install(fixture.spec('coder'))
  await fixture.manager.restart('coder')
  t.like(await fixture.reaches('coder', 'running'), {wanted: 'up'})
  t.true(await fixture.manager.isRunning('coder'))
})

test('verbs on what is not there reject HSVC_NOT_FOUND, but uninstall and unregister resolve', async t => {
  const {manager} = new EmbeddedFixture(t)
  for (const verb of ['start', 'stop', 'restart'] as const) {
    await t.throwsAsync(manager[verb]('ghost'), {code: 'HSVC_NOT_FOUND'})
  }
  t.deepEqual(await manager.uninstall('ghost'), {profile: 'ghost', removed: [], kept: []})
  await manager.unregisterProfileGateway('ghost')
  t.deepEqual(await manager.status(['ghost']), [])
  t.deepEqual(await manager.status(), [])
})

test('uninstall stops it, removes what install made, and keeps the logs', async t => {
  const fixture = new EmbeddedFixture(t)
  const {manager} = fixture
  await manager.install(fixture.spec('coder', 'echo hello; exec sleep 1000'))
  await manager.start('coder')
  const {pid} = await fixture.reaches('coder', 'running')
  const logs = join(fixture.context.paths.logs, 'coder')
  await eventually('it has logged', () => existsSync(join(logs, 'current')))
  t.deepEqual(await manager.uninstall('coder'), {profile: 'coder', removed: [fixture.directory('coder')], kept: [logs]})
  t.false(lives(pid))
  await eventually('no runner is left', () => fixture.runners().length === 0)
  t.deepEqual(readdirSync(fixture.context.paths.gateways), [])
  t.deepEqual(readdirSync(join(fixture.context.paths.state, 'run')), [])
})

test('uninstall removes a definition that was damaged while its runner still runs', async t => {
  const fixture = new EmbeddedFixture(t)
  const {manager} = fixture
  await manager.install(fixture.spec('coder'))
  await manager.start('coder')
  const {pid} = await fixture.reaches('coder', 'running')
  writeFileSync(join(fixture.directory('coder'), 'gateway.json'), '{')
  t.is((await manager.uninstall('coder')).removed.length, 1)
  t.false(lives(pid))
  t.false(existsSync(fixture.directory('coder')))
})

test('a gateway that outlived its runner is shown running with a warning, and start puts it under a new one', async t => {
  const fixture = new EmbeddedFixture(t)
  await fixture.manager.install(fixture.spec('coder'))
  await fixture.manager.start('coder')
  const {pid} = await fixture.reaches('coder', 'running')
  process.kill(fixture.runnerOf('coder'), 'SIGKILL')
  await eventually('the warning', async () => {
    await fixture.manager.status()
    return fixture.warnings.length > 0
  })
  t.regex(fixture.warnings[0] ?? '', /coder runs, but its runner is gone/)
  await fixture.manager.start('coder')
  const again = await fixture.reaches('coder', 'running')
  t.false(lives(pid))
  t.not(again.pid, pid)
})

test('stop ends a gateway that outlived its runner', async t => {
  const fixture = new EmbeddedFixture(t)
  await fixture.manager.install(
    fixture.spec('coder', "trap '' TERM; while :; do sleep 0.05; done", {stopTimeoutMs: 100}),
  )
  await fixture.manager.start('coder')
  const {pid} = await fixture.reaches('coder', 'running')
  process.kill(fixture.runnerOf('coder'), 'SIGKILL')
  await eventually('the runner is gone', () => fixture.runners().length === 0)
  t.like(await fixture.manager.stop('coder'), {state: 'stopped', wanted: 'down', pid: null})
  t.false(lives(pid))
})

test('without its socket a runner is ended by TERM, and stop, start and restart still do what they say', async t => {
  const fixture = new EmbeddedFixture(t)
  const {manager} = fixture
  const run = join(fixture.context.paths.state, 'run')
  const cut = (): void => {
    rmSync(run, {recursive: true})
  }
  await manager.install(fixture.spec('coder'))
  await manager.start('coder')
  cut()
  const {pid} = await fixture.reaches('coder', 'running')
  await manager.restart('coder')
  t.not((await fixture.reaches('coder', 'running')).pid, pid)
  cut()
  t.like(await manager.stop('coder'), {state: 'stopped', wanted: 'down'})
  t.true(await eventually('no runner is left', () => fixture.runners().length === 0))
})

test('start of a gateway that backs off does not wait for its next start', async t => {
  const fixture = new EmbeddedFixture(t)
  const good = join(fixture.root, 'good')
  const restart = {...fixture.spec('coder').restart, delayMs: 60_000, maxDelayMs: 60_000}
  await fixture.manager.install(fixture.spec('coder', `test -e '${good}' && exec sleep 1000; exit 1`, {restart}))
  await fixture.manager.start('coder')
  t.like(await fixture.reaches('coder', 'backoff'), {restarts: 1, lastExit: {code: 1, signal: null}})
  writeFileSync(good, '')
  await fixture.manager.start('coder')
  t.like(await fixture.reaches('coder', 'running'), {restarts: 1})
})

test('a changed definition leaves the running gateway alone and shows, until restart takes it', async t => {
  const fixture = new EmbeddedFixture(t)
  const {manager} = fixture
  const before = await manager.install(fixture.spec('coder'))
  await manager.start('coder')
  const running = await fixture.reaches('coder', 'running')
  const changed = await manager.install(fixture.spec('coder', 'exec sleep 2000'))
  t.like(changed, {pid: running.pid, specHash: before.specHash})
  await manager.restart('coder')
  const after = await eventually('another pid', async () => {
    const row = await fixture.status('coder')
    return row.pid !== null && row.pid !== running.pid && row
  })
  t.not(after.specHash, before.specHash)
  t.true(readFileSync(`/proc/${String(after.pid)}/cmdline`, 'utf8').includes('2000'))
})

test('registered gateways are listed, promoted by install without a restart, and refused twice', async t => {
  const fixture = new EmbeddedFixture(t)
  const {manager} = fixture
  const spec = fixture.spec('coder')
  await manager.registerProfileGateway('coder', {spec})
  const running = await fixture.reaches('coder', 'running')
  t.is(running.origin, 'registered')
  t.deepEqual(await manager.listProfileGateways(), ['coder'])
  await t.throwsAsync(manager.registerProfileGateway('coder', {spec, startNow: false}), {code: 'HSVC_ALREADY_EXISTS'})
  t.like(await manager.install(spec), {origin: 'installed', pid: running.pid, state: 'running'})
  t.deepEqual(await manager.listProfileGateways(), [])
  await t.throwsAsync(manager.unregisterProfileGateway('coder'), {code: 'HSVC_ALREADY_EXISTS'})
  await manager.uninstall('coder')
  t.false(lives(running.pid))
})

test('what was registered in an earlier life of the machine is no gateway, and its place is free', async t => {
  const fixture = new EmbeddedFixture(t)
  const {manager} = fixture
  await manager.registerProfileGateway('coder', {spec: fixture.spec('coder'), startNow: false})
  const path = join(fixture.directory('coder'), 'gateway.json')
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace(/"life": "[^"]+"/, '"life": "another-boot:1"'))
  t.deepEqual(await manager.status(), [])
  t.deepEqual(await manager.listProfileGateways(), [])
  await t.throwsAsync(manager.start('coder'), {code: 'HSVC_NOT_FOUND'})
  t.like(await manager.registerProfileGateway('coder', {spec: fixture.spec('coder'), startNow: false}), {
    state: 'stopped',
  })
  t.is(readFileSync(path, 'utf8').includes('another-boot'), false)
  await manager.unregisterProfileGateway('coder')
  t.false(existsSync(fixture.directory('coder')))
})

test('status is sorted, and a broken definition is unknown and said to be incomplete', async t => {
  const fixture = new EmbeddedFixture(t)
  const {manager} = fixture
  for (const profile of ['ops', 'coder', 'broken']) await manager.install(fixture.spec(profile))
  writeFileSync(join(fixture.directory('broken'), 'gateway.json'), '{')
  mkdirSync(join(fixture.context.paths.gateways, 'recorded-only'))
  mkdirSync(join(fixture.context.paths.gateways, 'Not A Profile'))
  const rows = await manager.status()
  t.deepEqual(
    rows.map(({profile, state}) => [profile, state]),
    [
      ['broken', 'unknown'],
      ['coder', 'stopped'],
      ['ops', 'stopped'],
    ],
  )
  t.regex(fixture.incomplete.join('\n'), /^broken: .*gateway\.json: /)
  await t.throwsAsync(manager.start('broken'), {message: /gateway\.json/})
  t.like(await manager.install(fixture.spec('broken')), {state: 'stopped'})
  await manager.uninstall('broken')
})

test('status rejects when it cannot look', async t => {
  const fixture = new EmbeddedFixture(t)
  writeFileSync(fixture.context.paths.gateways, 'a file in the place of the directory')
  await t.throwsAsync(fixture.manager.status(), {code: 'ENOTDIR'})
})

test('logs gives the lines with their times', async t => {
  const fixture = new EmbeddedFixture(t)
  await fixture.manager.install(fixture.spec('coder', 'echo one; echo two; exit 0'))
  await fixture.manager.start('coder')
  await fixture.reaches('coder', 'stopped')
  const lines = []
  for await (const line of fixture.manager.logs('coder', {lines: 10})) lines.push(line)
  t.deepEqual(
    lines.map(({text}) => text),
    ['one', 'two'],
  )
  t.true(lines.every(({at, profile}) => at !== null && !Number.isNaN(Date.parse(at)) && profile === 'coder'))
})

test('a verb ends soon after its signal aborts', async t => {
  const fixture = new EmbeddedFixture(t)
  await fixture.manager.install(fixture.spec('coder'))
  const controller = new AbortController()
  controller.abort()
  await t.throwsAsync(fixture.manager.start('coder', {signal: controller.signal}), {any: true, name: 'AbortError'})
  await eventually('no runner is left', () => fixture.runners().length === 0)
})

const nobody = process.geteuid?.() === 0 ? accountNamed('nobody') : null
const forAnother = nobody === null ? test.skip : test

forAnother(
  "root works for the owner of the profile root with that account's rights (needs root and an account nobody)",
  async t => {
    const {uid, gid} = nobody ?? {uid: 0, gid: 0}
    const parent = new EmbeddedFixture(t)
    chmodSync(parent.root, 0o755)
    const root = join(parent.root, 'home')
    mkdirSync(root)
    chownSync(root, uid, gid)
    const state = join(root, 'hermes-svc')
    const paths = {root, state, gateways: join(state, 'gateways'), logs: join(root, 'logs')}
    const manager = backend.create({...parent.context, paths})
    await manager.install(parent.spec('coder', 'id -u; exec sleep 1000'))
    await manager.start('coder')
    const [row] = await manager.status(['coder'])
    t.is(statSync(`/proc/${String(row?.pid)}`).uid, uid)
    t.is(statSync(join(paths.gateways, 'coder', 'embedded', 'environment')).uid, uid)
    t.deepEqual(await manager.facts(), {uid: 0, owner: 'nobody'})
    await manager.uninstall('coder')
    t.false(lives(row?.pid))
    await eventually('no runner is left', () => parent.runners().length === 0)
  },
)
