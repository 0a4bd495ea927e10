import {serviceError} from '@hermes-svc/core'
import test from 'ava'
import {parseSettings} from '../dist/s6-settings.js'

function parse(configuration: Record<string, unknown>) {
  return parseSettings({configuration, error: serviceError})
}

const DEFAULTS = {scandir: null, binDir: null, dialect: 'hermes', capacity: 500}

test('nothing has to be set', t => {
  t.deepEqual(parse({}), DEFAULTS as ReturnType<typeof parse>)
})

const RIGHT: Record<string, readonly unknown[]> = {
  scandir: ['/run/service', '/home/ada/my scan'],
  binDir: ['/opt/s6/bin'],
  dialect: ['hermes', 'reference'],
  capacity: [1, 500, 4000],
}

for (const [key, values] of Object.entries(RIGHT)) {
  test(`${key} is taken as it is given`, t => {
    for (const value of values) t.deepEqual(parse({[key]: value}), {...DEFAULTS, [key]: value} as never)
  })
}

const PATHS = ['', 'run/service', '~/scan', '/a\0b', 7, null, ['/run/service'], {}]
const WRONG: Record<string, {values: readonly unknown[]; expected: string}> = {
  scandir: {values: PATHS, expected: 'an absolute path'},
  binDir: {values: PATHS, expected: 'an absolute path'},
  dialect: {values: ['', 'Hermes', 'upstream', 1, null, true], expected: 'hermes or reference'},
  capacity: {values: [0, -1, 1.5, NaN, Infinity, '500', null, true], expected: 'a whole number from 1'},
}

for (const [key, {values, expected}] of Object.entries(WRONG)) {
  test(`a wrong ${key} is refused with what was expected and what was there`, t => {
    for (const value of values) {
      const error = t.throws(() => parse({[key]: value}), {code: 'HSVC_CONFIG_INVALID'})
      t.is(error.message, `backends.s6.${key}: expected ${expected}, got ${JSON.stringify(value)}`)
    }
  })
}

test('a key that there is none of is refused with those there are', t => {
  const error = t.throws(() => parse({scanDir: '/run/service'}), {code: 'HSVC_CONFIG_INVALID'})
  t.is(
    error.message,
    'backends.s6.scanDir: expected one of the keys scandir, binDir, dialect, capacity, got another key',
  )
  t.throws(() => parse({constructor: 1}), {code: 'HSVC_CONFIG_INVALID'})
  t.throws(() => parse({toString: 1}), {code: 'HSVC_CONFIG_INVALID'})
})

test('a wrong value is shown, but not at any length', t => {
  const error = t.throws(() => parse({dialect: 'x'.repeat(10_000)}))
  t.true(error.message.length < 200)
})
