import {existsSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {
  findWriter,
  type GatewayRequest,
  HermesState,
  HomeFiles,
  type Host,
  type HostView,
  mergeConfiguration,
  type ReconcileOptions,
  serviceError,
} from '@hermes-svc/core'
import {reconcile} from '../dist/reconcile/reconcile.js'
import {guardFixture, makeProfile, PROGRAM} from './fixtures/guard-fixture.js'
import {hostFixture, type HostFixture} from './fixtures/host-fixture.js'

const CODER: GatewayRequest = {profile: 'coder', argv: [PROGRAM]}

/** A machine with one backend and a running gateway `coder`, and the host of the next program on it. */
async function machine(fixture: HostFixture, request = CODER, kind = 'here'): Promise<Host> {
  const packages = [fixture.package(kind)]
  await (await fixture.host(packages).manager()).install(request)
  fixture.init(kind).calls.length = 0
  return fixture.host(packages)
}

async function actions(host: Host, options: ReconcileOptions = {}): Promise<string[]> {
  const {actions: done, errors} = await host.reconcile(options)
  return [
    ...done.map(({profile, action, reason}) => `${profile} ${action}: ${reason}`),
    ...errors.map(({profile, code}) => `${profile} ${code}`),
  ]
}

test('a gateway that runs is left alone', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture)
  const {pid} = fixture.init('here').gateway('coder')
  t.deepEqual(await actions(host), ['coder none: it is running'])
  t.is(fixture.init('here').gateway('coder').pid, pid)
})

test('a gateway that is recorded but not defined is defined and started', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture, {...CODER, port: 8700, env: {KEY: 'value'}})
  const {spec} = fixture.init('here').gateway('coder')
  fixture.init('here').gateways.clear()
  t.deepEqual(await actions(host), ['coder define: it is recorded but not defined in here'])
  t.false(fixture.warnings.some(message => message.includes('run hermes-svc gateway reconcile')))
  t.like(fixture.init('here').gateway('coder'), {state: 'running', wanted: 'up'})
  t.deepEqual(fixture.init('here').gateway('coder').spec, spec)
  t.deepEqual(await actions(host), ['coder none: it is running'])
})

test('a gateway whose first start fails stays defined and wanted, and the failure is told', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture)
  const init = fixture.init('here')
  init.gateways.clear()
  init.onLaunch = gateway => {
    init.die(gateway, 1)
  }
  t.deepEqual(await actions(host), ['coder HSVC_START_FAILED'])
  t.like(init.gateway('coder'), {state: 'backoff', wanted: 'up'})
  t.is(host.records.read('coder')?.wanted, 'up')
  t.deepEqual(await actions(fixture.host([fixture.package('here')])), ['coder none: it is backoff'])
})

test('a gateway that was stopped is defined again and stays stopped', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture)
  await (await host.manager()).stop('coder')
  fixture.init('here').gateways.clear()
  t.regex((await actions(host))[0] ?? '', /^coder define/)
  t.like(fixture.init('here').gateway('coder'), {state: 'stopped', wanted: 'down'})
  t.deepEqual(await actions(host), ['coder none: it was stopped'])
})

test('a definition of which parts are gone is made whole: what runs goes on, what should run and does not is started', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture)
  const gateway = fixture.init('here').gateway('coder')
  const {pid} = gateway
  gateway.damaged = true
  t.deepEqual(await actions(host, {dryRun: true}), ['coder repair: parts of its definition are gone'])
  t.true(gateway.damaged)
  t.deepEqual(await actions(host), ['coder repair: parts of its definition are gone'])
  t.like(gateway, {damaged: false, pid, wanted: 'up'})
  t.is(host.records.read('coder')?.wanted, 'up')
  Object.assign(gateway, {damaged: true, pid: null, state: 'failed'})
  t.deepEqual(await actions(host), ['coder repair: parts of its definition are gone'])
  t.like(gateway, {damaged: false, state: 'running'})
  await (await host.manager()).stop('coder')
  gateway.damaged = true
  t.deepEqual(await actions(host), ['coder repair: parts of its definition are gone; not started: it was stopped'])
  t.like(gateway, {damaged: false, state: 'stopped'})
  t.deepEqual(await actions(host), ['coder none: it was stopped'])
})

