import test from 'ava'
import type {GatewayStatus} from '@hermes-svc/core'
import {recordedOnly} from '../dist/missing-gateway.js'
import {rivalWarnings} from '../dist/rival-warnings.js'
import {sampleRecord} from './fixtures/sample-record.js'

function row(profile: string, fields: Partial<GatewayStatus> = {}): GatewayStatus {
  const {scope = 'user'} = fields
  const at = {service: `${scope}-${profile}`, state: 'running', wanted: 'up', pid: 7} as const
  return {...recordedOnly(sampleRecord({profile})), ...at, ...fields}
}

test('profiles that are defined once are nothing to warn of', t => {
  t.deepEqual(rivalWarnings([row('a'), row('b', {scope: 'system'}), row('c', {state: 'failed'})]), [])
})

test('of a profile that is defined twice both services are named, and how to be rid of one', t => {
  const own = [row('coder', {wanted: 'down', state: 'stopped'}), row('other'), row('coder', {scope: 'system'})]
  t.deepEqual(rivalWarnings(own), [
    'coder is defined twice, by user-coder (fake user) and system-coder (fake system): verbs act on the first; hermes-svc gateway uninstall coder removes the first',
  ])
  t.deepEqual(rivalWarnings([row('coder'), row('coder', {service: 'hermes-gateway', origin: 'foreign'})]), [
    'coder is defined twice, by user-coder (fake user) and hermes-gateway (fake user): verbs act on the first; hermes-svc gateway install coder --adopt takes the other over and keeps a backup',
  ])
})

test('there is one warning of a profile, however often it is defined', t => {
  const foreign = {origin: 'foreign'} as const
  const rows = [
    row('a'),
    row('a', {...foreign, service: 'x'}),
    row('a', {...foreign, service: 'y'}),
    row('b'),
    row('b'),
  ]
  const [ofA = '', ofB = '', ...more] = rivalWarnings(rows)
  t.regex(ofA, /^a is defined 3 times, by user-a \(.*\) and x \(.*\) and y \(.*--adopt takes the others over/)
  t.regex(ofB, /^b is defined twice/)
  t.deepEqual(more, [])
})

test('what is wanted down and does not run disturbs nobody', t => {
  for (const state of ['stopped', 'failed'] as const)
    t.deepEqual(rivalWarnings([row('coder'), row('coder', {scope: 'system', wanted: 'down', state})]), [], state)
})

test('what runs, or is wanted up, or cannot be read does disturb', t => {
  const busy: Partial<GatewayStatus>[] = [
    {wanted: 'down', state: 'running'},
    {wanted: 'down', state: 'stopping'},
    {wanted: 'down', state: 'unknown'},
    {wanted: 'up', state: 'stopped'},
    {wanted: 'up', state: 'failed'},
    {wanted: 'up', state: 'backoff'},
  ]
  for (const fields of busy)
    t.is(rivalWarnings([row('coder'), row('coder', {scope: 'system', ...fields})]).length, 1, JSON.stringify(fields))
})
