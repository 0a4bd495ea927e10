import {existsSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {DEFAULT_CONFIGURATION, type GatewayRequest, type GatewaySpec, hashSpec} from '@hermes-svc/core'
import {account, guardFixture, makeProfile, PROGRAM, rejection} from './fixtures/guard-fixture.js'
import {never} from './fixtures/fake-init.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}

test('install defines, starts and records', async t => {
  const {manager, init, record} = guardFixture(t)
  const status = await manager.install({...CODER, port: 8700, env: {KEY: 'value'}})
  t.like(status, {state: 'running', wanted: 'up', origin: 'installed', port: 8700, drift: null})
  t.false('specHash' in status)
  t.deepEqual(init.changes, ['install', 'start'])
  const kept = record('coder')
  t.like(kept, {schemaVersion: 1, profile: 'coder', backend: 'fake', wanted: 'up', path: '/usr/bin:/bin'})
  t.deepEqual(kept.request, {...CODER, port: 8700, env: {KEY: 'value'}})
  t.deepEqual(kept.spec, init.gateway('coder').spec)
})

test('install asks the backend for the definition only', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install(CODER)
  t.like(init.called('install')[0]?.options, {start: false})
})

test('install without start defines and wants it down', async t => {
  const {manager, init, record} = guardFixture(t)
  t.like(await manager.install(CODER, {start: false}), {state: 'stopped', wanted: 'down'})
  t.deepEqual(init.changes, ['install'])
  t.is(record('coder').wanted, 'down')
})

test('install again with an equal spec of a running gateway changes nothing', async t => {
  const {manager, init, record} = guardFixture(t)
  const first = await manager.install(CODER)
  const kept = record('coder')
  const second = await manager.install(CODER)
  t.is(second.pid, first.pid)
  t.deepEqual(init.changes, ['install', 'start'])
  t.deepEqual(record('coder'), kept)
})

test('install again with an equal spec starts a stopped gateway', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install(CODER)
  await manager.stop('coder')
  t.is((await manager.install(CODER)).state, 'running')
  t.is(init.called('install').length, 1)
})

test('install again with an equal spec and without start leaves a stopped gateway down', async t => {
  const {manager, record} = guardFixture(t)
  await manager.install(CODER)
  await manager.stop('coder')
  t.like(await manager.install(CODER, {start: false}), {state: 'stopped', wanted: 'down'})
  t.is(record('coder').wanted, 'down')
})

test('install with a different spec updates and restarts a running gateway', async t => {
  const {manager, init, record} = guardFixture(t)
  const first = await manager.install({...CODER, port: 8700})
  const second = await manager.install({...CODER, port: 8701})
  t.not(second.pid, first.pid)
  t.is(init.gateway('coder').spec?.port, 8701)
  t.is(record('coder').spec.port, 8701)
  t.is(init.called('restart').length, 1)
})

test('install with a different spec and without start updates and leaves a running gateway alone', async t => {
  const {manager, init, record} = guardFixture(t)
  const first = await manager.install({...CODER, port: 8700})
  const second = await manager.install({...CODER, port: 8701}, {start: false})
  t.is(second.pid, first.pid)
  t.is(second.wanted, 'up')
  t.is(init.gateway('coder').spec?.port, 8701)
  t.is(record('coder').wanted, 'up')
})

test('install remembers what earlier installs were told, unless forced to forget', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install({...CODER, port: 8700, env: {A: '1'}})
  await manager.install({profile: 'coder', env: {B: '2'}})
  t.is(init.gateway('coder').spec?.port, 8700)
  t.is(init.gateway('coder').spec?.env['A'], undefined, 'a field that is given replaces the earlier one whole')
  t.is(init.gateway('coder').spec?.env['B'], '2')
  await manager.install(CODER, {force: true})
  t.is(init.gateway('coder').spec?.port, null)
  t.deepEqual(record('coder').request, CODER)
})

test('install by force rewrites an equal definition and restarts it', async t => {
  const {manager, init} = guardFixture(t)
  const first = await manager.install(CODER)
  t.not((await manager.install(CODER, {force: true})).pid, first.pid)
  t.is(init.called('install').length, 2)
})