test('a gateway without autostart is defined again and not started', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture, {...CODER, autostart: false})
  fixture.init('here').gateways.clear()
  t.regex((await actions(host))[0] ?? '', /^coder define/)
  t.is(fixture.init('here').gateway('coder').state, 'stopped')
  t.regex((await actions(host))[0] ?? '', /^coder none/)
  t.is(fixture.init('here').gateway('coder').state, 'stopped')
})

test('a gateway that should run and does not is started', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture)
  Object.assign(fixture.init('here').gateway('coder'), {pid: null, state: 'stopped'})
  t.deepEqual(await actions(host), ['coder start: it should run and does not'])
  t.is(fixture.init('here').gateway('coder').state, 'running')
  t.deepEqual(await actions(host), ['coder none: it is running'])
})

for (const [what, state, code, reason] of [
  ['in back-off is left to its supervisor', 'backoff', 1, 'it is backoff'],
  ['that failed is left alone', 'failed', 78, 'it failed, and is left for someone to look at'],
  ['that ended on purpose is left alone', 'stopped', 0, 'it ended on purpose'],
] as const) {
  test(`a gateway ${what}`, async t => {
    const fixture = hostFixture(t)
    const host = await machine(fixture)
    Object.assign(fixture.init('here').gateway('coder'), {
      pid: null,
      state,
      lastExit: {code, signal: null, at: null},
    })
    t.deepEqual(await actions(host), [`coder none: ${reason}`])
    t.deepEqual(fixture.init('here').changes, [])
    t.is(fixture.init('here').gateway('coder').state, state)
  })
}

test('a gateway that was killed, or whose end nobody saw, did not end on purpose', async t => {
  for (const lastExit of [{code: null, signal: 'SIGKILL', at: null}, {code: 3, signal: null, at: null}, null]) {
    const fixture = hostFixture(t)
    const host = await machine(fixture)
    Object.assign(fixture.init('here').gateway('coder'), {pid: null, state: 'stopped', lastExit})
    t.deepEqual(await actions(host), ['coder start: it should run and does not'])
  }
})

test('a gateway that runs without its supervisor is started again by the start that nobody else gives', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture)
  const init = fixture.init('here')
  init.before.start = () => {
    init.launch(init.gateway('coder'))
  }
  t.deepEqual(await actions(host), ['coder start: its supervisor was gone'])
})

test('a gateway whose profile is gone is told, and removed only when pruning', async t => {
  const fixture = hostFixture(t)
  const {root} = fixture
  makeProfile(root, 'coder')
  const packages = [fixture.package('here')]
  const layers = [{source: 'x', data: {hermes: {command: [PROGRAM]}}}]
  const host = fixture.host(packages, {layers})
  await (await host.manager()).install({profile: 'coder'})
  rmSync(join(root, 'profiles', 'coder'), {recursive: true})
  t.deepEqual(await actions(host), ['coder orphan: its profile directory is gone; --prune removes it'])
  t.true(fixture.init('here').gateways.has('coder'))
  t.deepEqual(await actions(host, {prune: true, dryRun: true}), ['coder remove: its profile directory is gone'])
  t.true(fixture.init('here').gateways.has('coder'))
  t.deepEqual(await actions(host, {prune: true}), ['coder remove: its profile directory is gone'])
  t.false(fixture.init('here').gateways.has('coder'))
  t.deepEqual(await actions(host, {prune: true}), [])
})

test('a gateway with its own command is never pruned', async t => {
  const fixture = hostFixture(t)
  t.deepEqual(await actions(await machine(fixture), {prune: true}), ['coder none: it is running'])
})

