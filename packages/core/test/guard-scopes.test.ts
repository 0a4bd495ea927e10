import test, {type ExecutionContext} from 'ava'
import type {GatewayStatus, ServiceManager} from '@hermes-svc/core'
import {type GuardFixture, guardFixture, PROGRAM, rejection} from './fixtures/guard-fixture.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}

/** What the system scope of the fake has of every profile in its user scope, and keeps. */
function systemRow(row: GatewayStatus): GatewayStatus {
  return {
    ...row,
    scope: 'system',
    service: `system-${row.profile}`,
    state: 'running',
    wanted: 'up',
    pid: 7,
    restarts: 3,
    definition: `/system/${row.profile}`,
  }
}

/** A guard over two scopes of which the user's comes first; `moved` changes the rows of the other. */
function twoScopes(t: ExecutionContext, moved: Partial<GatewayStatus> = {}): GuardFixture {
  const fixture = guardFixture(t)
  const inner = fixture.backend.create(fixture.context)
  const inUser = inner.status.bind(inner)
  const inSystem = new Map<string, GatewayStatus>()
  const status: ServiceManager['status'] = async profiles => {
    const rows = await inUser(profiles)
    for (const row of rows) if (!inSystem.has(row.profile)) inSystem.set(row.profile, {...systemRow(row), ...moved})
    return [...rows, ...[...inSystem.values()].filter(({profile}) => profiles?.includes(profile) ?? true)]
  }
  const create = (): ServiceManager => Object.assign(inner, {status})
  return {...fixture, manager: fixture.again({}, {}, {...fixture.backend, create})}
}

test('rows of one profile stay in the order that the backend gives them', async t => {
  const {manager, init} = twoScopes(t)
  const profiles = Array.from({length: 40}, (_, index) => `p${String(index + 10)}`)
  for (const profile of profiles.toReversed()) init.define(profile)
  const expected = profiles.flatMap(profile => [`${profile} user`, `${profile} system`])
  for (const rows of [await manager.status(), await manager.status(profiles)])
    t.deepEqual(
      rows.map(({profile, scope}) => `${profile} ${scope}`),
      expected,
    )
})

test('verbs act on the row that comes first, and wait for that', async t => {
  const {manager, init} = twoScopes(t)
  t.like(await manager.install(CODER, {start: false}), {scope: 'user', state: 'stopped'})
  t.false(await manager.isRunning('coder'))
  t.like(await manager.start('coder'), {scope: 'user', state: 'running', pid: init.gateway('coder').pid})
  const {pid} = init.gateway('coder')
  t.not((await manager.restart('coder')).pid, pid)
  t.like(await manager.stop('coder'), {scope: 'user', state: 'stopped', pid: null})
})

test('a start whose gateway dies is rejected, whatever runs in another scope', async t => {
  const {manager, init} = twoScopes(t)
  await manager.install(CODER, {start: false})
  init.onLaunch = gateway => {
    Object.assign(gateway, {pid: null, state: 'failed', restarts: 1})
  }
  await rejection(t, 'HSVC_START_FAILED', manager.start('coder'))
})

test('the record is held against the row that comes first only', async t => {
  const {manager} = twoScopes(t)
  await manager.install(CODER, {start: false})
  t.deepEqual(
    (await manager.status(['coder'])).map(({scope, drift}) => [scope, drift]),
    [
      ['user', false],
      ['system', null],
    ],
  )
})

for (const [where, moved] of [
  ['scope', {}],
  ['service of the same scope', {scope: 'user'}],
] as const) {
  test(`uninstall resolves when it has nothing left, whatever another ${where} has`, async t => {
    const {manager, init, records} = twoScopes(t, moved)
    await manager.install(CODER)
    t.deepEqual((await manager.uninstall('coder')).removed, ['/fake/coder', records.directory('coder')])
    t.deepEqual(init.changes, ['install', 'start', 'stop', 'uninstall'])
    t.deepEqual(
      (await manager.status()).map(({service, pid}) => [service, pid]),
      [['system-coder', 7]],
    )
  })
}

const TWICE =
  'coder is defined twice, by fake-coder (fake user) and system-coder (fake system): verbs act on the first; hermes-svc gateway uninstall coder removes the first'

test('a profile that another scope runs too is warned of by status, and by verbs that are about to change it', async t => {
  const {manager, warnings} = twoScopes(t)
  await manager.install(CODER, {start: false})
  const said = (): string[] => warnings.splice(0).filter(warning => warning.startsWith('coder is defined'))
  t.deepEqual(said(), [TWICE])
  for (const ask of [
    () => manager.status(),
    () => manager.status(['coder']),
    () => manager.start('coder'),
    () => manager.restart('coder'),
    () => manager.stop('coder'),
    () => manager.install(CODER),
  ]) {
    await ask()
    t.deepEqual([...new Set(said())], [TWICE])
  }
})

test('a definition at rest in another scope is not warned of', async t => {
  const {manager, warnings} = twoScopes(t, {state: 'stopped', wanted: 'down', pid: null})
  await manager.install(CODER)
  await manager.status()
  t.deepEqual(
    warnings.filter(warning => warning.includes('defined')),
    [],
  )
})

test('install of an equal definition that adopts has somebody else’s taken over that is behind it', async t => {
  const {manager, init} = twoScopes(t, {origin: 'foreign'})
  await manager.install(CODER)
  const {pid} = init.gateway('coder')
  const installs = (): boolean[] =>
    init.called('install').map(({options}) => (options as {adopt?: boolean}).adopt === true)
  await manager.install(CODER)
  t.deepEqual(installs(), [false])
  t.is((await manager.preview(CODER)).change, 'none')
  t.is((await manager.preview(CODER, {adopt: true})).change, 'update')
  await manager.install(CODER, {adopt: true})
  t.deepEqual(installs(), [false, true])
  t.is(init.gateway('coder').pid, pid)
})

test('install of an equal definition that adopts changes nothing where all others are ours', async t => {
  const {manager, init} = twoScopes(t)
  await manager.install(CODER)
  await manager.install(CODER, {adopt: true})
  t.deepEqual(init.changes, ['install', 'start'])
})
