import test from 'ava'
import {DEFAULT_CONFIGURATION, guard, type LogLine} from '@hermes-svc/core'
import {FakeManager} from './fixtures/fake-init.js'
import {account, guardFixture, PROGRAM, rejection} from './fixtures/guard-fixture.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}

async function linesOf(logs: AsyncIterable<LogLine>): Promise<string[]> {
  const lines: string[] = []
  for await (const {text} of logs) lines.push(text)
  return lines
}

test('status is sorted by profile, whatever order the backend has', async t => {
  const {manager, init} = guardFixture(t)
  for (const profile of ['zed', 'alpha', 'mid-1', 'mid_1']) init.define(profile)
  t.deepEqual(
    (await manager.status()).map(row => row.profile),
    ['alpha', 'mid-1', 'mid_1', 'zed'],
  )
})

test('status asks the backend once, however many gateways there are', async t => {
  const {manager, init} = guardFixture(t)
  for (let index = 0; index < 50; index += 1) init.define(`p${String(index)}`)
  await manager.status()
  await manager.status(['p1', 'p2', 'p3'])
  t.is(init.called('status').length, 2)
})

test('a status shows no hash of a definition', async t => {
  const {manager} = guardFixture(t)
  await manager.install(CODER)
  for (const row of [...(await manager.status()), ...(await manager.status(['coder']))]) t.false('specHash' in row)
})

test('a status does not show whether the command is the user’s own', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install(CODER)
  t.true((await manager.status()).every(row => !('ownCommand' in row)))
  t.deepEqual(await new FakeManager('fake', init).status().then(rows => rows.map(row => row.ownCommand)), [true])
})

test('drift is null in a list, false while install would write the same, true when not', async t => {
  const {manager, again} = guardFixture(t)
  await manager.install(CODER, {start: false})
  t.is((await manager.status())[0]?.drift, null)
  t.is((await manager.status(['coder']))[0]?.drift, false)
  const configuration = {...DEFAULT_CONFIGURATION, stop: {timeoutMs: 1000}}
  t.is((await again({configuration}).status(['coder']))[0]?.drift, true)
})

test('drift does not depend on who asks', async t => {
  const {manager, again} = guardFixture(t)
  await manager.install(CODER, {start: false})
  const env = {PATH: '/elsewhere', LC_ALL: 'tr_TR.UTF-8', HOME: '/nowhere', SUDO_USER: 'x', TZ: 'Asia/Tokyo'}
  t.is((await again({}, {env}).status(['coder']))[0]?.drift, false)
})

test('drift does not depend on whether root asks or the account that the gateway runs as', async t => {
  const {again} = guardFixture(t, {host: {account: account('hermes', 3000)}})
  const asRoot = again({scope: 'system'}, {caller: {uid: 0, gid: 0, home: '/root'}})
  const asHermes = again({scope: 'user'}, {caller: {uid: 3000, gid: 3000, home: '/home/hermes'}})
  await asRoot.install(CODER, {start: false})
  await asHermes.install({...CODER, profile: 'own'}, {start: false})
  for (const manager of [asRoot, asHermes]) {
    t.deepEqual(
      (await manager.status(['coder', 'own'])).map(row => row.drift),
      [false, false],
    )
  }
})

test('drift is true where the definition is not the one that was recorded', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install(CODER, {start: false})
  const gateway = init.gateway('coder')
  if (gateway.spec) gateway.spec = {...gateway.spec, account: 'root'}
  t.is((await manager.status(['coder']))[0]?.drift, true)
})

test('drift is null for what has no record', async t => {
  const {manager, init} = guardFixture(t)
  init.define('foreign', {origin: 'foreign'})
  await manager.registerProfileGateway('reg', {request: {...CODER, profile: 'reg'}})
  t.deepEqual(
    (await manager.status(['foreign', 'reg'])).map(row => row.drift),
    [null, null],
  )
})

test('drift is null with a warning where install would fail now', async t => {
  const {manager, again, warnings} = guardFixture(t)
  await manager.install(CODER, {start: false})
  const other = again({accountNamed: () => null}, {})
  t.is((await other.status(['coder']))[0]?.drift, false)
  const hermes = {...DEFAULT_CONFIGURATION.hermes, user: 'nemo'}
  const broken = again({configuration: {...DEFAULT_CONFIGURATION, hermes}})
  t.is((await broken.status(['coder']))[0]?.drift, null)
  t.true(warnings.some(warning => /install would fail now.*nemo/.test(warning)))
})

test('a gateway that is only recorded is shown as stopped, without a definition', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install({...CODER, port: 8700})
  init.gateways.clear()
  const [row] = await manager.status()
  t.like(row, {profile: 'coder', state: 'stopped', wanted: 'up', definition: null, port: 8700, origin: 'installed'})
  t.is((await manager.status(['coder'])).length, 1)
})