test('the PATH of the first install is kept, whoever asks later', async t => {
  const {manager, again, init} = guardFixture(t)
  await manager.install(CODER)
  await again({}, {env: {PATH: '/sbin', LANG: 'C'}}).install(CODER)
  t.is(init.called('install').length, 1)
  t.is(init.gateway('coder').spec?.env['PATH'], '/usr/bin:/bin')
})

test('a gateway keeps its scope when somebody installs it again who would get another one', async t => {
  const {manager, again, init} = guardFixture(t)
  await manager.install(CODER, {start: false})
  await again({scope: 'system'}).install(CODER, {start: false})
  t.is(init.gateway('coder').spec?.scope, 'user')
  await again({scope: 'system'}).install({...CODER, scope: 'system'}, {start: false})
  t.is(init.gateway('coder').spec?.scope, 'system')
})

test('install of a profile that Hermes does not have is refused, unless it has its own command', async t => {
  const {again, init} = guardFixture(t)
  const manager = again({
    assertProfileExists: profile => {
      throw Object.assign(new Error(`no ${profile}`), {name: 'HermesSvcError', code: 'HSVC_INVALID_SPEC'})
    },
  })
  await rejection(t, 'HSVC_INVALID_SPEC', manager.install({profile: 'coder'}))
  t.deepEqual(init.changes, [])
  await manager.install(CODER)
  t.pass()
})

test('install over a foreign definition is refused unless adopting', async t => {
  const {manager, init, record} = guardFixture(t)
  init.define('coder', {origin: 'foreign'})
  const error = await rejection(t, 'HSVC_ALREADY_EXISTS', manager.install(CODER))
  t.regex(error.hint ?? '', /--adopt/)
  await rejection(t, 'HSVC_ALREADY_EXISTS', manager.install(CODER, {force: true}))
  await rejection(t, 'HSVC_ALREADY_EXISTS', manager.preview(CODER))
  t.deepEqual(init.changes, [])
  await manager.install(CODER, {adopt: true})
  t.like(init.called('install')[0]?.options, {adopt: true})
  t.is(record('coder').backend, 'fake')
})

test('install of a gateway that another backend holds is refused, also by force: it would run twice', async t => {
  const {manager, records, record, init} = guardFixture(t)
  await manager.install(CODER, {start: false})
  init.gateways.clear()
  await records.write({...record('coder'), backend: 'systemd'})
  const error = await rejection(t, 'HSVC_ALREADY_EXISTS', manager.install(CODER))
  t.regex(error.message, /in systemd, not in fake/)
  t.regex(error.hint ?? '', /--backend systemd/)
  await rejection(t, 'HSVC_ALREADY_EXISTS', manager.install(CODER, {force: true}))
  t.is(record('coder').backend, 'systemd')
  await manager.install(CODER, {rehome: true})
  t.is(record('coder').backend, 'fake')
})

test('a rejected install of a new gateway leaves neither definition nor record', async t => {
  const {manager, init, records} = guardFixture(t)
  init.onLaunch = init.dyingAfter(100, 3)
  const error = await rejection(t, 'HSVC_START_FAILED', manager.install(CODER))
  t.is(error.lastExit?.code, 3)
  t.regex(error.hint ?? '', /^Nothing of it was kept/)
  t.false(init.gateways.has('coder'))
  t.is(records.read('coder'), null)
  t.deepEqual(records.profiles(), [])
})

test('an install whose definition is refused by the backend leaves neither definition nor record', async t => {
  const {manager, init, records} = guardFixture(t)
  init.before.install = () => {
    throw new Error('no')
  }
  await rejection(t, 'HSVC_INTERNAL', manager.install(CODER))
  t.false(init.gateways.has('coder'))
  t.is(records.read('coder'), null)
})

