import test, {type ExecutionContext} from 'ava'
import {type GuardFixture, guardFixture, PROGRAM, rejection} from './fixtures/guard-fixture.js'

const CODER = {profile: 'coder', argv: [PROGRAM]}

/** A gateway that runs, and whose definition goes with its process, as when somebody has removed the file. */
async function withLostDefinition(t: ExecutionContext): Promise<GuardFixture> {
  const fixture = guardFixture(t)
  const {manager, init, clock} = fixture
  await manager.install({...CODER, port: 8700})
  init.onStop = ({profile}) => {
    void clock.sleep(500).then(() => init.gateways.delete(profile))
  }
  return fixture
}

test('stop of a gateway whose definition goes with its process resolves with what the record has, and lasts', async t => {
  const {manager, record} = await withLostDefinition(t)
  const row = await manager.stop('coder')
  t.like(row, {profile: 'coder', state: 'stopped', wanted: 'down', pid: null, definition: null, port: 8700})
  t.is(record('coder').wanted, 'down')
  t.like((await manager.status())[0], {state: 'stopped', wanted: 'down', definition: null})
  t.is(record('coder').wanted, 'down')
})

test('stop without waiting resolves as well when the definition is gone at once', async t => {
  const {manager, init, record} = await withLostDefinition(t)
  init.before.status = () => {
    if (init.called('stop').length > 0) init.gateways.delete('coder')
  }
  t.like(await manager.stop('coder', {wait: false}), {state: 'stopped', wanted: 'down', definition: null})
  t.is(record('coder').wanted, 'down')
})

test('stop of a gateway whose definition goes away and that has no record rejects HSVC_NOT_FOUND', async t => {
  const {manager, records} = await withLostDefinition(t)
  records.remove('coder')
  await rejection(t, 'HSVC_NOT_FOUND', manager.stop('coder'))
})

test('stop of a gateway whose definition goes away is not told from the record that another backend has of it', async t => {
  const {manager, records, record} = await withLostDefinition(t)
  await records.write({...record('coder'), backend: 'other'})
  await rejection(t, 'HSVC_NOT_FOUND', manager.stop('coder'))
  t.is(record('coder').wanted, 'up')
})

test('uninstall of a gateway whose definition goes with its process resolves and leaves nothing', async t => {
  const {manager, init, records} = await withLostDefinition(t)
  t.deepEqual((await manager.uninstall('coder')).removed, [records.directory('coder')])
  t.deepEqual(init.changes, ['install', 'start', 'stop', 'uninstall'])
  t.is(records.read('coder'), null)
  t.deepEqual(await manager.status(), [])
})

test('unregister of a gateway whose definition goes with its process resolves and leaves nothing', async t => {
  const {manager, init} = await withLostDefinition(t)
  await manager.registerProfileGateway('ops', {request: {...CODER, profile: 'ops'}})
  await manager.unregisterProfileGateway('ops')
  t.false(init.gateways.has('ops'))
})
