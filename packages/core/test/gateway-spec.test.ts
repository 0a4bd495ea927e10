import {spawnSync} from 'node:child_process'
import test from 'ava'
import fc from 'fast-check'
import {canonicalSpec, hashSpec, type GatewaySpec} from '@hermes-svc/core'

const text = fc.string({unit: 'grapheme'})
const naturals = fc.nat()

const specs: fc.Arbitrary<GatewaySpec> = fc.record({
  profile: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/),
  description: text,
  argv: fc.array(text, {minLength: 1}),
  env: fc.dictionary(fc.stringMatching(/^[A-Za-z_]\w{0,10}$/), text),
  cwd: text,
  port: fc.option(naturals),
  scope: fc.constantFrom('user' as const, 'system' as const, 'container' as const),
  account: fc.option(text),
  autostart: fc.boolean(),
  restart: fc.record({
    delayMs: naturals,
    maxDelayMs: naturals,
    windowMs: naturals,
    giveUpAfter: fc.option(naturals),
    fatalExitCodes: fc.array(naturals),
    cleanExitCodes: fc.array(naturals),
  }),
  settleMs: naturals,
  stopTimeoutMs: naturals,
  logs: fc.record({files: naturals, sizeBytes: naturals}),
  userSet: fc.array(text),
})

/** The same value, built with its keys in the opposite order. */
function rebuilt(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rebuilt)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, rebuilt(inner)]),
  )
}

test('the hash does not depend on the order in which the spec was built', t => {
  fc.assert(
    fc.property(specs, spec => {
      t.is(hashSpec(rebuilt(spec) as GatewaySpec), hashSpec(spec))
    }),
  )
})

test('the hash is 32 hex digits and survives JSON', t => {
  fc.assert(
    fc.property(specs, spec => {
      t.regex(hashSpec(spec), /^[0-9a-f]{32}$/)
      t.is(hashSpec(JSON.parse(JSON.stringify(spec)) as GatewaySpec), hashSpec(spec))
    }),
  )
})

test('two specs that differ have different hashes', t => {
  fc.assert(
    fc.property(specs, specs, (one, other) => {
      const isEqual = canonicalSpec({...one, userSet: []}) === canonicalSpec({...other, userSet: []})
      t.is(hashSpec(one) === hashSpec(other), isEqual)
    }),
  )
})

test('each value of a spec but userSet takes part in the hash', t => {
  fc.assert(
    fc.property(specs, spec => {
      const before = hashSpec(spec)
      t.not(hashSpec({...spec, argv: [...spec.argv, '']}), before)
      t.not(hashSpec({...spec, env: {...spec.env, extra_key_of_twenty: ''}}), before)
      t.not(hashSpec({...spec, port: (spec.port ?? -1) + 1}), before)
      t.not(hashSpec({...spec, restart: {...spec.restart, delayMs: spec.restart.delayMs + 1}}), before)
      t.is(hashSpec({...spec, userSet: [...spec.userSet, 'port']}), before)
    }),
  )
})

test('the order of arguments matters', t => {
  const spec = fc.sample(specs, 1)[0]
  if (spec === undefined) throw new Error('expected a spec')
  t.not(hashSpec({...spec, argv: ['a', 'b']}), hashSpec({...spec, argv: ['b', 'a']}))
})

test('the hash does not depend on locale or time zone', t => {
  const env = {ä: '1', z: '2', Z: '3', a: '4', ı: '5'}
  const program = `import('@hermes-svc/core').then(core => console.log(core.hashSpec({env: ${JSON.stringify(env)}, argv: []})))`
  const hashes = ['C', 'tr_TR.UTF-8', 'sv_SE.UTF-8'].map(locale => {
    const variables = {
      PATH: process.env['PATH'],
      LC_ALL: locale,
      LANG: locale,
      TZ: locale === 'C' ? 'UTC' : 'Asia/Tokyo',
    }
    return spawnSync(process.execPath, ['-e', program], {env: variables, cwd: import.meta.dirname, encoding: 'utf8'})
      .stdout
  })
  t.regex(hashes[0] ?? '', /^[0-9a-f]{32}\n$/)
  t.is(new Set(hashes).size, 1)
})
