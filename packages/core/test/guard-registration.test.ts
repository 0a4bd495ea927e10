import test from 'ava'
import {guardFixture, PROGRAM, rejection} from './fixtures/guard-fixture.js'

const REQUEST = {profile: 'coder', argv: [PROGRAM]}

test('register defines and starts, and keeps no record', async t => {
  const {manager, init, records} = guardFixture(t)
  const status = await manager.registerProfileGateway('coder', {request: REQUEST, port: 8700, extraEnv: {A: '1'}})
  t.like(status, {origin: 'registered', state: 'running', wanted: 'up', port: 8700})
  t.is(init.gateway('coder').spec?.env['A'], '1')
  t.is(records.read('coder'), null)
  t.like(init.called('register')[0]?.options, {startNow: false})
})

test('register with startNow false defines only', async t => {
  const {manager, init} = guardFixture(t)
  t.is((await manager.registerProfileGateway('coder', {request: REQUEST, startNow: false})).state, 'stopped')
  t.deepEqual(init.changes, ['register'])
})

test('register of a registered profile rejects HSVC_ALREADY_EXISTS, also for an equal definition', async t => {
  const {manager, init} = guardFixture(t)
  await manager.registerProfileGateway('coder', {request: REQUEST})
  const error = await rejection(t, 'HSVC_ALREADY_EXISTS', manager.registerProfileGateway('coder', {request: REQUEST}))
  t.is(error.hint, 'hermes-svc gateway unregister coder')
  t.is(init.called('register').length, 1)
})

test('register of an installed profile rejects HSVC_ALREADY_EXISTS, also when only its record is left', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install(REQUEST, {start: false})
  const first = await rejection(t, 'HSVC_ALREADY_EXISTS', manager.registerProfileGateway('coder', {request: REQUEST}))
  t.is(first.hint, 'hermes-svc gateway uninstall coder')
  init.gateways.clear()
  await rejection(t, 'HSVC_ALREADY_EXISTS', manager.registerProfileGateway('coder', {request: REQUEST}))
  t.deepEqual(init.called('register'), [])
})

test('register of a profile with a foreign definition is refused with the hint to adopt it', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder', {origin: 'foreign'})
  const error = await rejection(t, 'HSVC_ALREADY_EXISTS', manager.registerProfileGateway('coder', {request: REQUEST}))
  t.regex(error.hint ?? '', /--adopt/)
})

test('a rejected register leaves nothing', async t => {
  const {manager, init} = guardFixture(t)
  init.onLaunch = init.dyingAfter(100, 3)
  await rejection(t, 'HSVC_START_FAILED', manager.registerProfileGateway('coder', {request: REQUEST}))
  t.false(init.gateways.has('coder'))
})

test('unregister removes a registered gateway, and may be repeated', async t => {
  const {manager, init} = guardFixture(t)
  await manager.registerProfileGateway('coder', {request: REQUEST})
  await manager.unregisterProfileGateway('coder')
  t.false(init.gateways.has('coder'))
  await manager.unregisterProfileGateway('coder')
  await manager.unregisterProfileGateway('nobody')
  t.is(init.called('uninstall').length, 1)
})

test('unregister of an installed gateway rejects with the hint to uninstall it', async t => {
  const {manager, init} = guardFixture(t)
  await manager.install(REQUEST)
  const error = await rejection(t, 'HSVC_ALREADY_EXISTS', manager.unregisterProfileGateway('coder'))
  t.is(error.hint, 'hermes-svc gateway uninstall coder')
  init.gateways.clear()
  await rejection(t, 'HSVC_ALREADY_EXISTS', manager.unregisterProfileGateway('coder'))
})

test('unregister of a foreign definition is refused', async t => {
  const {manager, init} = guardFixture(t)
  init.define('coder', {origin: 'foreign'})
  await rejection(t, 'HSVC_ALREADY_EXISTS', manager.unregisterProfileGateway('coder'))
  t.true(init.gateways.has('coder'))
})

test('a rejected unregister leaves the gateway running', async t => {
  const {manager, init} = guardFixture(t)
  await manager.registerProfileGateway('coder', {request: REQUEST})
  init.before.uninstall = () => {
    throw new Error('the tool broke')
  }
  await rejection(t, 'HSVC_INTERNAL', manager.unregisterProfileGateway('coder'))
  t.like(init.gateway('coder'), {wanted: 'up', state: 'running', origin: 'registered'})
})

test('uninstall takes a registered gateway too', async t => {
  const {manager, init} = guardFixture(t)
  await manager.registerProfileGateway('coder', {request: REQUEST})
  t.deepEqual((await manager.uninstall('coder')).removed, ['/fake/coder'])
  t.false(init.gateways.has('coder'))
})

test('listProfileGateways has what is registered, sorted', async t => {
  const {manager} = guardFixture(t)
  for (const profile of ['zed', 'alpha'])
    await manager.registerProfileGateway(profile, {request: {...REQUEST, profile}})
  await manager.install(REQUEST, {start: false})
  t.deepEqual(await manager.listProfileGateways(), ['alpha', 'zed'])
})

test('without runtime registration register and unregister reject HSVC_UNSUPPORTED before anything is touched', async t => {
  const {manager, init} = guardFixture(t, {capabilities: {runtimeRegistration: false}})
  t.false(manager.supportsRuntimeRegistration())
  const error = await rejection(t, 'HSVC_UNSUPPORTED', manager.registerProfileGateway('coder'))
  t.is(error.hint, 'hermes-svc gateway install coder works everywhere')
  t.like(error, {backend: 'fake', verb: 'register', profile: 'coder'})
  await rejection(t, 'HSVC_UNSUPPORTED', manager.unregisterProfileGateway('coder'))
  t.deepEqual(await manager.listProfileGateways(), [])
  t.deepEqual(init.calls, [])
})