test('a record of another backend is no gateway of this one', async t => {
  const {manager, init, records, record} = guardFixture(t)
  await manager.install(CODER)
  init.gateways.clear()
  await records.write({...record('coder'), backend: 'systemd'})
  t.deepEqual(await manager.status(), [])
  await rejection(t, 'HSVC_NOT_FOUND', manager.status(['coder']))
})

test('rows that were not asked for are left out', async t => {
  const {init, backend, context, again} = guardFixture(t)
  init.define('a')
  init.define('b')
  const inner = backend.create(context)
  t.is((await inner.status()).length, 2)
  const all = {
    ...backend,
    create: () => Object.assign(Object.create(inner) as typeof inner, {status: () => inner.status()}),
  }
  t.is((await again({}, {}, all).status(['a'])).length, 1)
})

test('status rejects rather than answer that nothing is there when it could not look', async t => {
  const {manager, init} = guardFixture(t)
  init.before.status = () => {
    throw Object.assign(new Error('EACCES: permission denied'), {code: 'EACCES'})
  }
  const error = await rejection(t, 'HSVC_PERMISSION_DENIED', manager.status())
  t.like(error, {backend: 'fake', verb: 'status'})
})

test('a record that cannot be read makes a list incomplete where nothing else tells of its gateway', async t => {
  const {manager, records, record, incomplete, init} = guardFixture(t)
  await manager.install(CODER)
  await records.write({...record('coder'), schemaVersion: 2 as 1})
  t.is((await manager.status()).length, 1)
  t.is(incomplete.length, 0)
  await rejection(t, 'HSVC_UNEXPECTED_OUTPUT', manager.status(['coder']))
  init.gateways.delete('coder')
  t.is((await manager.status()).length, 0)
  t.is(incomplete.length, 1)
  t.regex(incomplete[0] ?? '', /^coder: .*schemaVersion 1 or older, got 2/)
})

test('logs are those of the backend', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder', {lines: ['one', 'two', 'three']})
  t.deepEqual(await linesOf(manager.logs('coder', {lines: 2})), ['two', 'three'])
  await rejection(t, 'HSVC_NOT_FOUND', linesOf(manager.logs('nobody')))
})

test('logs that fail on the way reject with an error of the contract', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder')
  init.before.logs = () => {
    throw Object.assign(new Error('EIO'), {code: 'EIO'})
  }
  t.like(await rejection(t, 'HSVC_TOOL_FAILED', linesOf(manager.logs('coder'))), {verb: 'logs', profile: 'coder'})
})

test('without logs, or without following, logs reject HSVC_UNSUPPORTED before anything is touched', async t => {
  const silent = guardFixture(t, {capabilities: {logs: 'none'}})
  await rejection(t, 'HSVC_UNSUPPORTED', linesOf(silent.manager.logs('coder')))
  t.deepEqual(silent.init.calls, [])
  const still = guardFixture(t, {capabilities: {follow: false}})
  await rejection(t, 'HSVC_UNSUPPORTED', linesOf(still.manager.logs('coder', {follow: true})))
  t.deepEqual(still.init.calls, [])
})

test('a start that fails where there are no logs has an empty log tail', async t => {
  const {manager, init} = guardFixture(t, {capabilities: {logs: 'none'}})
  init.define('coder')
  init.onLaunch = init.dyingAfter(10, 1)
  t.deepEqual((await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))).logTail, [])
  t.deepEqual(init.called('logs'), [])
})

test('plan refuses what the backend cannot express with an error of the contract', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install(CODER, {start: false})
  const {spec} = init.gateway('coder')
  if (!spec) throw new Error('expected a spec')
  t.deepEqual(manager.plan(spec, {}).notes, ['the fake notes this'])
  const limited = guardFixture(t, {capabilities: {scopes: ['container']}})
  t.throws(() => limited.manager.plan(spec, {}), {code: 'HSVC_INVALID_SPEC', message: /^scope: the fake backend/})
})

test('facts that cannot be had reject with an error of the contract', async t => {
  const {manager, init} = guardFixture(t)
  t.deepEqual(await manager.facts(), {version: 1})
  init.before.facts = () => {
    throw new TypeError('undefined is not a function')
  }
  t.like(await rejection(t, 'HSVC_INTERNAL', manager.facts()), {backend: 'fake', verb: 'facts'})
})

test('a backend whose create throws or gives something else is told with an error of the contract', t => {
  const {backend, context} = guardFixture(t)
  const host = {} as Parameters<typeof guard>[2]
  const broken = {...backend, create: (): never => JSON.parse('{') as never}
  t.throws(() => guard(broken, context, host), {code: 'HSVC_INTERNAL', name: 'HermesSvcError'})
  const empty = {...backend, create: () => ({kind: 'fake'}) as never}
  t.throws(() => guard(empty, context, host), {code: 'HSVC_INTERNAL', message: /without start, stop/})
})
