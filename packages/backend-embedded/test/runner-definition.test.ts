import {readFileSync, statSync} from 'node:fs'
import {runnerDefinition} from '@hermes-svc/runner'
import test from 'ava'
import {EmbeddedFixture} from './embedded-fixture.js'

test('the plan is, byte for byte and mode for mode, what install writes', async t => {
  const fixture = new EmbeddedFixture(t)
  const {manager} = fixture
  const spec = fixture.spec('coder')
  const plan = manager.plan(spec, await manager.facts())
  await manager.install(spec)
  for (const entry of plan.entries) {
    t.is(statSync(entry.path).mode & 0o7777, entry.mode, entry.path)
    if (entry.kind === 'file') t.deepEqual(readFileSync(entry.path), Buffer.from(entry.contents ?? []))
  }
  t.deepEqual(
    plan.entries.map(entry => entry.path.slice(fixture.root.length)),
    ['', '/environment', '/gateway.json'].map(end => `/hermes-svc/gateways/coder/embedded${end}`),
  )
})

test('environment values are only in the entry that is sensitive', async t => {
  const fixture = new EmbeddedFixture(t)
  const plan = fixture.manager.plan(fixture.spec('coder'), await fixture.manager.facts())
  const holding = plan.entries.filter(({contents}) => Buffer.from(contents ?? []).includes('sesame'))
  t.deepEqual(
    holding.map(({sensitive}) => sensitive),
    [true],
  )
})

test('what is only registered carries the life of the machine, what is installed does not', t => {
  const fixture = new EmbeddedFixture(t)
  const {paths} = fixture.context
  t.like(runnerDefinition(fixture.spec('coder'), paths, null).labels, {origin: 'installed', life: null, port: 8642})
  t.like(runnerDefinition(fixture.spec('coder'), paths, 'boot:1').labels, {origin: 'registered', life: 'boot:1'})
})

test('the definition says whether the command is the user’s own', t => {
  const fixture = new EmbeddedFixture(t)
  const {paths} = fixture.context
  t.false(runnerDefinition(fixture.spec('coder'), paths, null).labels['ownCommand'])
  const own = fixture.spec('coder', 'true', {userSet: ['argv']})
  t.true(runnerDefinition(own, paths, 'boot:1').labels['ownCommand'])
})

test('an account is refused at plan time unless it is the one that runners run as, whoever asks', t => {
  const fixture = new EmbeddedFixture(t)
  const spec = fixture.spec('coder', 'true', {account: 'hermes'})
  const refused = {code: 'HSVC_INVALID_SPEC', message: /^account: expected /}
  for (const uid of [0, 1000]) {
    for (const owner of [null, 'somebody']) t.throws(() => fixture.manager.plan(spec, {uid, owner}), refused)
    t.is(fixture.manager.plan(spec, {uid, owner: 'hermes'}).entries[0]?.owner, 'hermes')
  }
})
