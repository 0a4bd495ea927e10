import {gatewayStatusOf, isExpired, type RunnerObservation, unknownStatusOf} from '@hermes-svc/runner'
import test from 'ava'

const paths = {root: '/r', state: '/r/hermes-svc', gateways: '/r/hermes-svc/gateways', logs: '/r/logs'}

const seen: RunnerObservation = {
  supervised: true,
  settled: true,
  runner: {pid: 10, startTime: '1', bootId: 'b', pidNamespace: 'n'},
  gateway: {pid: 11, startTime: '2', bootId: 'b', pidNamespace: 'n'},
  socket: '/r/run/x.sock',
  state: 'running',
  wanted: 'up',
  startedAt: '2026-01-01T00:00:00.000Z',
  uptimeSeconds: 5,
  deaths: 3,
  failures: 1,
  lastExit: {code: 1, signal: null, at: '2026-01-01T00:00:00.000Z'},
  nextStartAt: null,
  invocation: 'i',
  reason: null,
  labels: {profile: 'coder', origin: 'installed', port: 8642, specHash: 'abc', life: null},
}

test('a running gateway is shown with its own pid, not the one of its runner', t => {
  t.deepEqual(gatewayStatusOf('embedded', 'coder', seen, paths), {
    profile: 'coder',
    backend: 'embedded',
    scope: 'user',
    service: 'coder',
    state: 'running',
    wanted: 'up',
    autostart: false,
    pid: 11,
    startedAt: '2026-01-01T00:00:00.000Z',
    uptimeSeconds: 5,
    restarts: 3,
    lastExit: {code: 1, signal: null, at: '2026-01-01T00:00:00.000Z'},
    nextStartAt: null,
    ready: null,
    health: null,
    port: 8642,
    origin: 'installed',
    definition: '/r/hermes-svc/gateways/coder/embedded',
    drift: null,
    logs: {kind: 'file', path: '/r/logs/coder'},
    specHash: 'abc',
  })
})

test('a gateway that does not run has no pid and no start time, and the next start only while backing off', t => {
  const nextStartAt = '2026-01-01T00:00:05.000Z'
  const down = {...seen, gateway: null, uptimeSeconds: null, nextStartAt}
  t.like(gatewayStatusOf('embedded', 'coder', {...down, state: 'backoff'}, paths), {
    pid: null,
    startedAt: null,
    nextStartAt,
  })
  t.like(gatewayStatusOf('embedded', 'coder', {...down, state: 'stopped'}, paths), {pid: null, nextStartAt: null})
})

test('labels that are not ours are never passed on', t => {
  const damaged = {...seen, labels: {port: '1', origin: 7, specHash: null}}
  t.like(gatewayStatusOf('embedded', 'coder', damaged, paths), {port: null, origin: 'installed', specHash: ''})
})

test('the status says whether the command is the user’s own, where the definition says it', t => {
  for (const ownCommand of [true, false]) {
    const labelled = {...seen, labels: {...seen.labels, ownCommand}}
    t.is(gatewayStatusOf('embedded', 'coder', labelled, paths).ownCommand, ownCommand)
  }
  for (const labels of [seen.labels, {...seen.labels, ownCommand: 'yes'}])
    t.false('ownCommand' in gatewayStatusOf('embedded', 'coder', {...seen, labels}, paths))
})

test('a definition that cannot be read is shown as unknown', t => {
  t.like(unknownStatusOf('embedded', 'coder', paths), {state: 'unknown', pid: null, restarts: null})
})

test('only what is registered expires, and only with the life it was registered in', t => {
  const registered = {...seen, labels: {...seen.labels, origin: 'registered', life: 'one'}}
  t.deepEqual(
    [isExpired(registered, 'one'), isExpired(registered, 'two'), isExpired(seen, 'two')],
    [false, true, false],
  )
})

test('a life that is named by the minute of its boot is the same with the minute before or after', t => {
  const registered = {...seen, labels: {...seen.labels, origin: 'registered', life: '29400000'}}
  t.deepEqual(
    ['29399999', '29400000', '29400001', '29400002', 'boot:1'].map(life => isExpired(registered, life)),
    [false, false, false, true, true],
  )
})
