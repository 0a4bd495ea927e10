import {serviceError} from '@hermes-svc/core'
import test from 'ava'
import {parseSettings} from '../dist/systemd-settings.js'

function parse(configuration: Record<string, unknown>) {
  return parseSettings({configuration, error: serviceError})
}

test('nothing has to be set, and then lingering is left as it is', t => {
  t.deepEqual(parse({}), {linger: 'leave'})
})

test('linger is taken as it is given', t => {
  for (const linger of ['enable', 'leave'] as const) t.deepEqual(parse({linger}), {linger})
})

test('a wrong linger is refused with what was expected and what was there', t => {
  for (const linger of ['', 'Enable', 'yes', true, 1, null, {}, ['enable']]) {
    const error = t.throws(() => parse({linger}), {code: 'HSVC_CONFIG_INVALID'})
    const got = JSON.stringify(linger)
    t.is(error.message, `backends.systemd.linger: expected enable or leave, got ${got}`)
    t.is((error as {hint?: string}).hint, 'fix or remove backends.systemd.linger')
  }
})

test('a key that there is none of is refused with the one there is', t => {
  for (const key of ['Linger', 'scope', 'toString', '__proto__x']) {
    t.throws(() => parse({[key]: 'leave'}), {
      code: 'HSVC_CONFIG_INVALID',
      message: `backends.systemd.${key}: expected the key linger, got another key`,
    })
  }
})

test('a wrong value is shown, but not at any length', t => {
  const error = t.throws(() => parse({linger: 'x'.repeat(10_000)}))
  t.true(error.message.length < 200)
})
