import {hashSpec} from '@hermes-svc/core'
import test from 'ava'
import fc from 'fast-check'
import {factsOf, parseFacts} from '../dist/slot-facts.js'
import {plainSpec} from './plain-gateway.js'

test('the facts of a spec are read back as they were written', t => {
  for (const origin of ['installed', 'registered'] as const) {
    for (const port of [8642, null]) {
      const spec = plainSpec({port, autostart: port === null})
      const facts = factsOf(spec, origin, 'definition.1')
      t.like(facts, {
        profile: 'coder',
        definition: 'definition.1',
        origin,
        port,
        autostart: port === null,
        stopTimeoutMs: 10_000,
      })
      t.is(facts.specHash, hashSpec(spec))
      t.deepEqual(parseFacts(JSON.stringify(facts), 'coder'), facts)
    }
  }
})

test('the facts say whether the command is the user’s own; those of an earlier version do not', t => {
  const facts = factsOf(plainSpec(), 'registered', 'definition.1')
  t.false(facts.ownCommand)
  t.true(factsOf(plainSpec({userSet: ['argv', 'port']}), 'registered', 'definition.1').ownCommand)
  const {ownCommand: _unsaid, ...earlier} = facts
  t.deepEqual(parseFacts(JSON.stringify(earlier), 'coder'), earlier)
  t.is(parseFacts(JSON.stringify({...facts, ownCommand: 'yes'}), 'coder'), null)
})

test('no value of the environment is in the facts', t => {
  t.false(JSON.stringify(factsOf(plainSpec(), 'installed', 'definition.1')).includes('se same'))
})

test('the facts of another profile are not those of this one: the directory was renamed or copied', t => {
  t.is(parseFacts(JSON.stringify(factsOf(plainSpec(), 'installed', 'definition.1')), 'writer'), null)
})

test('facts that lack something or are of the wrong kind make a slot somebody else’s', t => {
  const facts = factsOf(plainSpec(), 'installed', 'definition.1')
  for (const key of ['maker', 'profile', 'definition', 'origin', 'port', 'autostart', 'specHash', 'stopTimeoutMs']) {
    for (const value of [undefined, true, '', {}, 'foreign']) {
      if (
        (['specHash', 'definition'].includes(key) && typeof value === 'string') ||
        (key === 'autostart' && value === true)
      )
        continue
      t.is(parseFacts(JSON.stringify({...facts, [key]: value}), 'coder'), null, `${key} ${JSON.stringify(value)}`)
    }
  }
})

test('whatever else the link leads to, reading it does not throw', t => {
  for (const text of ['', '{', 'null', '[]', '7', '"hermes-svc"', '\0', '{"maker":"hermes-svc"}'])
    t.is(parseFacts(text, 'coder'), null, text)
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      t.is(parseFacts(text, 'coder'), null)
    }),
  )
})
