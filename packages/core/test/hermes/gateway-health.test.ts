import test from 'ava'
import {healthOf} from '../../dist/hermes/gateway-health.js'
import {parseGatewayReport} from '../../dist/hermes/gateway-state.js'

const NOW = Date.parse('2026-03-01T10:00:00Z')

/** Health out of a report by process 41, so many seconds old, of a gateway whose process is `pid`. */
function health(
  fields: object,
  {pid = 41, alive = true, age = 0}: {pid?: number | null; alive?: boolean; age?: number} = {},
) {
  const report = parseGatewayReport(JSON.stringify({pid: 41, updated_at: NOW / 1000 - age, ...fields}))
  if (report === null) throw new Error('expected a report, got none')
  return healthOf(report, {pid}, alive, NOW)
}

test('health is the state that Hermes reports, and when', t => {
  t.deepEqual(health({gateway_state: 'running'}), {state: 'running', reason: null, at: '2026-03-01T10:00:00.000Z'})
})

test('a report without a state says nothing of health', t => {
  t.is(health({desired_state: 'running'}), null)
})

test('platforms that are not connected are named with their codes, and without their messages', t => {
  const platforms = {
    telegram: {state: 'retrying', error_code: 'conflict', error_message: 'bot123:secret'},
    discord: {state: 'connected'},
    slack: {state: 'fatal'},
  }
  t.is(health({gateway_state: 'degraded', platforms})?.reason, 'slack fatal, telegram retrying (conflict)')
})

test('a gateway that drains says how much it is busy with, one that ended says why', t => {
  t.is(health({gateway_state: 'draining', active_agents: 3})?.reason, 'busy with 3')
  t.is(health({gateway_state: 'startup_failed', exit_reason: 'no platform'}, {alive: false})?.reason, 'no platform')
})

test('a report that claims a live process is stale once that is gone and 120 s have passed', t => {
  const gone = {alive: false, pid: null}
  t.like(health({gateway_state: 'running'}, {...gone, age: 121}), {
    state: 'stale',
    reason: 'running was said by process 41, which is gone',
  })
  t.like(health({gateway_state: 'running'}, {...gone, age: 119}), {state: 'running'})
  t.like(health({gateway_state: 'running', updated_at: null}, gone), {state: 'stale', at: null})
  t.like(health({gateway_state: 'running', pid: undefined}, {...gone, age: 121}), {state: 'stale'})
})

test('the report of an idle gateway is not stale, however old', t => {
  t.like(health({gateway_state: 'running'}, {age: 86_400}), {state: 'running', reason: null})
})

test('the report of the process before this one is told apart', t => {
  t.regex(
    health({gateway_state: 'running'}, {pid: 42, alive: false, age: 5})?.reason ?? '',
    /process 41, which is gone/,
  )
})

test('the report of a gateway that stopped is never stale', t => {
  t.like(health({gateway_state: 'stopped'}, {pid: null, alive: false, age: 86_400}), {state: 'stopped', reason: null})
})
