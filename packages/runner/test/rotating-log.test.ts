import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {RotatingLog} from '../dist/rotating-log.js'

function directoryOf(t: ExecutionContext): string {
  const root = mkdtempSync(join(tmpdir(), 'hermes-svc-log-'))
  t.teardown(() => {
    rmSync(root, {recursive: true})
  })
  return join(root, 'logs')
}

const lines = (...texts: string[]): Buffer[] => texts.map(text => Buffer.from(`${text}\n`))
const textsIn = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map(line => line.slice(25))

test('each line has the time in UTC in front, and files are for their owner only', t => {
  const directory = directoryOf(t)
  const log = new RotatingLog({directory, files: 2, sizeBytes: 1000}, () => undefined)
  log.append(lines('one', ''))
  t.regex(readFileSync(join(directory, 'current'), 'utf8'), /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z one\n\S{24} \n$/)
  t.is(statSync(join(directory, 'current')).mode & 0o777, 0o600)
  t.is(statSync(directory).mode & 0o777, 0o700)
  log.close()
})

test('a file never grows past its size, and as many archives are kept as asked', t => {
  const directory = directoryOf(t)
  const log = new RotatingLog({directory, files: 2, sizeBytes: 100}, () => undefined)
  for (let number = 0; number < 20; number += 1) log.append(lines(`line ${String(number)}`))
  log.close()
  const names = readdirSync(directory).sort()
  t.deepEqual(names, ['archive.0000000005', 'archive.0000000006', 'current'])
  t.true(names.every(name => statSync(join(directory, name)).size <= 100))
  const kept = names.flatMap(name => textsIn(join(directory, name)))
  t.deepEqual(
    kept,
    Array.from({length: kept.length}, (_, index) => `line ${String(20 - kept.length + index)}`),
  )
})

test('a line that is larger than a file has one for itself', t => {
  const directory = directoryOf(t)
  const log = new RotatingLog({directory, files: 9, sizeBytes: 60}, () => undefined)
  log.append(lines('a', 'x'.repeat(200), 'b'))
  log.close()
  const names = readdirSync(directory).sort()
  t.deepEqual(
    names.flatMap(name => textsIn(join(directory, name))),
    ['a', 'x'.repeat(200), 'b'],
  )
  t.is(names.length, 3)
})

test('what a killed writer left of a line is cut off, so that no line is torn', t => {
  const directory = directoryOf(t)
  mkdirSync(directory)
  const whole = `2026-01-01T00:00:00.000Z whole\n`
  writeFileSync(join(directory, 'current'), `${whole}2026-01-01T00:00:00.001Z to${'r'.repeat(200_000)}`)
  const log = new RotatingLog({directory, files: 2, sizeBytes: 1e6}, () => undefined)
  log.append(lines('next'))
  log.close()
  t.deepEqual(textsIn(join(directory, 'current')), ['whole', 'next'])
})

test('a writer that was killed between renaming and opening goes on in a new file', t => {
  const directory = directoryOf(t)
  mkdirSync(directory)
  for (const number of [1, 2, 3, 4]) writeFileSync(join(directory, `archive.000000000${String(number)}`), '')
  const log = new RotatingLog({directory, files: 2, sizeBytes: 1000}, () => undefined)
  log.append(lines('next'))
  log.close()
  t.deepEqual(readdirSync(directory).sort(), ['archive.0000000003', 'archive.0000000004', 'current'])
})

test('what cannot be written is kept, told, and written when it can be', t => {
  const directory = directoryOf(t)
  writeFileSync(directory, 'a file in the place of the directory')
  const told: (string | null)[] = []
  const log = new RotatingLog({directory, files: 2, sizeBytes: 1000}, problem => told.push(problem))
  log.append(lines('one'))
  log.append(lines('two'))
  t.true(log.blocked)
  t.regex(told[0] ?? '', /^log cannot be written: /)
  rmSync(directory)
  log.flush()
  t.false(log.blocked)
  t.is(told.at(-1), null)
  log.close()
  t.deepEqual(textsIn(join(directory, 'current')), ['one', 'two'])
})