for (const [was, prepare] of [
  ['running', undefined],
  ['stopped', 'stop'],
] as const) {
  test(`a rejected update of a ${was} gateway puts definition, record and wanted back`, async t => {
    const {manager, init, record} = guardFixture(t)
    await manager.install({...CODER, port: 8700})
    if (prepare) await manager.stop('coder')
    const kept = record('coder')
    init.onLaunch = gateway => {
      if (gateway.spec?.port === 8701) init.dyingAfter(100, 3)(gateway)
    }
    await rejection(t, 'HSVC_START_FAILED', manager.install({...CODER, port: 8701}))
    const now = init.gateway('coder')
    t.is(now.spec?.port, 8700)
    t.is(now.wanted, was === 'running' ? 'up' : 'down')
    t.is(now.state, was)
    t.deepEqual(record('coder'), kept)
  })
}

test('a rejected start by install of an equal definition puts wanted back', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install(CODER)
  await manager.stop('coder')
  init.onLaunch = init.dyingAfter(100, 3)
  await rejection(t, 'HSVC_START_FAILED', manager.install(CODER))
  t.like(init.gateway('coder'), {wanted: 'down', state: 'stopped'})
  t.is(record('coder').wanted, 'down')
  t.is(init.called('install').length, 1)
})

test('install over a registered gateway promotes it, and leaves one that runs with an equal spec alone', async t => {
  const {manager, init, record} = guardFixture(t)
  const first = await manager.registerProfileGateway('coder', {request: CODER})
  t.is(first.origin, 'registered')
  const second = await manager.install(CODER)
  t.is(second.origin, 'installed')
  t.is(second.pid, first.pid)
  t.is(record('coder').wanted, 'up')
  t.is(init.called('restart').length, 0)
})

test('a rejected promotion makes it registered again', async t => {
  const {manager, init, records} = guardFixture(t)
  await manager.registerProfileGateway('coder', {request: CODER, startNow: false})
  const {spec} = init.gateway('coder')
  init.onLaunch = init.dyingAfter(100, 3)
  await rejection(t, 'HSVC_START_FAILED', manager.install(CODER))
  t.like(init.gateway('coder'), {origin: 'registered', wanted: 'down', state: 'stopped', spec})
  t.is(records.read('coder'), null)
})

test('a rejected promotion to another spec tells what remains, since the earlier one is not known', async t => {
  const {manager, init} = guardFixture(t)
  await manager.registerProfileGateway('coder', {request: CODER, startNow: false})
  init.onLaunch = init.dyingAfter(100, 3)
  const error = await rejection(t, 'HSVC_ROLLBACK_FAILED', manager.install({...CODER, port: 8701}))
  t.deepEqual(error.remains, ['/fake/coder'])
  t.is((error.cause as {code?: string}).code, 'HSVC_START_FAILED')
})

test('what is put back is what stood, never just what a record says', async t => {
  const {manager, init, records, record} = guardFixture(t)
  await manager.install({...CODER, port: 8700})
  const kept = record('coder')
  await records.write({...kept, spec: {...kept.spec, account: 'root'}})
  init.onLaunch = init.dyingAfter(100, 3)
  await rejection(t, 'HSVC_ROLLBACK_FAILED', manager.install({...CODER, port: 8701}))
  t.is(init.gateway('coder').spec?.account, 'owner')
})

test('where undoing an install fails, HSVC_ROLLBACK_FAILED lists what remains', async t => {
  const {manager, init} = guardFixture(t)
  init.onLaunch = init.dyingAfter(100, 3)
  init.before.uninstall = () => {
    throw new Error('it will not go')
  }
  const error = await rejection(t, 'HSVC_ROLLBACK_FAILED', manager.install(CODER))
  t.deepEqual(error.remains, ['/fake/coder'])
  t.regex(error.message, /started and died.*it will not go/)
  t.is((error.cause as {code?: string}).code, 'HSVC_START_FAILED')
})

test('a record that cannot be written is told as such when nothing had to be undone', async t => {
  const {again, init, records, record} = guardFixture(t)
  await again().install({...CODER, port: 8700})
  const kept = record('coder')
  const full = Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'})
  const write = (): never => {
    throw full
  }
  const manager = again({records: Object.assign(Object.create(records) as typeof records, {write, read: () => kept})})
  await rejection(t, 'HSVC_TOOL_FAILED', manager.install({...CODER, port: 8701}))
  t.is(init.gateway('coder').spec?.port, 8700)
})

