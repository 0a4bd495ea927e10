import {rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import {
  canonicalSpec,
  DEFAULT_CONFIGURATION,
  fillCommand,
  hashSpec,
  resolveSpec,
  type SpecInputs,
} from '@hermes-svc/core'
import {account, PROGRAM} from './fixtures/guard-fixture.js'
import {temporaryDirectory} from './temporary-directory.js'

const INPUTS: SpecInputs = {
  configuration: DEFAULT_CONFIGURATION,
  userSet: [],
  root: '/opt/data',
  scope: 'user',
  account: account('hermes', 3000),
  home: '/home/hermes',
  path: '/usr/bin:/bin',
  program: null,
  command: null,
  reclaimsStrays: false,
  autostart: true,
  platform: 'linux',
}

const OWN = {profile: 'coder', argv: [PROGRAM, 'x']}

function withCommand(command: readonly string[]): SpecInputs {
  return {...INPUTS, configuration: {...DEFAULT_CONFIGURATION, hermes: {...DEFAULT_CONFIGURATION.hermes, command}}}
}

test('the configured command has the profile and the port filled in', t => {
  const template = ['hermes', '-p', '{profile}', 'gateway', 'run', '--x={profile}:{port}']
  t.deepEqual(fillCommand(template, 'coder', 8700), ['hermes', '-p', 'coder', 'gateway', 'run', '--x=coder:8700'])
})

test('-p default is left out, because the root profile is run bare', t => {
  t.deepEqual(fillCommand(DEFAULT_CONFIGURATION.hermes.command, 'default', null), ['hermes', 'gateway', 'run'])
  t.deepEqual(fillCommand(['x', '{profile}', '-p', 'y'], 'default', null), ['x', 'default', '-p', 'y'])
})

test('a command that needs a port is refused where there is none', t => {
  t.throws(() => fillCommand(['hermes', '{port}'], 'coder', null), {code: 'HSVC_INVALID_SPEC', message: /^port: /})
})

test('placeholders in the user’s own ARGV are not filled in', t => {
  const {argv} = resolveSpec({profile: 'coder', argv: [PROGRAM, '{profile}', '{port}']}, INPUTS)
  t.deepEqual(argv, [PROGRAM, '{profile}', '{port}'])
})

test('--replace is part of the command only where strays are reclaimed, and never with the user’s own ARGV', t => {
  const reclaims = {...withCommand([PROGRAM, 'gateway', 'run']), reclaimsStrays: true}
  t.is(resolveSpec({profile: 'coder'}, reclaims).argv.at(-1), '--replace')
  t.is(resolveSpec({profile: 'coder'}, {...reclaims, reclaimsStrays: false}).argv.at(-1), 'run')
  t.deepEqual(resolveSpec(OWN, reclaims).argv, OWN.argv)
  const already = {...withCommand([PROGRAM, '--replace', 'run']), reclaimsStrays: true}
  t.is(resolveSpec({profile: 'coder'}, already).argv.length, 3)
})

test('the environment has what Hermes needs, and the user’s own on top', t => {
  const {env} = resolveSpec({...OWN, port: 8700, env: {HOME: '/own', KEY: 'value'}}, INPUTS)
  t.deepEqual(env, {
    PATH: '/usr/bin:/bin',
    HOME: '/own',
    USER: 'hermes',
    LOGNAME: 'hermes',
    HERMES_HOME: '/opt/data',
    HERMES_SUPERVISED_CHILD: '1',
    HERMES_S6_SUPERVISED_CHILD: '1',
    API_SERVER_PORT: '8700',
    KEY: 'value',
  })
})

test('without an account and on Windows no account is in the environment', t => {
  t.false('USER' in resolveSpec(OWN, {...INPUTS, account: null}).env)
  t.false('USER' in resolveSpec(OWN, {...INPUTS, platform: 'win32'}).env)
})

test('the account is in the spec by its name, and null where it is not known', t => {
  t.is(resolveSpec(OWN, INPUTS).account, 'hermes')
  t.is(resolveSpec(OWN, {...INPUTS, account: null}).account, null)
})

test('a program found once is kept while it is there', t => {
  const directory = temporaryDirectory(t)
  const [first, second] = [join(directory, 'a'), join(directory, 'hermes')]
  for (const path of [first, second]) writeFileSync(path, '', {mode: 0o755})
  const inputs = {...withCommand(['hermes']), path: directory}
  t.is(resolveSpec({profile: 'coder'}, inputs).argv[0], second)
  t.is(resolveSpec({profile: 'coder'}, {...inputs, program: first}).argv[0], second, 'another program')
  const kept = join(temporaryDirectory(t), 'hermes')
  writeFileSync(kept, '', {mode: 0o755})
  t.is(resolveSpec({profile: 'coder'}, {...inputs, program: kept}).argv[0], kept)
  rmSync(kept)
  t.is(resolveSpec({profile: 'coder'}, {...inputs, program: kept}).argv[0], second)
})

test('the command that a backend asks for is filled in and complete as it stands', t => {
  const words = [PROGRAM, '-p', '{profile}', 'gateway', 'start', '--port', '{port}']
  const inputs = {...withCommand(['nowhere']), reclaimsStrays: true, command: {words, directories: []}}
  const {argv} = resolveSpec({profile: 'coder', port: 8700}, inputs)
  t.deepEqual(argv, [PROGRAM, '-p', 'coder', 'gateway', 'start', '--port', '8700'])
  t.deepEqual(resolveSpec({profile: 'default', port: 8700}, inputs).argv.slice(1, 3), ['gateway', 'start'])
  t.throws(() => resolveSpec({profile: 'coder'}, inputs), {code: 'HSVC_INVALID_SPEC', message: /^port: /})
  t.deepEqual(resolveSpec(OWN, inputs).argv, OWN.argv)
})

test('directories of a backend’s command come before PATH and the program found before, for the program only', t => {
  const [place, path, earlier] = [temporaryDirectory(t), temporaryDirectory(t), temporaryDirectory(t)]
  for (const directory of [place, path, earlier]) writeFileSync(join(directory, 'hermes'), '', {mode: 0o755})
  const command = {words: ['hermes'], directories: [join(place, 'missing'), place]}
  const inputs = {...INPUTS, path, program: join(earlier, 'hermes'), command}
  const {argv, env} = resolveSpec({profile: 'coder'}, inputs)
  t.deepEqual(argv, [join(place, 'hermes')])
  t.is(env['PATH'], path)
  rmSync(join(place, 'hermes'))
  t.deepEqual(resolveSpec({profile: 'coder'}, inputs).argv, [join(earlier, 'hermes')])
  t.deepEqual(resolveSpec({profile: 'coder'}, {...inputs, program: null}).argv, [join(path, 'hermes')])
})

for (const [what, request, message] of [
  ['no ARGV at all', {argv: []}, /^argv: expected a program/],
  ['an empty program', {argv: ['']}, /^argv: expected a program/],
  ['a NUL in an argument', {argv: [PROGRAM, 'a\0b']}, /^argv\[1\]: /],
  ['half a surrogate in a value', {argv: [PROGRAM], env: {KEY: '\uD800'}}, /^environment KEY: /],
  ['a bad key', {argv: [PROGRAM], env: {'A-B': ''}}, /^environment: expected a key/],
  ['U+FFFD in the directory', {argv: [PROGRAM], cwd: '/\uFFFD'}, /^cwd: /],
  ['a bad port', {argv: [PROGRAM], port: 70_000}, /^port: /],
  ['a relative directory', {argv: [PROGRAM], cwd: 'data'}, /^cwd: expected an absolute path/],
] as const) {
  test(`${what} is HSVC_INVALID_SPEC`, t => {
    t.throws(() => resolveSpec({profile: 'coder', ...request}, INPUTS), {code: 'HSVC_INVALID_SPEC', message})
  })
}

test('what the user set is told from what is a default', t => {
  t.deepEqual(resolveSpec(OWN, INPUTS).userSet, ['argv'])
  const {userSet} = resolveSpec({...OWN, port: 8700}, {...INPUTS, userSet: ['hermes.user', 'logs.size', 'backend']})
  t.deepEqual(userSet, ['account', 'argv', 'logs.size', 'port'])
  t.deepEqual(resolveSpec({...OWN, userSet: ['port']}, INPUTS).userSet, ['port'])
})

test('the configuration is the default of every field', t => {
  const {restart, settleMs, stopTimeoutMs, logs, cwd, autostart} = resolveSpec(OWN, INPUTS)
  t.deepEqual(
    {restart, settleMs, stopTimeoutMs, logs, cwd, autostart},
    {
      restart: DEFAULT_CONFIGURATION.restart,
      settleMs: 1000,
      stopTimeoutMs: 70_000,
      logs: DEFAULT_CONFIGURATION.logs,
      cwd: '/opt/data',
      autostart: true,
    },
  )
})

test('any argument and value that can be delivered is in the spec as it was given', t => {
  const text = fc.string({unit: 'grapheme'}).filter(value => !/[\0\uFFFD]/.test(value))
  fc.assert(
    fc.property(fc.array(text), fc.dictionary(fc.stringMatching(/^[A-Za-z_]\w{0,9}$/), text), (args, env) => {
      const spec = resolveSpec({profile: 'coder', argv: [PROGRAM, ...args], env}, INPUTS)
      t.deepEqual(spec.argv.slice(1), args)
      t.deepEqual({...spec.env, ...env}, spec.env)
    }),
  )
})

test('the same inputs give the same spec and hash, whatever the order of keys', t => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[A-Z]{1,4}$/), fc.string({unit: 'grapheme-ascii'})), env => {
      const reversed = Object.fromEntries(Object.entries(env).reverse())
      const one = resolveSpec({...OWN, env}, INPUTS)
      const two = resolveSpec({...OWN, env: reversed}, INPUTS)
      t.is(canonicalSpec(one), canonicalSpec(two))
      t.is(hashSpec(one), hashSpec(two))
    }),
  )
})
