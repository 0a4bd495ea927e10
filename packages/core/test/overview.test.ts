import {mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import sinon from 'sinon'
import {serviceError} from '@hermes-svc/core'
import {makeProfile, PROGRAM, rejection} from './fixtures/guard-fixture.js'
import {hostFixture, type HostFixture} from './fixtures/host-fixture.js'

/** A machine with two backends, `here` chosen, `other` holding the gateways that its records name. */
async function twoBackends(fixture: HostFixture): Promise<ReturnType<HostFixture['host']>> {
  const packages = [
    fixture.package('here', 'available', {metadata: {priority: 90}}),
    fixture.package('other', 'available', {metadata: {priority: 10}}),
  ]
  const host = fixture.host(packages)
  const install = async (backend: string, profile: string): Promise<void> => {
    await (await host.manager({backend})).install({profile, argv: [PROGRAM]}, {start: false})
  }
  await install('here', 'mine')
  await install('other', 'alpha')
  await install('other', 'zed')
  return fixture.host(packages)
}

function rows(overview: {gateways: readonly {profile: string; backend: string; state: string}[]}): string[] {
  return overview.gateways.map(({profile, backend, state}) => `${profile} ${backend} ${state}`)
}

function failing(): never {
  throw serviceError('HSVC_TOOL_FAILED', 'it broke', {hint: 'mend it'})
}

test('an overview has the gateways of the chosen backend and those that records name, sorted', async t => {
  const fixture = hostFixture(t)
  const overview = await (await twoBackends(fixture)).overview()
  t.deepEqual(rows(overview), ['alpha other stopped', 'mine here stopped', 'zed other stopped'])
  t.like(overview, {backend: 'here', scope: 'user', complete: true})
  t.deepEqual(overview.errors, [])
})

test('rows of one profile stay in the order that their backend gives them', async t => {
  const fixture = hostFixture(t)
  const host = await twoBackends(fixture)
  const manager = await host.manager({backend: 'other'})
  const [alpha, zed] = await manager.status(['alpha', 'zed'])
  if (!alpha || !zed) throw new Error('expected two gateways, got fewer')
  const all = [zed, {...zed, scope: 'system' as const}, alpha, {...alpha, scope: 'container' as const}]
  sinon.replace(manager, 'status', async () => Promise.resolve(all))
  t.deepEqual(
    (await host.overview()).gateways.map(({profile, scope}) => `${profile} ${scope}`),
    ['alpha user', 'alpha container', 'mine user', 'zed user', 'zed system'],
  )
})

test('an overview asks each backend once', async t => {
  const fixture = hostFixture(t)
  const host = await twoBackends(fixture)
  for (const kind of ['here', 'other']) fixture.init(kind).calls.length = 0
  await host.overview()
  t.is(fixture.init('here').called('status').length, 1)
  t.is(fixture.init('other').called('status').length, 1)
})

test('gateways of another backend that cannot be read are unknown, and the overview is not complete', async t => {
  const fixture = hostFixture(t)
  const host = await twoBackends(fixture)
  fixture.init('other').before.status = failing
  const overview = await host.overview()
  t.deepEqual(rows(overview), ['alpha other unknown', 'mine here stopped', 'zed other unknown'])
  t.false(overview.complete)
  t.true(overview.warnings.includes('alpha, zed in other: it broke (mend it)'))
})

test('gateways of the chosen backend that cannot be read are unknown when others can be', async t => {
  const fixture = hostFixture(t)
  const host = await twoBackends(fixture)
  fixture.init('here').before.status = failing
  const overview = await host.overview()
  t.deepEqual(rows(overview), ['alpha other stopped', 'mine here unknown', 'zed other stopped'])
  t.like(overview, {backend: 'here', complete: false})
  t.true(overview.warnings.includes('mine in here: it broke (mend it)'))
})

test('an overview never says that nothing is there because it could not look', async t => {
  const fixture = hostFixture(t)
  const host = fixture.host([fixture.package('here')])
  fixture.init('here').before.status = failing
  await rejection(t, 'HSVC_TOOL_FAILED', host.overview())
  await rejection(t, 'HSVC_NO_BACKEND', fixture.host([]).overview())
})

test('gateways of a backend that is no longer installed are unknown', async t => {
  const fixture = hostFixture(t)
  await twoBackends(fixture)
  const overview = await fixture.host([fixture.package('new')]).overview()
  t.deepEqual(rows(overview), ['alpha other unknown', 'mine here unknown', 'zed other unknown'])
  t.like(overview, {backend: 'new', complete: false})
})

test('who asks for a gateway that cannot be asked about gets its row, and an error that says why', async t => {
  const fixture = hostFixture(t)
  await twoBackends(fixture)
  const overview = await fixture.host([fixture.package('here')]).overview(['alpha', 'mine'])
  t.deepEqual(rows(overview), ['alpha other unknown', 'mine here stopped'])
  t.is(overview.errors.length, 1)
  t.like(overview.errors[0], {
    profile: 'alpha',
    code: 'HSVC_NO_BACKEND',
    hint: 'hermes-svc plugins install hermes-svc-backend-other',
  })
})

test('where the first init system cannot be reached, the gateways of others are there and no backend is chosen', async t => {
  const fixture = hostFixture(t)
  await twoBackends(fixture)
  const packages = [
    fixture.package('shy', 'unreachable', {metadata: {priority: 99}}),
    fixture.package('other', 'available', {metadata: {priority: 10}}),
  ]
  const overview = await fixture.host(packages).overview()
  t.deepEqual(rows(overview), ['alpha other stopped', 'mine here unknown', 'zed other stopped'])
  t.like(overview, {backend: null, scope: null, complete: false})
  t.true(overview.warnings.some(warning => warning.startsWith('shy is there but cannot be reached')))
})

test('a named gateway of a backend that can be read is there also where the chosen one cannot be reached', async t => {
  const fixture = hostFixture(t)
  await twoBackends(fixture)
  const packages = [fixture.package('shy', 'unreachable', {metadata: {priority: 99}}), fixture.package('other')]
  t.deepEqual(rows(await fixture.host(packages).overview(['alpha'])), ['alpha other stopped'])
  await rejection(t, 'HSVC_BACKEND_UNAVAILABLE', fixture.host(packages).overview(['alpha', 'nobody']))
})

test('named gateways are those only, each once, with a row for each name that has none', async t => {
  const fixture = hostFixture(t)
  const overview = await (await twoBackends(fixture)).overview(['zed', 'nobody', 'mine', 'zed', 'gateway-mine', 'Bad'])
  t.deepEqual(rows(overview), ['mine here stopped', 'zed other stopped'])
  t.deepEqual(
    overview.errors.map(({profile, code}) => [profile, code]),
    [
      ['nobody', 'HSVC_NOT_FOUND'],
      ['gateway-mine', 'HSVC_NOT_FOUND'],
      ['Bad', 'HSVC_INVALID_PROFILE'],
    ],
  )
  t.is(overview.errors[1]?.hint, 'that is the name of a service; the profile is mine')
})

test('settings of a backend that do not hold are an error, not gateways that cannot be read', async t => {
  const host = await twoBackends(hostFixture(t))
  sinon.replace(host, 'chosen', () => {
    throw serviceError('HSVC_CONFIG_INVALID', 'backends.here.key: expected no key, got one')
  })
  await rejection(t, 'HSVC_CONFIG_INVALID', host.overview())
})

test('a backend that is named is the only one asked', async t => {
  const fixture = hostFixture(t)
  const host = await twoBackends(fixture)
  t.deepEqual(rows(await host.overview(undefined, {backend: 'other'})), ['alpha other stopped', 'zed other stopped'])
})

test('a record that cannot be read makes the overview incomplete, and its gateway is still shown', async t => {
  const fixture = hostFixture(t)
  const host = await twoBackends(fixture)
  writeFileSync(join(host.records.directory('mine'), 'record.json'), '{"schemaVersion":')
  mkdirSync(host.records.directory('empty'))
  const overview = await host.overview()
  t.true(rows(overview).includes('mine here stopped'))
  t.false(overview.complete)
  t.true(overview.warnings.some(warning => /^mine: .*expected JSON/.test(warning)))
  const named = await host.overview(['mine', 'alpha'])
  t.deepEqual(rows(named), ['alpha other stopped'])
  t.deepEqual(
    named.errors.map(({profile, code}) => [profile, code]),
    [['mine', 'HSVC_UNEXPECTED_OUTPUT']],
  )
})

test('where all records name the chosen backend, none is read to list what it has', async t => {
  const fixture = hostFixture(t)
  const host = fixture.host([fixture.package('here')])
  await (await host.manager()).install({profile: 'mine', argv: [PROGRAM]})
  writeFileSync(join(host.records.directory('mine'), 'record.json'), '{"schemaVersion":')
  const overview = await host.overview()
  t.true(overview.complete)
  t.false(overview.warnings.some(warning => warning.includes('JSON')))
  rmSync(join(host.paths.gateways, '.backends'))
  t.false((await host.overview()).complete)
})

test('of gateways that are named only their records are read', async t => {
  const fixture = hostFixture(t)
  const host = await twoBackends(fixture)
  writeFileSync(join(host.records.directory('zed'), 'record.json'), '{"schemaVersion":')
  t.like(await host.overview(['alpha']), {complete: true, warnings: []})
})

test('the health that Hermes reports is read of gateways that are named, and of all when it is asked for', async t => {
  const fixture = hostFixture(t)
  makeProfile(fixture.root, 'coder')
  const host = fixture.host([fixture.package('here')])
  await (await host.manager()).install({profile: 'coder', argv: [PROGRAM]})
  writeFileSync(join(fixture.root, 'profiles', 'coder', 'gateway_state.json'), '{"gateway_state":"stopped"}')
  const health = {state: 'stopped', reason: null, at: null}
  t.is((await host.overview()).gateways[0]?.health, null)
  t.deepEqual((await host.overview(undefined, {health: true})).gateways[0]?.health, health)
  t.deepEqual((await host.overview(['coder'])).gateways[0]?.health, health)
})

test('a gateway that is recorded but not defined is told of, with what defines it', async t => {
  const fixture = hostFixture(t)
  const host = fixture.host([fixture.package('here')])
  await (await host.manager()).install({profile: 'coder', argv: [PROGRAM]})
  fixture.init('here').gateways.clear()
  const {gateways, warnings} = await host.overview()
  t.like(gateways[0], {state: 'stopped', definition: null})
  t.is(warnings.at(-1), 'coder is recorded but not defined in here: run hermes-svc gateway reconcile')
})