test('a gateway whose profile and backend are both gone is removed by removing its record', async t => {
  const fixture = hostFixture(t)
  makeProfile(fixture.root, 'coder')
  const layers = [{source: 'x', data: {hermes: {command: [PROGRAM]}}}]
  await (await fixture.host([fixture.package('old')], {layers}).manager()).install({profile: 'coder'})
  rmSync(join(fixture.root, 'profiles'), {recursive: true})
  const host = fixture.host([fixture.package('new')], {layers})
  t.deepEqual(await actions(host, {prune: true}), ['coder remove: its profile directory is gone'])
  t.is(host.records.read('coder'), null)
  t.deepEqual(await actions(host, {prune: true}), [])
})

for (const [what, fields] of [
  ['is absent', {detect: 'absent'}],
  ['is for other platforms', {metadata: {platforms: ['plan9']}}],
] as const) {
  test(`a gateway whose backend ${what} moves to the one that is here, and keeps what it was told`, async t => {
    const fixture = hostFixture(t)
    await machine(fixture, {...CODER, port: 8700}, 'old')
    const {detect, ...more} = {detect: 'available', ...fields}
    const host = fixture.host([fixture.package('new'), fixture.package('old', detect, more)])
    t.deepEqual(await actions(host), ['coder rehome: old is not available here; it moves to new'])
    t.like(fixture.init('new').gateway('coder'), {state: 'running', wanted: 'up'})
    t.like(host.records.read('coder'), {backend: 'new', wanted: 'up'})
    t.is(host.records.read('coder')?.request.port, 8700)
    t.deepEqual(await actions(host), ['coder none: it is running'])
  })
}

for (const [what, metadata, message] of [
  ['is not installed', null, /^no backend of the kind "old" is installed for/],
  ['is of another contract', {contract: 2}, /^@test\/old@1\.0\.0 cannot be used here: expected contract 1, got 2/],
] as const) {
  test(`a gateway whose backend ${what} moves when a backend is named, else nowhere, or it would run twice`, async t => {
    const fixture = hostFixture(t)
    await machine(fixture, CODER, 'old')
    const packages = [fixture.package('new'), ...(metadata ? [fixture.package('old', 'available', {metadata})] : [])]
    const host = fixture.host(packages)
    const {errors} = await host.reconcile()
    t.like(errors[0], {profile: 'coder', code: 'HSVC_NO_BACKEND'})
    t.regex(errors[0]?.message ?? '', message)
    t.regex(errors[0]?.hint ?? '', /hermes-svc gateway reconcile --backend KIND moves coder$/)
    t.deepEqual(fixture.init('new').changes, [])
    t.deepEqual(await actions(host, {backend: 'new'}), ['coder rehome: old is not available here; it moves to new'])
  })
}

test('a stopped gateway that moves stays stopped', async t => {
  const fixture = hostFixture(t)
  const before = await machine(fixture, CODER, 'old')
  await (await before.manager()).stop('coder')
  const host = fixture.host([fixture.package('new'), fixture.package('old', 'absent')])
  t.regex((await actions(host))[0] ?? '', /^coder rehome/)
  t.like(fixture.init('new').gateway('coder'), {state: 'stopped', wanted: 'down'})
})

for (const [what, detect, code] of [
  ['cannot be reached', 'unreachable', 'HSVC_TOOL_FAILED'],
  ['is broken', `throw new Error('boom')`, 'HSVC_TOOL_FAILED'],
] as const) {
  test(`a gateway whose backend ${what} moves nowhere, or it would run twice later`, async t => {
    const fixture = hostFixture(t)
    await machine(fixture, CODER, 'old')
    fixture.init('old').before.status = () => {
      throw serviceError('HSVC_TOOL_FAILED', 'no answer')
    }
    const old = fixture.package('old', detect, {metadata: {priority: 10}})
    const host = fixture.host([fixture.package('new'), old])
    t.deepEqual(await actions(host), [`coder ${code}`])
    t.deepEqual(fixture.init('new').changes, [])
    t.is(host.records.read('coder')?.backend, 'old')
  })
}

