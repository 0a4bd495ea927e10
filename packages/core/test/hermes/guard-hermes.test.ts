import {existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {findWriter, HermesState, HomeFiles, serviceError} from '@hermes-svc/core'
// Loaded before time begins: the virtual clock does not wait for the disk.
import '../../dist/hermes/desired-state.js'
import {type GuardFixture, guardFixture, makeProfile, PROGRAM, rejection} from '../fixtures/guard-fixture.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}
const MARKER = '.gateway-planned-stop.json'

interface Machine extends GuardFixture {
  readonly home: string
  readonly warned: string[]
  state(): Record<string, unknown>
  write(state: unknown): void
}

/** A guard that shares state with Hermes, in a root with the profile `coder`. */
function machine(t: ExecutionContext, platform: NodeJS.Platform = process.platform): Machine {
  const fixture = guardFixture(t)
  const {root, clock} = fixture
  const warned: string[] = []
  const uid = process.geteuid?.() ?? null
  const caller = {uid, gid: process.getegid?.() ?? null, home: '/'}
  const homes = new HomeFiles(root, caller, findWriter(caller, root))
  const hermes = new HermesState({root, homes, clock, warn: message => warned.push(message), platform})
  makeProfile(root, 'coder')
  const home = join(root, 'profiles', 'coder')
  const path = join(home, 'gateway_state.json')
  return {
    ...fixture,
    manager: fixture.again({hermes}),
    home,
    warned,
    state: () => JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>,
    write: state => {
      writeFileSync(path, typeof state === 'string' ? state : JSON.stringify(state))
    },
  }
}

test('what is wanted is noted in Hermes’ state by install, stop, start, restart and uninstall', async t => {
  const {manager, state, records} = machine(t)
  await manager.install(CODER)
  t.is(state()['desired_state'], 'running')
  t.true(records.read('coder')?.mirrored)
  await manager.stop('coder')
  t.is(state()['desired_state'], 'stopped')
  await manager.start('coder')
  t.is(state()['desired_state'], 'running')
  await manager.stop('coder')
  await manager.restart('coder')
  t.is(state()['desired_state'], 'running')
})

test('uninstall notes that nothing is wanted, and leaves no state where Hermes never had one', async t => {
  const {manager, state, write, home} = machine(t)
  await manager.install(CODER)
  await manager.uninstall('coder')
  t.false(existsSync(join(home, 'gateway_state.json')))
  await manager.install(CODER)
  write({...state(), gateway_state: 'running'})
  await manager.uninstall('coder')
  t.deepEqual(state(), {gateway_state: 'running', desired_state: 'stopped'})
})

test('the wish of a registered gateway is noted as well', async t => {
  const {manager, state, write} = machine(t)
  await manager.registerProfileGateway('coder', {request: CODER})
  t.is(state()['desired_state'], 'running')
  write({...state(), gateway_state: 'running'})
  await manager.unregisterProfileGateway('coder')
  t.is(state()['desired_state'], 'stopped')
})

test('every other key of Hermes’ state is kept', async t => {
  const {manager, state, write} = machine(t)
  write({gateway_state: 'running', platforms: {telegram: {state: 'connected'}}, updated_at: 1_772_359_200})
  await manager.install(CODER)
  t.deepEqual(state(), {
    gateway_state: 'running',
    platforms: {telegram: {state: 'connected'}},
    updated_at: 1_772_359_200,
    desired_state: 'running',
  })
})

test('a state that says the same is not written again', async t => {
  const {manager, home} = machine(t)
  await manager.install(CODER)
  const before = statSync(join(home, 'gateway_state.json'))
  await manager.start('coder')
  t.is(statSync(join(home, 'gateway_state.json')).ino, before.ino)
})

test('a gateway that is only defined leaves it to Hermes to begin its state', async t => {
  const {manager, home, records} = machine(t)
  await manager.install(CODER, {start: false})
  t.false(existsSync(join(home, 'gateway_state.json')))
  t.true(records.read('coder')?.mirrored)
})

test('what a gateway wrote back while it ended does not undo the wish', async t => {
  const {manager, init, state, write} = machine(t)
  await manager.install(CODER)
  init.onStop = gateway => {
    Object.assign(gateway, {pid: null, state: 'stopped'})
    write({gateway_state: 'stopped', desired_state: 'running'})
  }
  await manager.stop('coder')
  t.deepEqual(state(), {gateway_state: 'stopped', desired_state: 'stopped'})
})

test('a start that is rejected puts Hermes’ wish back', async t => {
  const {manager, init, state} = machine(t)
  await manager.install(CODER)
  await manager.stop('coder')
  init.onLaunch = gateway => {
    init.die(gateway, 1)
  }
  await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))
  t.is(state()['desired_state'], 'stopped')
})

test('a first install that is rejected leaves no state where there was none', async t => {
  const {manager, init, home} = machine(t)
  init.onLaunch = gateway => {
    init.die(gateway, 1)
  }
  await rejection(t, 'HSVC_START_FAILED', manager.install(CODER))
  t.false(existsSync(join(home, 'gateway_state.json')))
})