test('the record is written before the definition, so that whoever comes next knows what was asked for', async t => {
  const {manager, init, record} = guardFixture(t)
  let wanted: string | undefined
  init.before.install = () => {
    wanted = record('coder').wanted
  }
  await manager.install(CODER)
  t.is(wanted, 'up')
})

test('one more than the init system holds is HSVC_CAPACITY, and nothing is written', async t => {
  const {manager, init, records} = guardFixture(t, {capabilities: {maxGateways: 2}})
  await manager.install({...CODER, profile: 'one'}, {start: false})
  await manager.install({...CODER, profile: 'two'}, {start: false})
  await rejection(t, 'HSVC_CAPACITY', manager.install(CODER))
  await rejection(t, 'HSVC_CAPACITY', manager.registerProfileGateway('coder', {request: CODER}))
  t.deepEqual(records.profiles(), ['one', 'two'])
  await manager.install({...CODER, profile: 'two', port: 8700}, {start: false})
  t.is(init.gateways.size, 2)
})

test('a value that the user set and the backend cannot express is refused before anything is touched', async t => {
  const {manager, init, records} = guardFixture(t, {
    capabilities: {giveUp: false, runAsUser: false},
    layers: [{source: 'test', data: {restart: {giveUpAfter: 3}}}],
  })
  const error = await rejection(t, 'HSVC_INVALID_SPEC', manager.install(CODER))
  t.regex(error.message, /restart\.giveUpAfter/)
  t.deepEqual(init.changes, [])
  t.is(records.read('coder'), null)
})

test('a default that the backend cannot meet becomes a warning', async t => {
  const {manager, warnings} = guardFixture(t, {capabilities: {fatalExitCodes: false, backoff: 'fixed'}})
  await manager.install(CODER, {start: false})
  t.true(warnings.some(warning => warning.startsWith('coder: restart.fatalExitCodes')))
  t.true(warnings.some(warning => warning.startsWith('coder: restart.maxDelay')))
  t.true(warnings.includes('coder: the fake notes this'))
})

test('an account that the user names reaches the spec and is never recorded', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install({...CODER, account: 'worker'}, {start: false})
  t.is(init.gateway('coder').spec?.account, 'worker')
  t.is(init.gateway('coder').spec?.env['USER'], 'worker')
  t.false('account' in record('coder').request)
})

test('an account that the machine does not have is HSVC_INVALID_SPEC', async t => {
  const {manager, init} = guardFixture(t)
  await rejection(t, 'HSVC_INVALID_SPEC', manager.install({...CODER, account: 'nemo'}))
  t.deepEqual(init.changes, [])
})

test('root installs a gateway for the owner of the root', async t => {
  const {again, init} = guardFixture(t)
  const manager = again({account: account('hermes', 3000)}, {caller: {uid: 0, gid: 0, home: '/root'}})
  await manager.install(CODER, {start: false})
  t.like(init.gateway('coder').spec, {account: 'hermes'})
  t.like(init.gateway('coder').spec?.env, {HOME: '/home/hermes', USER: 'hermes'})
})

test('install by root over an install by the owner of the root is of an equal spec and changes nothing', async t => {
  const {manager, again, init, record} = guardFixture(t)
  await manager.install(CODER)
  const hash = hashSpec(record('coder').spec)
  await again({}, {caller: {uid: 0, gid: 0, home: '/root'}}).install(CODER)
  t.is(hashSpec(record('coder').spec), hash)
  t.is(record('coder').spec.account, 'owner')
  t.deepEqual(init.changes, ['install', 'start'])
})

test('adopting without a start keeps what the record wants, whatever the foreign definition wants', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install(CODER, {start: false})
  for (const [recorded, wanted] of [
    ['down', 'up'],
    ['up', 'down'],
  ] as const) {
    if (recorded === 'up') await manager.start('coder')
    init.define('coder', {origin: 'foreign', wanted})
    await manager.install(CODER, {start: false, adopt: true})
    t.is(record('coder').wanted, recorded)
  }
  init.define('other', {origin: 'foreign', wanted: 'up'})
  await manager.install({...CODER, profile: 'other'}, {start: false, adopt: true})
  t.is(record('other').wanted, 'up', 'without a record')
})