test('a backend whose module cannot be loaded keeps its gateways', async t => {
  const fixture = hostFixture(t)
  await machine(fixture, CODER, 'old')
  const old = fixture.package('old', 'available', {metadata: {priority: 10, module: './missing.js'}})
  t.deepEqual(await actions(fixture.host([fixture.package('new'), old])), ['coder HSVC_BACKEND_UNAVAILABLE'])
  t.deepEqual(fixture.init('new').changes, [])
})

test('a backend that is named takes what has lost its own, and nothing from those that are here', async t => {
  const fixture = hostFixture(t)
  await machine(fixture, CODER, 'old')
  const packages = [fixture.package('new'), fixture.package('spare', 'available', {metadata: {priority: 10}})]
  const both = fixture.host([...packages, fixture.package('old', 'available', {metadata: {priority: 5}})])
  t.deepEqual(await actions(both, {backend: 'spare'}), ['coder none: it is running'])
  t.deepEqual(await actions(fixture.host(packages), {backend: 'spare'}), [
    'coder rehome: old is not available here; it moves to spare',
  ])
})

test('a backend that is named keeps its gateways also where detection does not see it yet', async t => {
  const fixture = hostFixture(t)
  await machine(fixture, CODER, 'old')
  const packages = [fixture.package('new'), fixture.package('old', 'absent')]
  fixture.init('old').gateways.clear()
  t.regex((await actions(fixture.host(packages), {backend: 'old'}))[0] ?? '', /^coder define/)
  const layers = [{source: 'x', data: {backend: 'old'}}]
  t.deepEqual(await actions(fixture.host(packages, {layers})), ['coder none: it is running'])
})

const TAKEN_BACK = 'coder define: its definition was made by somebody else; the record says that it is ours'

const TAKEN_BACK_DOWN = `${TAKEN_BACK}; not started: it was stopped`

/** A machine whose init system now has somebody else's definition of `coder`, which runs. */
async function overwritten(fixture: HostFixture, wanted: 'up' | 'down'): Promise<Host> {
  const host = await machine(fixture)
  if (wanted === 'down') await (await host.manager()).stop('coder')
  const init = fixture.init('here')
  init.launch(init.define('coder', {origin: 'foreign', wanted: 'up'}))
  init.calls.length = 0
  return host
}

test('a foreign definition that a record says is ours is taken back, and what runs by it is replaced', async t => {
  const fixture = hostFixture(t)
  const host = await overwritten(fixture, 'up')
  const {pid} = fixture.init('here').gateway('coder')
  t.deepEqual(await actions(host), [TAKEN_BACK])
  const gateway = fixture.init('here').gateway('coder')
  t.like(gateway, {origin: 'installed', state: 'running', wanted: 'up', spec: host.records.read('coder')?.spec})
  t.not(gateway.pid, pid)
  t.like(fixture.init('here').called('install')[0]?.options, {adopt: true})
  t.deepEqual(await actions(host), ['coder none: it is running'])
})

test('a foreign definition that runs is taken back and stopped where the record says that it was stopped', async t => {
  const fixture = hostFixture(t)
  const host = await overwritten(fixture, 'down')
  t.deepEqual(await actions(host), [TAKEN_BACK_DOWN])
  t.like(fixture.init('here').gateway('coder'), {origin: 'installed', state: 'stopped', wanted: 'down', pid: null})
  t.is(host.records.read('coder')?.wanted, 'down')
  t.deepEqual(await actions(host), ['coder none: it was stopped'])
})

/** A machine on which another program has made definitions, which do not run yet, in the place of three gateways. */
async function replaced(fixture: HostFixture): Promise<Host> {
  const host = await machine(fixture)
  const manager = await host.manager()
  for (const profile of ['ops', 'qa']) await manager.install({...CODER, profile})
  await manager.stop('qa')
  const init = fixture.init('here')
  for (const profile of ['coder', 'ops', 'qa']) init.define(profile, {origin: 'foreign', wanted: 'up'})
  init.calls.length = 0
  return fixture.host([fixture.package('here', 'available', {source: 'bundled'})])
}

