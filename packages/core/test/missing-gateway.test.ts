import test from 'ava'
import {notFound, recordedOnly} from '../dist/missing-gateway.js'
import {makeProfile} from './fixtures/guard-fixture.js'
import {sampleRecord} from './fixtures/sample-record.js'
import {temporaryDirectory} from './temporary-directory.js'

for (const [service, profile] of [
  ['gateway-coder', 'coder'],
  ['gateway-default', 'default'],
  ['hermes-svc-coder', 'coder'],
  ['hermes-svc-coder.service', 'coder'],
  ['ai.hermes-svc.coder', 'coder'],
  ['hermes-gateway-coder', 'coder'],
  ['hermes-gateway', 'default'],
  ['hermes-gateway.service', 'default'],
  ['ai.hermes.gateway', 'default'],
  ['ai.hermes.gateway-coder', 'coder'],
] as const) {
  test(`for the service name ${service} the hint names the profile ${profile}`, t => {
    const {code, hint, profile: named} = notFound(service, temporaryDirectory(t))
    t.is(code, 'HSVC_NOT_FOUND')
    t.is(hint, `that is the name of a service; the profile is ${profile}`)
    t.is(named, service)
  })
}

test('for a profile that is on disk the hint is to install it, also where its name looks like a service', t => {
  const root = temporaryDirectory(t)
  makeProfile(root, 'gateway-x')
  t.is(notFound('gateway-x', root).hint, 'hermes-svc gateway install gateway-x')
  t.is(notFound('default', root).hint, 'hermes-svc gateway install default')
})

test('for any other name the hint is the list', t => {
  t.is(notFound('coder', temporaryDirectory(t)).hint, 'hermes-svc gateway list shows the gateways')
})

test('a gateway of which only the record is there is stopped, and wants what was recorded', t => {
  t.like(recordedOnly(sampleRecord({wanted: 'up'})), {state: 'stopped', wanted: 'up', pid: null, definition: null})
})