test('only another account needs a backend that can change it', async t => {
  const {manager, again, init, warnings} = guardFixture(t, {capabilities: {runAsUser: false}})
  await manager.install({...CODER, account: 'owner'}, {start: false})
  t.false(warnings.some(warning => warning.includes('account')))
  await rejection(t, 'HSVC_INVALID_SPEC', manager.install({...CODER, account: 'worker'}))
  t.deepEqual(init.changes, ['install'])
  await again({}, {caller: {uid: 0, gid: 0, home: '/root'}}).install(CODER, {start: false})
  t.true(warnings.includes('coder: account: the gateway runs as the installing account'))
})

test('the command of the backend’s configuration is used unless the user gives an ARGV or sets hermes.command', async t => {
  const {backend, context, again, init, root} = guardFixture(t)
  makeProfile(root, 'coder')
  const seen: unknown[] = []
  const asking = {
    ...backend,
    command(configuration: unknown) {
      seen.push(configuration)
      return {words: [PROGRAM, '{profile}'], directories: []}
    },
  }
  const hermes = {...DEFAULT_CONFIGURATION.hermes, command: [PROGRAM, 'set']}
  const configuration = {...DEFAULT_CONFIGURATION, hermes}
  const argvOf = async (request: GatewayRequest, userSet: string[]): Promise<readonly string[] | undefined> => {
    await again({configuration, userSet}, {}, asking).install(request, {start: false, force: true})
    return init.gateway('coder').spec?.argv
  }
  t.deepEqual(await argvOf({profile: 'coder'}, []), [PROGRAM, 'coder'])
  t.is(seen[0], context.configuration)
  t.deepEqual(await argvOf({profile: 'coder'}, ['hermes.command']), [PROGRAM, 'set'])
  t.deepEqual(await argvOf(CODER, []), CODER.argv)
  t.is(seen.length, 1)
  const none = {...backend, command: () => null}
  await again({configuration}, {}, none).install({profile: 'coder'}, {start: false, force: true})
  t.deepEqual(init.gateway('coder').spec?.argv, [PROGRAM, 'set'])
})

test('a configuration that the backend refuses is refused before anything is touched', async t => {
  const {backend, context, again, init, root} = guardFixture(t)
  makeProfile(root, 'coder')
  const command = (): never => {
    throw context.error('HSVC_CONFIG_INVALID', 'backends.fake.dialect: expected reference, got other')
  }
  await rejection(t, 'HSVC_CONFIG_INVALID', again({}, {}, {...backend, command}).install({profile: 'coder'}))
  t.deepEqual(init.changes, [])
})

test('install takes a whole spec', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install({...CODER, port: 8700}, {start: false})
  const spec = init.gateway('coder').spec as GatewaySpec
  await manager.install(spec, {start: false})
  t.is(hashSpec(init.gateway('coder').spec as GatewaySpec), hashSpec(spec))
  t.is(init.called('install').length, 1)
})

test('preview shows what install would do and touches nothing', async t => {
  const {manager, init, records, root} = guardFixture(t)
  makeProfile(root, 'coder')
  t.is((await manager.preview(CODER)).change, 'create')
  t.deepEqual(init.changes, [])
  t.is(records.read('coder'), null)
  await manager.install(CODER, {start: false})
  const same = await manager.preview(CODER)
  t.is(same.change, 'none')
  t.deepEqual(same.plan.notes, ['the fake notes this'])
  t.deepEqual(same.warnings, ['the fake notes this'])
  t.is((await manager.preview({...CODER, port: 8700})).change, 'update')
  t.is((await manager.preview(CODER, {force: true})).change, 'update')
  t.is((await manager.preview({...CODER, profile: 'c'.repeat(70)})).warnings.length, 2, 'Hermes refuses that name')
})

test('preview of a registered gateway is an update, because it promotes', async t => {
  const {manager} = guardFixture(t)
  await manager.registerProfileGateway('coder', {request: CODER, startNow: false})
  t.is((await manager.preview(CODER)).change, 'update')
})