test('foreign definitions that do not run yet are taken away before the first gateway is brought back', async t => {
  const fixture = hostFixture(t)
  const host = await replaced(fixture)
  const init = fixture.init('here')
  const back = ['coder', 'ops'].map(profile => TAKEN_BACK.replace('coder', profile))
  const all = [...back, TAKEN_BACK_DOWN.replace('coder', 'qa')]
  t.deepEqual(await actions(host, {dryRun: true}), all)
  t.deepEqual(init.called('putAside'), [])
  t.is(init.gateway('coder').origin, 'foreign')
  t.deepEqual(await actions(host), all)
  const changes = init.calls.map(({verb}) => verb).filter(verb => verb === 'putAside' || verb === 'install')
  t.deepEqual(changes, [...Array<string>(3).fill('putAside'), ...Array<string>(3).fill('install')])
  for (const profile of ['coder', 'ops']) t.like(init.gateway(profile), {origin: 'installed', state: 'running'})
  t.like(init.gateway('qa'), {origin: 'installed', wanted: 'down', pid: null})
})

test('a foreign definition that cannot be taken away before is taken back in its turn', async t => {
  const fixture = hostFixture(t)
  const host = await replaced(fixture)
  const init = fixture.init('here')
  init.before.putAside = ({profile}) => {
    if (profile === 'ops') throw serviceError('HSVC_TOOL_FAILED', 'not now')
  }
  t.is((await actions(host)).length, 3)
  t.like(init.called('install').find(({profile}) => profile === 'ops')?.options, {adopt: true})
  for (const profile of ['coder', 'ops']) t.like(init.gateway(profile), {origin: 'installed', state: 'running'})
})

test('what was stopped is down before it is taken back, so that the next run finishes what this one could not', async t => {
  const fixture = hostFixture(t)
  const host = await overwritten(fixture, 'down')
  const init = fixture.init('here')
  init.before.install = () => {
    t.is(init.gateway('coder').pid, null)
    throw serviceError('HSVC_TOOL_FAILED', 'no room')
  }
  t.is((await actions(host)).length, 1)
  init.before.install = undefined
  t.deepEqual(await actions(host), [TAKEN_BACK_DOWN])
  t.like(init.gateway('coder'), {origin: 'installed', state: 'stopped', wanted: 'down'})
})

test('a dry run says that a foreign definition would be taken back, and touches nothing', async t => {
  const fixture = hostFixture(t)
  const host = await overwritten(fixture, 'down')
  t.deepEqual(await actions(host, {dryRun: true}), [TAKEN_BACK_DOWN])
  t.deepEqual(fixture.init('here').changes, [])
  t.like(fixture.init('here').gateway('coder'), {origin: 'foreign', state: 'running'})
})

test('a foreign definition that no record names is left alone', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture)
  fixture.init('here').define('stranger', {origin: 'foreign'})
  t.deepEqual(await actions(host), ['coder none: it is running'])
  t.deepEqual(fixture.init('here').changes, ['start'])
})

test('where there is no backend at all, each gateway says so and keeps its record', async t => {
  const fixture = hostFixture(t)
  await machine(fixture)
  const host = fixture.host([])
  t.deepEqual(await actions(host), ['coder HSVC_NO_BACKEND'])
  t.is(host.records.read('coder')?.backend, 'here')
})

test('a dry run says what would be done and touches nothing', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture)
  fixture.init('here').gateways.clear()
  const done = await host.reconcile({dryRun: true})
  t.true(done.dryRun)
  t.like(done.actions[0], {profile: 'coder', action: 'define'})
  t.deepEqual(fixture.init('here').changes, [])
  const running = await machine(hostFixture(t))
  t.deepEqual(await actions(running, {dryRun: true}), ['coder none: it is running'])
})