test('a first install that is rejected leaves Hermes’ wish as it was', async t => {
  const {manager, init, state, write} = machine(t)
  write({desired_state: 'stopped', other: 1})
  init.onLaunch = gateway => {
    init.die(gateway, 1)
  }
  await rejection(t, 'HSVC_START_FAILED', manager.install(CODER))
  t.deepEqual(state(), {desired_state: 'stopped', other: 1})
})

test('the gateway is told of a planned stop before it gets a signal, and the note is taken back afterwards', async t => {
  const {manager, init, home} = machine(t)
  await manager.install(CODER)
  const {pid} = init.gateway('coder')
  const seen: unknown[] = []
  const look = (): void => {
    seen.push(JSON.parse(readFileSync(join(home, MARKER), 'utf8')))
  }
  init.before.stop = look
  init.before.restart = look
  await manager.stop('coder')
  t.like(seen[0], {target_pid: pid, stopper_pid: process.pid})
  t.regex((seen[0] as {written_at: string}).written_at, /^2030-01-01T00:00:.*\+00:00$/)
  t.false(existsSync(join(home, MARKER)))
  await manager.start('coder')
  const {pid: next} = init.gateway('coder')
  await manager.restart('coder')
  t.like(seen[1], {target_pid: next})
  t.false(existsSync(join(home, MARKER)))
  init.before.stop = look
  await manager.uninstall('coder')
  t.is(seen.length, 3)
})

test('on Windows it is Hermes’ own process that is told, which a launcher has started, and the launcher where that is not known', async t => {
  const {manager, init, home, write} = machine(t, 'win32')
  await manager.install(CODER)
  const told: unknown[] = []
  init.before.stop = (): void => {
    told.push((JSON.parse(readFileSync(join(home, MARKER), 'utf8')) as {target_pid: unknown}).target_pid)
  }
  const launcher = init.gateway('coder').pid
  await manager.stop('coder')
  await manager.start('coder')
  write({gateway_state: 'running', pid: process.ppid})
  await manager.stop('coder')
  t.deepEqual(told, [launcher, process.ppid])
  t.false(existsSync(join(home, MARKER)))
})

test('a stop that is rejected, and an adoption, leave no note behind', async t => {
  const {manager, init, home} = machine(t)
  await manager.install(CODER)
  init.before.stop = () => {
    t.true(existsSync(join(home, MARKER)))
    throw serviceError('HSVC_PERMISSION_DENIED', 'not you')
  }
  await rejection(t, 'HSVC_PERMISSION_DENIED', manager.stop('coder'))
  t.false(existsSync(join(home, MARKER)))
  init.before.stop = undefined
  await manager.uninstall('coder')

  init.launch(init.define('coder', {origin: 'foreign', wanted: 'up'}))
  init.before.install = () => {
    t.true(existsSync(join(home, MARKER)))
    throw serviceError('HSVC_PERMISSION_DENIED', 'not you')
  }
  await t.throwsAsync(manager.install(CODER, {adopt: true}))
  t.false(existsSync(join(home, MARKER)))
  init.before.install = undefined
  await manager.install(CODER, {adopt: true})
  t.false(existsSync(join(home, MARKER)))
})

test('the note of a stop that somebody else plans is left alone', async t => {
  const {manager, init, home} = machine(t)
  await manager.install(CODER)
  init.onStop = gateway => {
    Object.assign(gateway, {pid: null, state: 'stopped'})
    writeFileSync(join(home, MARKER), '{"target_pid":1}')
  }
  await manager.stop('coder')
  t.is(readFileSync(join(home, MARKER), 'utf8'), '{"target_pid":1}')
})

test('a profile that Hermes does not have gets no files of Hermes’', async t => {
  const {manager, root, records} = machine(t)
  await manager.install({profile: 'web', argv: [PROGRAM]})
  await manager.install({profile: 'default', argv: [PROGRAM]})
  await manager.stop('web')
  t.false(existsSync(join(root, 'profiles', 'web')))
  t.false(existsSync(join(root, 'gateway_state.json')))
  t.falsy(records.read('web')?.mirrored)
})

test('a state that cannot be written is a warning, and the verb goes on', async t => {
  const {manager, init, home, warned, records} = machine(t)
  mkdirSync(join(home, 'gateway_state.json'))
  await manager.install(CODER)
  t.is(init.gateway('coder').state, 'running')
  t.regex(warned.join('\n'), /coder: gateway_state\.json in its home is left alone: EISDIR/)
  t.falsy(records.read('coder')?.mirrored)
})

test('status of named gateways has the health that Hermes reports; a list has none', async t => {
  const {manager, init, write, home} = machine(t)
  await manager.install(CODER)
  const {pid} = init.gateway('coder')
  write({
    gateway_state: 'degraded',
    pid,
    platforms: {telegram: {state: 'fatal', error_code: 'bad_token'}},
    updated_at: 0,
  })
  const [row] = await manager.status(['coder'])
  t.deepEqual(row?.health, {
    state: 'degraded',
    reason: 'telegram fatal (bad_token)',
    at: '1970-01-01T00:00:00.000Z',
  })
  t.is((await manager.status())[0]?.health, null)
  rmSync(join(home, 'gateway_state.json'))
  t.is((await manager.status(['coder']))[0]?.health, null)
})
