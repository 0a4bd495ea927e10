import {existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {type Host, type HostOptions, type ReconcileOptions} from '@hermes-svc/core'
import {reconcile} from '../dist/reconcile/reconcile.js'
import {makeProfile, PROGRAM} from './fixtures/guard-fixture.js'
import {type HostFixture, hostFixture} from './fixtures/host-fixture.js'

interface Machine extends HostFixture {
  /** The host of the next program on it. */
  next(options?: Partial<HostOptions>): Host
  home(profile: string): string
  note(profile: string, state: unknown): void
  desired(profile: string): unknown
}

/** A machine whose Hermes has these profiles, and whose backend can register. */
function machineWith(t: ExecutionContext, ...profiles: string[]): Machine {
  const fixture = hostFixture(t)
  for (const profile of profiles) makeProfile(fixture.root, profile)
  const layers = [{source: 'x', data: {hermes: {command: [PROGRAM]}}}]
  const home = (profile: string): string =>
    profile === 'default' ? fixture.root : join(fixture.root, 'profiles', profile)
  return {
    ...fixture,
    next: options => fixture.host([fixture.package('here')], {layers, ...options}),
    home,
    note: (profile, state) => {
      writeFileSync(join(home(profile), 'gateway_state.json'), JSON.stringify(state))
    },
    desired: profile =>
      (JSON.parse(readFileSync(join(home(profile), 'gateway_state.json'), 'utf8')) as {desired_state?: unknown})
        .desired_state,
  }
}

/** What reconciling did, a line each, without what it left alone. */
async function done(host: Host, options: ReconcileOptions = {}): Promise<string[]> {
  const {actions, errors} = await host.reconcile(options)
  return [
    ...actions
      .filter(({action}) => action !== 'none')
      .map(({profile, action, reason}) => `${profile} ${action}: ${reason}`),
    ...errors.map(({profile, code}) => `${profile} ${code}`),
  ]
}

async function reasonOf(host: Host, profile: string): Promise<string | undefined> {
  return (await host.reconcile()).actions.find(action => action.profile === profile)?.reason
}

/** A host whose backend says that it is in a container. */
function container(machine: Machine): Host {
  const detect = `return {presence: 'available', scope: 'container', evidence: []}`
  const layers = [{source: 'x', data: {hermes: {command: [PROGRAM]}}}]
  return machine.host([machine.package('here', detect)], {layers})
}

const NOT_ASKED = 'Hermes has the profile; not started: nobody asked for it'

test('a profile that nobody installed is registered, and started where Hermes has noted that it should run', async t => {
  const machine = machineWith(t, 'default', 'coder', 'ops')
  machine.note('coder', {desired_state: 'running'})
  machine.note('ops', {desired_state: 'stopped', gateway_state: 'running'})
  t.deepEqual(await done(machine.next()), [
    `default register: ${NOT_ASKED}`,
    'coder register: Hermes has the profile',
    `ops register: ${NOT_ASKED}`,
  ])
  const init = machine.init('here')
  t.like(init.gateway('coder'), {origin: 'registered', state: 'running', wanted: 'up'})
  t.like(init.gateway('default'), {origin: 'registered', state: 'stopped', wanted: 'down'})
  t.like(init.gateway('ops'), {origin: 'registered', state: 'stopped', wanted: 'down'})
  init.calls.length = 0
  t.deepEqual(await done(machine.next()), [])
  t.deepEqual(init.changes, [])
})

for (const [state, starts] of [
  ['running', true],
  ['draining', true],
  ['degraded', true],
  ['starting', false],
  ['startup_failed', false],
  ['stopped', false],
] as const)
  test(`without a noted wish a gateway that was ${state} is ${starts ? 'started in a container' : 'not started'}`, async t => {
    const machine = machineWith(t, 'coder', 'ops')
    machine.note('coder', {gateway_state: state})
    await container(machine).reconcile()
    t.is(machine.init('here').gateway('coder').state, starts ? 'running' : 'stopped')
    const host = machineWith(t, 'coder')
    host.note('coder', {gateway_state: state})
    await host.next().reconcile()
    t.is(host.init('here').gateway('coder').state, 'stopped', 'whoever ran it by hand asked nobody')
  })

test('a profile whose gateway somebody runs by hand is left alone', async t => {
  const machine = machineWith(t, 'coder')
  machine.note('coder', {gateway_state: 'running', desired_state: 'running', pid: process.pid})
  t.is(await reasonOf(machine.next(), 'coder'), `it runs outside of here: process ${String(process.pid)}`)
  t.deepEqual(machine.init('here').changes, [])
})

test('a profile that is not started leaves it to Hermes to begin its state', async t => {
  const machine = machineWith(t, 'coder')
  await machine.next().reconcile()
  t.false(existsSync(join(machine.home('coder'), 'gateway_state.json')))
})

test('a root that Hermes does not live in is no profile', async t => {
  const machine = machineWith(t)
  t.deepEqual(await machine.next().reconcile(), {dryRun: false, skipped: null, actions: [], errors: []})
})

test('a profile directory with an invalid name is told and passed over', async t => {
  const machine = machineWith(t, 'coder')
  const bad = join(machine.root, 'profiles', 'Not Valid')
  mkdirSync(bad)
  writeFileSync(join(bad, 'SOUL.md'), '')
  t.deepEqual(await done(machine.next()), [`coder register: ${NOT_ASKED}`])
  t.regex(machine.warnings.join('\n'), /profile directory "Not Valid" is passed over/)
})

test('a profile whose definition somebody else made is left alone', async t => {
  const machine = machineWith(t, 'coder')
  machine.init('here').define('coder', {origin: 'foreign'})
  machine.note('coder', {desired_state: 'running'})
  t.is(await reasonOf(machine.next(), 'coder'), 'its definition was made by somebody else')
  t.deepEqual(machine.init('here').changes, [])
})

test('a definition whose record was lost is told and left alone', async t => {
  const machine = machineWith(t, 'coder')
  const host = machine.next()
  await (await host.manager()).install({profile: 'coder'})
  rmSync(host.records.directory('coder'), {recursive: true})
  t.regex(
    (await reasonOf(machine.next(), 'coder')) ?? '',
    /^it is defined but not recorded: hermes-svc gateway install/,
  )
})

test('a record that cannot be read keeps its profile from being registered beside it', async t => {
  const machine = machineWith(t, 'coder')
  const host = machine.next()
  await (await host.manager()).install({profile: 'coder'})
  writeFileSync(join(host.records.directory('coder'), 'record.json'), '{')
  machine.init('here').gateways.clear()
  t.deepEqual(await done(machine.next()), ['coder HSVC_UNEXPECTED_OUTPUT'])
  t.is(machine.init('here').gateways.size, 0)
})

test('a registered gateway that should run and does not is started; what ended on purpose or failed is not', async t => {
  const machine = machineWith(t, 'coder')
  machine.note('coder', {desired_state: 'running'})
  await machine.next().reconcile()
  const gateway = machine.init('here').gateway('coder')
  Object.assign(gateway, {pid: null, state: 'stopped', lastExit: {code: 0, signal: null, at: null}})
  t.is(await reasonOf(machine.next(), 'coder'), 'it ended on purpose')
  Object.assign(gateway, {state: 'failed'})
  t.is(await reasonOf(machine.next(), 'coder'), 'it failed, and is left for someone to look at')
  Object.assign(gateway, {state: 'stopped', lastExit: null})
  t.deepEqual(await done(machine.next()), ['coder start: it should run and does not'])
  t.is(gateway.state, 'running')
})

test('a registered gateway whose definition cannot be read is made anew', async t => {
  const machine = machineWith(t, 'coder')
  machine.note('coder', {desired_state: 'running'})
  await machine.next().reconcile()
  Object.assign(machine.init('here').gateway('coder'), {pid: null, state: 'unknown', spec: null})
  t.deepEqual(await done(machine.next()), ['coder repair: its definition cannot be read'])
  t.like(machine.init('here').gateway('coder'), {state: 'running', origin: 'registered'})
})

test('a registered gateway of which parts are gone is made anew when it does not run', async t => {
  const machine = machineWith(t, 'coder')
  machine.note('coder', {desired_state: 'running'})
  await machine.next().reconcile()
  machine.init('here').gateway('coder').damaged = true
  t.is(await reasonOf(machine.next(), 'coder'), 'it is running, and parts of its definition are gone')
  Object.assign(machine.init('here').gateway('coder'), {pid: null, state: 'stopped'})
  t.deepEqual(await done(machine.next()), ['coder repair: parts of its definition are gone'])
  t.like(machine.init('here').gateway('coder'), {state: 'running', origin: 'registered', damaged: false})
})

test('a registered gateway whose first start fails stays registered and wanted, and the failure is told', async t => {
  const machine = machineWith(t, 'coder')
  machine.note('coder', {desired_state: 'running'})
  const init = machine.init('here')
  init.onLaunch = gateway => {
    init.die(gateway, 1)
  }
  t.deepEqual(await done(machine.next()), ['coder HSVC_START_FAILED'])
  t.like(init.gateway('coder'), {state: 'backoff', wanted: 'up'})
  t.is(machine.desired('coder'), 'running')
})

test('a registered gateway whose profile is gone is told, and removed only when pruning', async t => {
  const machine = machineWith(t, 'coder', 'ops')
  machine.note('coder', {desired_state: 'running'})
  await machine.next().reconcile()
  rmSync(machine.home('coder'), {recursive: true})
  t.deepEqual(await done(machine.next()), ['coder orphan: its profile directory is gone; --prune removes it'])
  t.deepEqual(await done(machine.next(), {prune: true, dryRun: true}), ['coder remove: its profile directory is gone'])
  t.is(machine.init('here').gateway('coder').state, 'running')
  t.deepEqual(await done(machine.next(), {prune: true}), ['coder remove: its profile directory is gone'])
  t.deepEqual([...machine.init('here').gateways.keys()], ['ops'])
})

test('a registered gateway with its own command is never pruned', async t => {
  const machine = machineWith(t)
  const manager = await machine.next().manager()
  await manager.registerProfileGateway('web', {request: {profile: 'web', argv: [PROGRAM]}})
  const before = [...machine.init('here').gateways.keys()]
  t.deepEqual(await done(machine.next(), {prune: true}), [])
  t.deepEqual([...machine.init('here').gateways.keys()], before)
})

test('what Hermes was told after us wins: a gateway that was stopped through it stays stopped', async t => {
  const machine = machineWith(t, 'coder')
  await (await machine.next().manager()).install({profile: 'coder'})
  machine.note('coder', {desired_state: 'stopped'})
  machine.init('here').gateways.clear()
  const reason = 'it is recorded but not defined in here; not started: it was stopped through Hermes'
  t.deepEqual(await done(machine.next()), [`coder define: ${reason}`])
  t.like(machine.init('here').gateway('coder'), {state: 'stopped', wanted: 'down'})
  t.is(machine.next().records.read('coder')?.wanted, 'down')
  t.deepEqual(await done(machine.next()), [])
})

test('what Hermes was told after us wins: a gateway that was started through it is started', async t => {
  const machine = machineWith(t, 'coder')
  const manager = await machine.next().manager()
  await manager.install({profile: 'coder'})
  await manager.stop('coder')
  machine.note('coder', {desired_state: 'running'})
  t.deepEqual(await done(machine.next()), ['coder start: it was started through Hermes, and does not run'])
  t.is(machine.init('here').gateway('coder').state, 'running')
  t.is(machine.next().records.read('coder')?.wanted, 'up')
})

test('a gateway that is defined and was stopped through Hermes is noted as stopped, once', async t => {
  const machine = machineWith(t, 'coder')
  await (await machine.next().manager()).install({profile: 'coder'})
  machine.note('coder', {desired_state: 'stopped'})
  Object.assign(machine.init('here').gateway('coder'), {pid: null, state: 'stopped', wanted: 'down'})
  t.deepEqual(await done(machine.next()), ['coder stop: it was stopped through Hermes'])
  t.deepEqual(await done(machine.next()), [])
})

test('a wish that could not be handed to Hermes is not undone by what Hermes has noted', async t => {
  const machine = machineWith(t, 'coder')
  const host = machine.next()
  const manager = await host.manager()
  await manager.install({profile: 'coder'})
  await manager.stop('coder')
  const record = host.records.read('coder')
  if (record) await host.records.write({...record, mirrored: false})
  machine.note('coder', {desired_state: 'running'})
  t.deepEqual(await done(machine.next()), [])
  t.is(machine.init('here').gateway('coder').state, 'stopped')
})

test('what differs from what install would write is brought up to date when it does not run', async t => {
  const machine = machineWith(t, 'coder')
  await (await machine.next().manager()).install({profile: 'coder'})
  const layers = [{source: 'x', data: {hermes: {command: [PROGRAM, '--new']}}}]
  const running = await machine.next({layers}).reconcile()
  t.like(running.actions[0], {action: 'none'})
  t.regex(
    running.actions[0]?.reason ?? '',
    /^it is running, by an earlier definition: hermes-svc gateway install coder/,
  )
  Object.assign(machine.init('here').gateway('coder'), {pid: null, state: 'stopped'})
  t.deepEqual(await done(machine.next({layers})), [
    'coder repair: its definition differs from what install would write now',
  ])
  t.deepEqual(machine.init('here').gateway('coder').spec?.argv, [PROGRAM, '--new'])
  t.is(machine.init('here').gateway('coder').state, 'running')
  t.deepEqual(await done(machine.next({layers})), [])
})

for (const [how, config, env] of [
  ['its configuration', 'gateway:\n  multiplex_profiles: true\n', {}],
  ['the environment', 'gateway:\n  multiplex_profiles: false\n', {GATEWAY_MULTIPLEX_PROFILES: 'true'}],
] as const)
  test(`where ${how} has the gateway of default serve all profiles, no other is started, and what is wanted is kept`, async t => {
    const machine = machineWith(t, 'default', 'coder', 'ops')
    for (const profile of ['default', 'coder', 'ops']) machine.note(profile, {desired_state: 'running'})
    const first = await machine.next().manager()
    await first.install({profile: 'coder'})
    await first.install({profile: 'web', argv: [PROGRAM]})
    machine.init('here').gateways.clear()
    writeFileSync(join(machine.root, 'config.yaml'), config)
    const host = machine.next({env: {PATH: '/usr/bin:/bin', HOME: machine.directory, ...env}})
    const served = 'not started: the gateway of default serves this profile'
    t.deepEqual(await done(host), [
      'default register: Hermes has the profile',
      `coder define: it is recorded but not defined in here; ${served}`,
      'web define: it is recorded but not defined in here',
      `ops register: Hermes has the profile; ${served}`,
    ])
    const states = [...machine.init('here').gateways.values()].map(({profile, state}) => `${profile} ${state}`)
    t.deepEqual(states.sort(), ['coder stopped', 'default running', 'ops stopped', 'web running'])
    t.is(machine.desired('coder'), 'running')
    t.is(host.records.read('coder')?.wanted, 'up')
    machine.init('here').calls.length = 0
    t.deepEqual(await done(host), [])
  })

test('a configuration of Hermes that does not parse is a warning', async t => {
  const machine = machineWith(t, 'coder')
  writeFileSync(join(machine.root, 'config.yaml'), 'a: [')
  t.is((await done(machine.next())).length, 2)
  t.regex(machine.warnings.join('\n'), /config\.yaml: expected YAML/)
})

test('where nothing can be registered, a profile that is not installed says how it is', async t => {
  const machine = machineWith(t, 'coder')
  machine.note('coder', {desired_state: 'running'})
  const host = machine.next()
  const manager = await host.manager()
  manager.supportsRuntimeRegistration = () => false
  t.is(await reasonOf(host, 'coder'), 'it is not installed in here: hermes-svc gateway install coder does that')
  t.deepEqual(machine.init('here').changes, [])
})

test('where there is no backend, each profile says so', async t => {
  const machine = machineWith(t, 'coder')
  t.deepEqual(await done(machine.host([])), ['coder HSVC_NO_BACKEND'])
})

/** Makes a file look as if it was written before this machine began. */
function age(path: string): void {
  utimesSync(path, 1, 1)
}

test('runtime files that an earlier gateway left are removed where they are provably stale, before it is started', async t => {
  const machine = machineWith(t, 'coder', 'ops')
  machine.note('coder', {desired_state: 'running'})
  const [pidFile, children] = ['gateway.pid', 'processes.json'].map(name => join(machine.home('coder'), name))
  if (pidFile === undefined || children === undefined) throw new Error('expected paths')
  // A pid above every limit of Linux, which no process has.
  writeFileSync(pidFile, '{"pid": 4194305, "start_time": 7}')
  writeFileSync(children, '[]')
  age(children)
  writeFileSync(join(machine.home('coder'), 'gateway.lock'), '')
  const seen: boolean[] = []
  machine.init('here').onLaunch = () => seen.push(existsSync(pidFile))
  const dry = await machine.next().reconcile({dryRun: true})
  t.deepEqual(dry.actions[0]?.staleFiles, ['gateway.pid', 'processes.json'])
  t.true(existsSync(pidFile))
  const {actions} = await machine.next().reconcile()
  t.deepEqual(actions[0]?.staleFiles, ['gateway.pid', 'processes.json'])
  t.deepEqual([existsSync(pidFile), existsSync(children)], [false, false])
  t.deepEqual(seen, [false])
  t.deepEqual((await machine.next().reconcile()).actions[0]?.staleFiles, [])
})

test('each thing that was done is a line of the boot log, and a run that does nothing adds none', async t => {
  const machine = machineWith(t, 'coder', 'ops')
  machine.note('coder', {desired_state: 'running'})
  await machine.next().reconcile({dryRun: true})
  const log = join(machine.root, 'logs', 'container-boot.log')
  t.false(existsSync(log))
  await machine.next().reconcile()
  const lines = readFileSync(log, 'utf8').split('\n')
  t.regex(
    lines[0] ?? '',
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000 profile=coder prior_state=running action=register by=hermes-svc reason="Hermes has the profile"$/,
  )
  t.regex(lines[1] ?? '', /profile=ops prior_state=None action=register/)
  t.is(lines.length, 3)
  await machine.next().reconcile()
  t.is(readFileSync(log, 'utf8').split('\n').length, 3)
})

test('a log that cannot be written is a warning', async t => {
  const machine = machineWith(t, 'coder')
  mkdirSync(join(machine.root, 'logs', 'container-boot.log'), {recursive: true})
  t.is((await done(machine.next())).length, 1)
  t.regex(machine.warnings.join('\n'), /the boot log could not be written: /)
})

test('a container that shows the dashboard touches nothing; on a host its command does not matter', async t => {
  const machine = machineWith(t, 'coder')
  machine.note('coder', {desired_state: 'running'})
  const command = () => ['/init', '/opt/main-wrapper.sh', 'dashboard', '--port', '9119']
  const {skipped, actions} = await reconcile(container(machine), {}, command)
  t.regex(skipped ?? '', /shows the dashboard/)
  t.deepEqual([actions, machine.init('here').changes], [[], []])
  t.is((await reconcile(machine.next(), {}, command)).skipped, null)
})

test('in a container that was made to run the gateway, the root profile runs where nothing else was noted', async t => {
  const machine = machineWith(t, 'default')
  const command = () => ['/init', '/opt/main-wrapper.sh', 'gateway', 'run']
  t.deepEqual((await reconcile(container(machine), {}, command)).errors, [])
  t.is(machine.init('here').gateway('default').state, 'running')
  t.is(machine.desired('default'), 'running')
  const stopped = machineWith(t, 'default')
  stopped.note('default', {desired_state: 'stopped'})
  await reconcile(container(stopped), {}, command)
  t.is(stopped.init('here').gateway('default').state, 'stopped')
})