test('a failure does not end it: the others are worked through, default first', async t => {
  const fixture = hostFixture(t)
  const packages = [fixture.package('here')]
  const host = fixture.host(packages)
  const manager = await host.manager()
  for (const profile of ['zed', 'alpha', 'default', 'bad', 'torn']) await manager.install({profile, argv: [PROGRAM]})
  const init = fixture.init('here')
  init.gateways.clear()
  writeFileSync(join(host.records.directory('torn'), 'record.json'), '')
  init.before.install = ({profile}) => {
    if (profile === 'bad') throw serviceError('HSVC_TOOL_FAILED', 'no')
  }
  const {actions: done, errors} = await host.reconcile()
  t.deepEqual(
    done.map(({profile}) => profile),
    ['default', 'alpha', 'zed'],
  )
  t.deepEqual(
    errors.map(({profile, code}) => [profile, code]),
    [
      ['torn', 'HSVC_UNEXPECTED_OUTPUT'],
      ['bad', 'HSVC_TOOL_FAILED'],
    ],
  )
})

test('after an interruption nothing more is begun, and each gateway that was left says so', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture)
  const manager = await host.manager()
  const others = Array.from({length: 20}, (_, index) => `zed${String(index)}`)
  for (const profile of others) await manager.install({...CODER, profile})
  const init = fixture.init('here')
  init.gateways.clear()
  init.calls.length = 0
  const interruption = new AbortController()
  init.before.install = () => {
    interruption.abort()
  }
  const {actions: done, errors} = await host.reconcile({signal: interruption.signal})
  t.deepEqual(done, [])
  t.deepEqual(
    errors.map(({profile, code}) => `${profile} ${code}`).sort(),
    ['coder', ...others].map(profile => `${profile} HSVC_ABORTED`).sort(),
  )
  t.true(init.called('install').length <= 8)
  t.is(host.records.read('zed0')?.wanted, 'up')
})

test('an account that somebody wrote into a record is not the account to run as', async t => {
  const fixture = hostFixture(t)
  const host = await machine(fixture)
  const path = join(host.records.directory('coder'), 'record.json')
  const record = {...host.records.read('coder'), request: {...CODER, account: 'nobody'}}
  writeFileSync(path, JSON.stringify(record))
  const {spec} = fixture.init('here').gateway('coder')
  fixture.init('here').gateways.clear()
  await host.reconcile()
  t.is(fixture.init('here').gateway('coder').spec?.account, spec?.account)
})

test('the lock of a container that was killed in the middle of a change is waited for', async t => {
  const layers = [{source: 'test', data: {stop: {timeout: '1s'}}}]
  const {manager, init, records, context, clock} = guardFixture(t, {layers})
  await manager.install(CODER)
  init.gateways.clear()
  const claim = join(context.paths.state, 'locks', 'coder.0-planted')
  const owner = {pid: 2, startTime: '1', bootId: 'of now', pidNamespace: 'pid:[1]'}
  writeFileSync(claim, JSON.stringify({owner, acquiredAt: new Date(clock.now()).toISOString()}))
  utimesSync(claim, clock.now() / 1000, clock.now() / 1000)
  const {configuration} = mergeConfiguration(layers)
  const registry = {candidates: [{kind: 'fake'}], ask: () => Promise.resolve({report: {presence: 'available'}})}
  const homes = new HomeFiles(context.paths.root, context.caller, findWriter(context.caller, context.paths.root))
  const hermes = new HermesState({root: context.paths.root, homes, clock, warn: t.fail})
  const chosen = () => Promise.resolve({manager, scope: 'user'})
  const {paths, env} = context
  const view = {configuration, paths, env, records, registry, homes, hermes, chosen}
  const host = {...view, manager: () => Promise.resolve(manager)}
  const before = clock.monotonic()
  const {errors, actions: done} = await reconcile(host as unknown as HostView, {})
  t.deepEqual(errors, [])
  t.is(done[0]?.action, 'define')
  t.true(clock.monotonic() - before >= 60_000)
  t.false(existsSync(claim))
})
