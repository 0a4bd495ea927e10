import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import {type Claim, clashes} from '../../dist/hermes/claim.js'
import {findConflicts} from '../../dist/hermes/claim-conflicts.js'
import type {Claimant} from '../../dist/hermes/claimants.js'
import {makeProfile, PROGRAM} from '../fixtures/guard-fixture.js'
import {hostFixture} from '../fixtures/host-fixture.js'

function port(value: number, fields: Partial<Claim> = {}): Claim {
  return {
    kind: 'port',
    name: 'API server',
    value: String(value),
    host: '127.0.0.1',
    setting: '--port',
    certain: true,
    ...fields,
  }
}

function token(value: string, fields: Partial<Claim> = {}): Claim {
  return {kind: 'token', name: 'TELEGRAM_BOT_TOKEN', value, host: null, setting: 'x', certain: true, ...fields}
}

function claimant(profile: string, claims: readonly Claim[], fields: Partial<Claimant> = {}): Claimant {
  return {profile, up: true, idle: false, env: {}, port: null, runsHermes: true, claims, ...fields}
}

/** `name: profile, profile`, with `?` where it is not certain. */
function found(...claimants: Claimant[]): string[] {
  return findConflicts(claimants).map(({name, holders, certain}) => {
    return `${name}${certain ? '' : '?'}: ${holders.map(({profile}) => profile).join(', ')}`
  })
}

test('one port or one token in several gateways is one conflict, and names all of them', t => {
  t.deepEqual(
    found(
      claimant('ops', [port(8642), token('a')]),
      claimant('coder', [port(8642), token('b')]),
      claimant('default', [port(8642), token('a')]),
      claimant('web', [port(8643), token('c')]),
    ),
    ['API server: coder, default, ops', 'TELEGRAM_BOT_TOKEN: default, ops'],
  )
})

test('one text under two keys is no conflict, and one port of two listeners is', t => {
  t.deepEqual(found(claimant('a', [token('x')]), claimant('b', [token('x', {name: 'DISCORD_BOT_TOKEN'})])), [])
  t.deepEqual(found(claimant('a', [port(8644)]), claimant('b', [port(8644, {name: 'webhook', host: ''})])), [
    'API server: a, b',
  ])
})

test('what one profile claims twice is its own affair', t => {
  t.deepEqual(found(claimant('a', [port(1), port(1, {name: 'webhook'})])), [])
  t.deepEqual(found(claimant('a', [port(1), port(1, {name: 'webhook'})]), claimant('b', [port(1)])), [
    'API server: a, b',
  ])
})

test('a conflict is certain only between two that are wanted up and surely have it', t => {
  t.deepEqual(found(claimant('a', [port(1)]), claimant('b', [port(1)], {up: false})), ['API server?: a, b'])
  t.deepEqual(found(claimant('a', [port(1)]), claimant('b', [port(1, {certain: false})])), ['API server?: a, b'])
  t.deepEqual(found(claimant('a', [port(1)]), claimant('b', [port(1, {certain: false})]), claimant('c', [port(1)])), [
    'API server: a, b, c',
  ])
})

test('one port on two addresses is no conflict; on every address it is one with each', t => {
  const on = (host: string): Claim => port(8642, {host})
  t.deepEqual(found(claimant('a', [on('127.0.0.1')]), claimant('b', [on('10.0.0.1')])), [])
  t.deepEqual(found(claimant('a', [on('127.0.0.1')]), claimant('b', [on('LOCALHOST')])), ['API server: a, b'])
  for (const all of ['', '0.0.0.0', '::', '*']) {
    t.deepEqual(found(claimant('a', [on('127.0.0.1')]), claimant('b', [on(all)])), ['API server: a, b'], all)
  }
  t.deepEqual(found(claimant('a', [on('127.0.0.1')]), claimant('b', [on('10.0.0.1')]), claimant('c', [on('::')])), [
    'API server: a, b, c',
  ])
})

test('whether two claims clash does not depend on which comes first', t => {
  const claims = fc.record({
    kind: fc.constantFrom('port' as const, 'token' as const),
    name: fc.constantFrom('API server', 'webhook'),
    value: fc.constantFrom('1', '2'),
    host: fc.constantFrom(null, '', '127.0.0.1', 'localhost', '10.0.0.1', '::'),
    setting: fc.constant('x'),
    certain: fc.boolean(),
  })
  fc.assert(
    fc.property(claims, claims, (one, other) => {
      t.is(clashes(one, other), clashes(other, one))
    }),
  )
  t.pass()
})

test('the conflicts of a machine are those of its gateways, installed or registered, and not of profiles without one', async t => {
  const {host: make, package: backend, root} = hostFixture(t)
  for (const name of ['coder', 'ops', 'own', 'idle']) {
    makeProfile(root, name)
    writeFileSync(join(root, 'profiles', name, '.env'), 'TELEGRAM_BOT_TOKEN=123:SECRET\n')
  }
  const layers = [{source: 'test', data: {hermes: {command: [PROGRAM, '-p', '{profile}']}}}]
  const host = make([backend('here')], {layers})
  const manager = await host.manager()
  const told = async (): Promise<unknown> => (await host.claimConflicts((await host.overview()).gateways)).conflicts
  await manager.registerProfileGateway('own', {request: {profile: 'own', argv: [PROGRAM]}})
  await manager.registerProfileGateway('ops')
  t.like(await told(), [{name: 'TELEGRAM_BOT_TOKEN', certain: false, holders: [{profile: 'ops'}, {profile: 'own'}]}])
  await manager.install({profile: 'coder'}, {start: false})
  await manager.start('coder')
  t.like(await told(), [
    {
      certain: true,
      holders: [
        {profile: 'coder', up: true},
        {profile: 'ops', up: true},
        {profile: 'own', up: true},
      ],
    },
  ])
  await manager.stop('ops')
  t.like(await told(), [{certain: false, holders: [{profile: 'coder'}, {profile: 'ops', up: false}, {profile: 'own'}]}])
})