test('uninstall stops, removes and says what it removed', async t => {
  const {manager, init, records} = guardFixture(t)
  await manager.install(CODER)
  const removed = await manager.uninstall('coder')
  t.deepEqual(removed, {profile: 'coder', removed: ['/fake/coder', records.directory('coder')], kept: []})
  t.is(records.read('coder'), null)
  t.false(init.gateways.has('coder'))
  t.deepEqual(init.changes, ['install', 'start', 'stop', 'uninstall'])
})

test('uninstall says that it removed the record only, where a backend keeps something beside it', async t => {
  const {manager, records} = guardFixture(t)
  await manager.install(CODER)
  const kept = join(records.directory('coder'), 'fake')
  mkdirSync(kept)
  const {removed} = await manager.uninstall('coder')
  t.deepEqual(removed, ['/fake/coder', join(records.directory('coder'), 'record.json')])
  t.true(existsSync(kept))
})

test('uninstall resolves only when nothing is left', async t => {
  const {manager, init, clock} = guardFixture(t)
  await manager.install(CODER)
  const uninstalled = init.gateways.delete.bind(init.gateways)
  init.gateways.delete = profile => {
    void clock.sleep(2000).then(() => uninstalled(profile))
    return true
  }
  await manager.uninstall('coder')
  t.true(clock.monotonic() > 3000)
})

test('uninstall of an unknown profile resolves', async t => {
  const {manager, records} = guardFixture(t)
  t.deepEqual(await manager.uninstall('coder'), {profile: 'coder', removed: [], kept: []})
  t.deepEqual(records.profiles(), [])
})

test('uninstall of a gateway of which only the record is left removes that', async t => {
  const {manager, init, records} = guardFixture(t)
  await manager.install(CODER)
  init.gateways.clear()
  t.deepEqual((await manager.uninstall('coder')).removed, [records.directory('coder')])
  t.is(records.read('coder'), null)
})

test('uninstall keeps the record of another backend', async t => {
  const {manager, init, records, record} = guardFixture(t)
  await manager.install(CODER)
  init.gateways.clear()
  await records.write({...record('coder'), backend: 'systemd'})
  t.deepEqual((await manager.uninstall('coder')).removed, [])
  t.is(record('coder').backend, 'systemd')
})

test('uninstall of a foreign definition is refused, and says how it can be removed all the same', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder', {origin: 'foreign'})
  const {hint} = await rejection(t, 'HSVC_ALREADY_EXISTS', manager.uninstall('coder'))
  t.is(hint, 'hermes-svc gateway install coder --adopt takes it over and keeps a backup; then uninstall removes it')
  t.deepEqual(init.changes, [])
})

test('a rejected uninstall leaves definition, record and wanted as they were', async t => {
  const {manager, init, record} = guardFixture(t)
  await manager.install(CODER)
  const kept = record('coder')
  init.before.uninstall = () => {
    throw new Error('the tool broke')
  }
  await rejection(t, 'HSVC_INTERNAL', manager.uninstall('coder'))
  t.like(init.gateway('coder'), {wanted: 'up', state: 'running'})
  t.deepEqual(record('coder'), kept)
})

test('a timed-out uninstall leaves wanted as it was', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install(CODER)
  init.before.uninstall = never
  await rejection(t, 'HSVC_TIMEOUT', manager.uninstall('coder'))
  t.like(init.gateway('coder'), {wanted: 'up', state: 'running'})
})

test('an equal definition of which parts are gone shows as drift, and install makes it whole without a restart', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install(CODER)
  const gateway = init.gateway('coder')
  const {pid} = gateway
  gateway.damaged = true
  const [row] = await manager.status(['coder'])
  t.like(row, {state: 'running', drift: true})
  t.false(Object.hasOwn(row ?? {}, 'damaged'))
  t.deepEqual(await manager.inspect('coder'), {ownCommand: true, damaged: true})
  await manager.install(CODER)
  t.like(gateway, {damaged: false, pid})
  t.is((await manager.status(['coder']))[0]?.drift, false)
})
