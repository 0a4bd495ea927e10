import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import fc from 'fast-check'
import {parseCommandFile} from '../../dist/arguments/command-file.js'
import {parseEnvironmentFile, parseEnvironmentFlags} from '../../dist/arguments/environment-pairs.js'
import {assertPlatformFlags, gatewayRequest} from '../../dist/arguments/gateway-request.js'
import {splitArgv} from '../../dist/arguments/split-argv.js'
import {parseSince, parseTimeout} from '../../dist/arguments/time-flags.js'

const usage = {code: 'HSVC_USAGE'} as object

function fileWith(t: ExecutionContext, contents: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-flag-'))
  t.teardown(() => {
    rmSync(directory, {recursive: true})
  })
  writeFileSync(join(directory, 'file'), contents)
  return join(directory, 'file')
}

test('argv is what follows the first --, later ones included', t => {
  t.deepEqual(splitArgv(['coder', '--', 'a', '--', '--json']), {own: ['coder'], passedOn: ['a', '--', '--json']})
  t.deepEqual(splitArgv(['coder', 'a']), {own: ['coder', 'a'], passedOn: null})
  t.deepEqual(splitArgv(['coder', '--']), {own: ['coder'], passedOn: []})
})

test('--env takes a value with = in it, an empty one, or the value of the caller', t => {
  t.deepEqual(parseEnvironmentFlags(['A=b=c', 'E=', 'HOME'], {HOME: '/h'}), {A: 'b=c', E: '', HOME: '/h'})
})

test('--env refuses a bad key and a variable that is not set, and repeats no value', t => {
  t.like(
    t.throws(() => parseEnvironmentFlags(['1A=s3cret'], {})),
    usage,
  )
  const error = t.throws(() => parseEnvironmentFlags(['A B=s3cret'], {}))
  t.false(error.message.includes('s3cret'))
  t.regex(t.throws(() => parseEnvironmentFlags(['GONE'], {})).message, /GONE in the environment of the caller/)
})

test('--env delivers any value byte for byte', t => {
  fc.assert(
    fc.property(fc.string({unit: 'grapheme'}), value => parseEnvironmentFlags([`K=${value}`], {})['K'] === value),
  )
  t.pass()
})

test('--env-file is taken literally, comments and empty lines passed over', t => {
  const text = '# no\n\nA="x" $HOME # y\r\nB=1\n'
  t.deepEqual(parseEnvironmentFile(text, {}), {A: '"x" $HOME # y', B: '1'})
  t.regex(t.throws(() => parseEnvironmentFile('A=1\n-=2', {})).message, /line 2/)
})

test('--command-file holds a JSON array of strings', t => {
  t.deepEqual(parseCommandFile('["node", "-e", ""]'), ['node', '-e', ''])
  for (const text of ['', '[]', '{}', '"x"', '[1]', 'node'])
    t.like(
      t.throws(() => parseCommandFile(text)),
      usage,
    )
})

test('--timeout counts seconds, or has a unit', t => {
  t.deepEqual(['30', '30s', '2m', '500ms'].map(parseTimeout), [30_000, 30_000, 120_000, 500])
  for (const text of ['', '0', 'soon', '-1', '1w'])
    t.like(
      t.throws(() => parseTimeout(text)),
      usage,
    )
})

test('--since is a duration before now or a date', t => {
  t.is(parseSince('10m', 1_000_000).getTime(), 400_000)
  t.is(parseSince('2030-01-31T08:00:00Z', 0).toISOString(), '2030-01-31T08:00:00.000Z')
  for (const text of ['', 'yesterday', '12', '2030-99-99'])
    t.like(
      t.throws(() => parseSince(text, 0)),
      usage,
    )
})

test('a request holds only what the flags name', t => {
  t.deepEqual(gatewayRequest('coder', {}, null, {}), {profile: 'coder'})
  const flags = {port: 8080, scope: 'system', user: 'hermes', 'no-autostart': true, env: ['A=1']}
  t.deepEqual(gatewayRequest('coder', flags, ['node'], {}), {
    profile: 'coder',
    argv: ['node'],
    env: {A: '1'},
    port: 8080,
    scope: 'system',
    account: 'hermes',
    autostart: false,
  })
})

test('a request asks for a start at login only where a flag does', t => {
  t.true(gatewayRequest('coder', {'start-on-login': true}, null, {}).autostart)
  t.false(gatewayRequest('coder', {'no-autostart': true}, null, {}).autostart)
})

test('--env goes over --env-file', t => {
  const file = fileWith(t, 'A=file\nB=file\n')
  t.deepEqual(gatewayRequest('coder', {env: ['A=flag'], 'env-file': file}, null, {}).env, {A: 'flag', B: 'file'})
})

test('the command comes from --command-file or from --, not from both, and not from an empty one', t => {
  const flags = {'command-file': fileWith(t, '["node"]')}
  t.deepEqual(gatewayRequest('coder', flags, null, {}).argv, ['node'])
  t.like(
    t.throws(() => gatewayRequest('coder', flags, ['x'], {})),
    usage,
  )
  t.like(
    t.throws(() => gatewayRequest('coder', {}, [], {})),
    usage,
  )
  t.regex(
    t.throws(() => gatewayRequest('coder', {'env-file': '/no/such/file'}, null, {})).message,
    /--env-file: .*ENOENT/,
  )
})

test('the flags of Windows are refused elsewhere by name', t => {
  t.notThrows(() => assertPlatformFlags({'start-now': true}, 'win32'))
  t.notThrows(() => assertPlatformFlags({adopt: true}, 'linux'))
  const error = t.throws(() => assertPlatformFlags({'start-on-login': true}, 'linux'))
  t.is(error.message, '--start-on-login is for Windows, this is linux')
  t.like(
    t.throws(() => assertPlatformFlags({'elevated-handoff': true}, 'darwin')),
    usage,
  )
})
