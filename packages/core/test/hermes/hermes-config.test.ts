import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import {createHost} from '@hermes-svc/core'
import {type HermesConfig, parseTruth, readHermesConfig, servesAllProfiles} from '../../dist/hermes/hermes-config.js'
import {temporaryDirectory} from '../temporary-directory.js'

type Read = (text: string | null) => Promise<HermesConfig>

function reader(root: string): Read {
  const {homes} = createHost({packages: [], layers: [{source: 'test', data: {hermes: {root}}}]})
  return async text => {
    if (text !== null) writeFileSync(join(root, 'config.yaml'), text)
    return await readHermesConfig(homes, 'default')
  }
}

test('config.yaml is read as a mapping, and none or an empty one is an empty mapping', async t => {
  const read = reader(temporaryDirectory(t))
  t.deepEqual(await read(null), {data: {}, problem: null})
  for (const empty of ['', '\n\n', '\uFEFF', '# nothing\n', '---\n', 'null\n', '~']) {
    t.deepEqual(await read(empty), {data: {}, problem: null}, JSON.stringify(empty))
  }
  t.deepEqual(await read('\uFEFFgateway:\r\n  multiplex_profiles: true\r\n'), {
    data: {gateway: {multiplex_profiles: true}},
    problem: null,
  })
  t.deepEqual((await read('a: 1\na: 2\n')).data, {a: 2}, 'the last of two equal keys, as Hermes reads it')
})

test('a broken config.yaml is a problem that names the file and quotes nothing of it', async t => {
  const root = temporaryDirectory(t)
  const read = reader(root)
  const path = join(root, 'config.yaml')
  t.deepEqual(await read('a: 1\ntoken: "SECRET\n'), {
    data: null,
    problem: `${path}: expected YAML, got something else near line 3`,
  })
  for (const broken of ['- a\n- b\n', 'SECRET', '17']) {
    t.deepEqual(await read(broken), {data: null, problem: `${path}: expected a mapping, got other YAML`}, broken)
  }
  for (const broken of [
    'token: *SECRET',
    'token: !SECRET x',
    'token: @SECRET',
    '{SECRET',
    '\tSECRET: 1',
    'a: b: SECRET',
  ]) {
    const {data, problem} = await read(broken)
    t.is(data, null, broken)
    t.false(problem?.includes('SECRET'), broken)
  }
})

test('a config.yaml that cannot be read is a problem, not a failure', async t => {
  const root = temporaryDirectory(t)
  mkdirSync(join(root, 'config.yaml'))
  t.deepEqual(await reader(root)(null), {
    data: null,
    problem: `${join(root, 'config.yaml')} could not be read (EISDIR)`,
  })
})

test('whatever is in config.yaml, reading it does not reject, and gives a mapping or a problem', async t => {
  const read = reader(temporaryDirectory(t))
  const marks = fc.constantFrom(
    'a',
    'b: ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&x',
    '*x',
    '!',
    '|',
    '>',
    '"',
    "'",
    '#',
    '\n',
    '\t',
  )
  const yaml = fc.oneof(fc.string({unit: 'binary'}), fc.string({unit: marks}))
  await fc.assert(
    fc.asyncProperty(yaml, async text => {
      const {data, problem} = await read(text)
      return (data === null) !== (problem === null) && (data === null || !Array.isArray(data))
    }),
    {numRuns: 300},
  )
  t.pass()
})

for (const [word, truth] of [
  [true, true],
  ['yes', true],
  [' On ', true],
  ['1', true],
  [1, true],
  [false, false],
  ['off', false],
  ['No', false],
  [0, false],
  ['', null],
  ['maybe', null],
  [undefined, null],
  [null, null],
  [[], null],
] as const) {
  test(`a truth value is read as Hermes does: ${JSON.stringify(word)} is ${String(truth)}`, t => {
    t.is(parseTruth(word), truth)
  })
}

test('one gateway serves all profiles when config.yaml says so at either place, or the environment', t => {
  t.false(servesAllProfiles({}))
  t.true(servesAllProfiles({gateway: {multiplex_profiles: true}}))
  t.true(servesAllProfiles({multiplex_profiles: 'on'}))
  t.false(
    servesAllProfiles({multiplex_profiles: false, gateway: {multiplex_profiles: true}}),
    'the one at the top wins',
  )
  t.true(servesAllProfiles({gateway: {multiplex_profiles: false}}, {GATEWAY_MULTIPLEX_PROFILES: '1'}))
  t.false(servesAllProfiles({gateway: {multiplex_profiles: true}}, {GATEWAY_MULTIPLEX_PROFILES: 'false'}))
  t.true(servesAllProfiles({gateway: {multiplex_profiles: true}}, {GATEWAY_MULTIPLEX_PROFILES: ' '}), 'empty is unset')
  t.false(servesAllProfiles({gateway: 'multiplex_profiles'}))
})
