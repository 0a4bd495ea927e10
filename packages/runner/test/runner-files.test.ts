import {cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import {readRunnerFiles, renderRunnerFiles, writeRunnerFiles} from '../dist/index.js'
import {RunnerFixture} from './runner-fixture.js'

test('a definition reads back as it was written, and only its owner can read it', t => {
  const fixture = new RunnerFixture(t)
  fc.assert(
    fc.property(
      fc.array(fc.string({unit: 'binary'}), {minLength: 1}),
      fc.dictionary(fc.stringMatching(/^[A-Za-z_]\w{0,8}$/), fc.string({unit: 'binary'})),
      (argv, env) => {
        const spec = fixture.spec(argv)
        writeRunnerFiles(fixture.directory, spec, env)
        const read = readRunnerFiles(fixture.directory)
        t.deepEqual(read.spec, spec)
        t.deepEqual({...read.env}, {...env})
      },
    ),
    {numRuns: 50},
  )
  t.is(statSync(fixture.directory).mode & 0o777, 0o700)
  for (const name of readdirSync(fixture.directory)) {
    t.is(statSync(join(fixture.directory, name)).mode & 0o777, 0o600)
  }
  t.deepEqual(readdirSync(fixture.directory).sort(), ['environment', 'gateway.json'])
  t.deepEqual(readdirSync(join(fixture.directory, '..')), ['embedded'])
})

test('the same definition gives the same bytes, whatever the order of its environment', t => {
  const fixture = new RunnerFixture(t)
  const spec = fixture.spec(['/bin/true'])
  t.deepEqual(renderRunnerFiles(spec, {A: '1', B: '2'}), renderRunnerFiles(spec, {B: '2', A: '1'}))
})

test('environment values are in the environment file only', t => {
  const fixture = new RunnerFixture(t)
  t.false(renderRunnerFiles(fixture.spec(['/bin/true']), {TOKEN: 'sesame'}).spec.includes('sesame'))
})

test('an update that is killed at any step leaves a whole definition, the old or the new', t => {
  const fixture = new RunnerFixture(t)
  const {directory} = fixture
  const before = {spec: fixture.spec(['/bin/old']), env: {V: 'old'}}
  const after = {spec: fixture.spec(['/bin/new']), env: {V: 'new'}}
  const next = renderRunnerFiles(after.spec, after.env)
  writeRunnerFiles(directory, before.spec, before.env)
  writeFileSync(join(directory, '.environment.next'), next.environment)
  t.deepEqual(readRunnerFiles(directory), before)
  writeFileSync(join(directory, 'gateway.json'), next.spec)
  t.deepEqual(readRunnerFiles(directory), after)
  renameSync(join(directory, '.environment.next'), join(directory, 'environment'))
  t.deepEqual(readRunnerFiles(directory), after)
})

test('an update with the same definition is again whole, and one after a killed update repairs it', t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/one'], {}, {V: '1'})
  writeFileSync(join(fixture.directory, '.environment.next'), 'left over')
  fixture.define(['/bin/two'], {}, {V: '2'})
  t.deepEqual(readRunnerFiles(fixture.directory).env, {V: '2'})
  t.deepEqual(readdirSync(fixture.directory).sort(), ['environment', 'gateway.json'])
})

test('an environment that belongs to another definition is refused', t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/one'])
  const kept = join(fixture.root, 'kept')
  cpSync(join(fixture.directory, 'environment'), kept)
  fixture.define(['/bin/two'])
  cpSync(kept, join(fixture.directory, 'environment'))
  t.throws(() => readRunnerFiles(fixture.directory), {message: /environment file does not belong/})
})

test('what is no definition is refused with what is wrong', t => {
  const fixture = new RunnerFixture(t)
  mkdirSync(fixture.directory, {recursive: true})
  const path = join(fixture.directory, 'gateway.json')
  t.throws(() => readRunnerFiles(fixture.directory), {message: /ENOENT/})
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '{"schemaVersion":2}',
    '{"schemaVersion":1}',
    '{"schemaVersion":1,"argv":[1]}',
  ]) {
    writeFileSync(path, text)
    t.throws(() => readRunnerFiles(fixture.directory), {message: /cannot be read/}, text)
  }
  rmSync(path)
  fixture.define(['/bin/true'])
  t.true(readFileSync(path, 'utf8').includes('/bin/true'))
})
