import test from 'ava'
import fc from 'fast-check'
import {withDesiredState} from '../../dist/hermes/desired-state.js'
import {parseGatewayReport, wantedByHermes} from '../../dist/hermes/gateway-state.js'

test('a report is read with what is there, and null for what is missing or of another type', t => {
  const report = {
    desired_state: 'running',
    gateway_state: 'degraded',
    exit_reason: null,
    active_agents: 2,
    pid: 41,
    start_time: 99,
    updated_at: '2026-03-01T10:00:00+00:00',
    platforms: {
      telegram: {state: 'retrying', error_code: 'timeout', error_message: 'https://api/bot123:secret'},
      discord: {state: 'connected'},
      broken: 'text',
    },
  }
  t.deepEqual(parseGatewayReport(JSON.stringify(report)), {
    desiredState: 'running',
    gatewayState: 'degraded',
    exitReason: null,
    activeAgents: 2,
    pid: 41,
    startTime: 99,
    updatedAtMs: Date.parse('2026-03-01T10:00:00Z'),
    platforms: [
      {name: 'discord', state: 'connected', errorCode: null},
      {name: 'telegram', state: 'retrying', errorCode: 'timeout'},
    ],
  })
  const empty = {desiredState: null, gatewayState: null, exitReason: null, activeAgents: 0, pid: null, platforms: []}
  t.like(parseGatewayReport('{"pid":"41","platforms":[],"active_agents":"2","desired_state":7}'), empty)
})

for (const [title, value, expected] of [
  ['seconds since the epoch', 1_772_359_200, '2026-03-01T10:00:00.000Z'],
  ['ISO 8601 with microseconds', '2026-03-01T10:00:00.123456+00:00', '2026-03-01T10:00:00.123Z'],
  ['ISO 8601 with a zone', '2026-03-01T11:00:00+01:00', '2026-03-01T10:00:00.000Z'],
  ['ISO 8601 without a zone, as UTC', '2026-03-01T10:00:00', '2026-03-01T10:00:00.000Z'],
  ['a text that is no time', 'yesterday', null],
  ['nothing', undefined, null],
] as const)
  test(`the time of a report is read from ${title}`, t => {
    const ms = parseGatewayReport(JSON.stringify({updated_at: value}))?.updatedAtMs ?? null
    t.is(ms === null ? null : new Date(ms).toISOString(), expected)
  })

test('what is no JSON object is no report', t => {
  for (const text of ['', '[]', '7', 'null', '"running"', '{', 'not json'])
    t.is(parseGatewayReport(text), null, JSON.stringify(text))
})

for (const [state, wanted] of [
  [{desired_state: 'running', gateway_state: 'startup_failed'}, 'up'],
  [{desired_state: 'stopped', gateway_state: 'running'}, 'down'],
  [{desired_state: 'paused'}, 'down'],
  [{gateway_state: 'running'}, 'up'],
  [{gateway_state: 'draining'}, 'up'],
  [{gateway_state: 'degraded'}, 'up'],
  [{gateway_state: 'starting'}, 'down'],
  [{gateway_state: 'startup_failed'}, 'down'],
  [{gateway_state: 'stopped'}, 'down'],
  [{}, null],
] as const)
  test(`the state ${JSON.stringify(state)} says that the gateway is wanted ${wanted ?? 'neither up nor down'}`, t => {
    const report = parseGatewayReport(JSON.stringify(state))
    t.is(report && wantedByHermes(report), wanted)
  })

test('noting what is wanted keeps every other key as it is', t => {
  const mapping = fc.dictionary(fc.string(), fc.jsonValue(), {maxKeys: 6})
  const text = fc
    .tuple(mapping, fc.constantFrom(undefined, 2, '\t'))
    .map(([data, space]) => JSON.stringify(data, null, space))
  fc.assert(
    fc.property(text, fc.constantFrom('running', 'stopped'), (before, desired) => {
      const expected = {...(JSON.parse(before) as object), desired_state: desired}
      t.deepEqual(JSON.parse(withDesiredState(before, desired)), expected)
    }),
  )
})

test('noting what is wanted keeps the bytes of numbers that JSON.parse would change', t => {
  const before = '{"a": 1.0, "b": 12345678901234567890, "desired_state": "running", "c": 1e400}'
  t.is(withDesiredState(before, 'stopped'), before.replace('running', 'stopped'))
})

test('of a wish that is there twice the last one is changed, and what is no JSON object is replaced', t => {
  t.deepEqual(JSON.parse(withDesiredState('{"desired_state":"a","x":1,"desired_state":"b"}', 'running')), {
    desired_state: 'running',
    x: 1,
  })
  for (const text of [null, '', '[1]', '{"a":'])
    t.is(withDesiredState(text, 'stopped'), '{"desired_state":"stopped"}\n', JSON.stringify(text))
})
