import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {readLogFile, systemClock} from '@hermes-svc/core'
import {eventually} from '../eventually.js'
import {temporaryDirectory} from '../temporary-directory.js'
import {follow, PROFILE, range, read, textsIn, textsOf} from './log-reading.js'

/** A line as the runner writes it: number `index`, at that many seconds. */
function stamped(index: number): string {
  return `${new Date(Date.parse('2030-01-01T00:00:00Z') + index * 1000).toISOString()} line ${String(index)}\n`
}

const linesOf = (from: number, to: number) => range(from, to).map(stamped).join('')

test('a stamped line gives its time and its text', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'current'), '2030-01-01T00:00:00.123Z  two  spaces \n2030-01-01T00:00:01.000Z \n')
  t.deepEqual(await read(directory), [
    {profile: PROFILE, at: '2030-01-01T00:00:00.123Z', text: ' two  spaces '},
    {profile: PROFILE, at: '2030-01-01T00:00:01.000Z', text: ''},
  ])
})

test('a line without a time, or with one that does not exist, is all text', async t => {
  const directory = temporaryDirectory(t)
  const lines = ['plain', '', '2030-13-45T00:00:00Z x', '2030-01-01T00:00:00Zx', '2030-01-01 00:00:00Z x']
  writeFileSync(join(directory, 'current'), lines.map(line => `${line}\n`).join(''))
  t.deepEqual(
    await read(directory),
    lines.map(text => ({profile: PROFILE, at: null, text})),
  )
})

test('by default the last hundred lines are given, oldest first', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'current'), linesOf(0, 250))
  t.deepEqual(await textsIn(directory), textsOf(150, 250))
})

test('lines go back into the archives in the order of their names, over nothing else', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'archive.0000000001'), linesOf(0, 10))
  writeFileSync(join(directory, 'archive.0000000002'), linesOf(10, 20))
  writeFileSync(join(directory, 'current'), linesOf(20, 30))
  for (const name of ['.staging-x', 'lock', 'state']) writeFileSync(join(directory, name), linesOf(900, 910))
  t.deepEqual(await textsIn(directory), textsOf(0, 30))
  t.deepEqual(await textsIn(directory, {lines: 15}), textsOf(15, 30))
  t.deepEqual(await textsIn(directory, {lines: 0}), [])
})

test('the archives are read also in the moment when there is no current file', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'archive.0000000001'), linesOf(0, 3))
  t.deepEqual(await textsIn(directory), textsOf(0, 3))
})

test('a log that was never written has no lines', async t => {
  t.deepEqual(await read(join(temporaryDirectory(t), 'none')), [])
})

test('a last line without a line end is given', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'current'), 'one\ntwo')
  t.deepEqual(await textsIn(directory), ['one', 'two'])
})

test('since leaves out what is older and what carries no time', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'archive.0000000001'), linesOf(0, 10))
  writeFileSync(join(directory, 'current'), `${linesOf(10, 15)}no time\n${linesOf(15, 20)}`)
  t.deepEqual(await textsIn(directory, {since: new Date('2030-01-01T00:00:08Z')}), textsOf(8, 20))
  t.deepEqual(await textsIn(directory, {since: new Date('2030-01-01T00:00:08Z'), lines: 2}), textsOf(18, 20))
})

test('a line longer than a block of the file, of characters of several bytes, comes out whole', async t => {
  const directory = temporaryDirectory(t)
  const long = '€𝄞ä'.repeat(40_000)
  writeFileSync(join(directory, 'current'), `first\n${long}\nlast\n`)
  t.deepEqual(await textsIn(directory), ['first', long, 'last'])
})

test('line ends at the very border of a block lose nothing', async t => {
  const block = 64 * 1024
  for (const length of [block - 1, block, block + 1, 2 * block - 1]) {
    const directory = temporaryDirectory(t)
    writeFileSync(join(directory, 'current'), `a\n${'x'.repeat(length)}\nb\n`)
    t.deepEqual(
      (await textsIn(directory)).map(text => text.length),
      [1, length, 1],
    )
  }
})

test('the end of a large log is read without the rest', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'current'), 'x'.repeat(200))
  truncateSync(join(directory, 'current'), 8 * 1024 ** 3)
  appendFileSync(join(directory, 'current'), `\n${linesOf(0, 5)}`)
  const started = performance.now()
  t.deepEqual(await textsIn(directory, {lines: 5}), textsOf(0, 5))
  t.true(performance.now() - started < 20_000)
})

test('what is added while following is given, line by line', async t => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'current')
  writeFileSync(path, linesOf(0, 3))
  const {texts} = follow(t, directory, {lines: 1})
  await eventually('the history', () => texts.length === 1)
  appendFileSync(path, linesOf(3, 5))
  await eventually('two more lines', () => texts.length === 3)
  t.deepEqual(texts, textsOf(2, 5))
})

test('following waits for a log that is not there yet', async t => {
  const directory = join(temporaryDirectory(t), 'later')
  const {texts} = follow(t, directory)
  mkdirSync(directory)
  writeFileSync(join(directory, 'current'), linesOf(0, 2))
  await eventually('both lines', () => texts.length === 2)
  t.deepEqual(texts, textsOf(0, 2))
})

test('a line that is written in pieces is given once, whole', async t => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'current')
  const euro = Buffer.from('€')
  writeFileSync(path, Buffer.concat([Buffer.from('done\nhalf '), euro.subarray(0, 1)]))
  const {texts, looked} = follow(t, directory, {lines: 10})
  await looked()
  t.deepEqual(texts, ['done'])
  appendFileSync(path, Buffer.concat([euro.subarray(1), Buffer.from('\n')]))
  await eventually('the other line', () => texts.length === 2)
  t.deepEqual(texts, ['done', 'half €'])
})

test('a torn line that the writer cut off is forgotten, and no line is given twice', async t => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'current')
  writeFileSync(path, linesOf(0, 2))
  const {texts, looked} = follow(t, directory)
  appendFileSync(path, 'torn')
  await looked()
  truncateSync(path, linesOf(0, 2).length)
  await looked()
  appendFileSync(path, linesOf(2, 4))
  await eventually('two lines', () => texts.length >= 2)
  t.deepEqual(texts, textsOf(2, 4))
})

test('a file that is emptied is read from its beginning', async t => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'current')
  writeFileSync(path, linesOf(0, 50))
  const {texts, looked} = follow(t, directory)
  await looked()
  writeFileSync(path, linesOf(50, 52))
  await eventually('two lines', () => texts.length === 2)
  t.deepEqual(texts, textsOf(50, 52))
})

/** Makes the current file the next archive. */
function rotate(directory: string, number: number): void {
  renameSync(join(directory, 'current'), join(directory, `archive.${String(number).padStart(10, '0')}`))
}

test('following goes on across rotations, also when several happen unseen', async t => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'current')
  writeFileSync(join(directory, 'archive.0000000001'), linesOf(0, 5))
  writeFileSync(path, linesOf(5, 10))
  const {texts, looked} = follow(t, directory, {lines: 7})
  await eventually('the history', () => texts.length === 7)
  for (let number = 2; number < 6; number += 1) {
    appendFileSync(path, linesOf(number * 5, number * 5 + 5))
    rotate(directory, number)
  }
  await looked()
  writeFileSync(path, linesOf(30, 35))
  await eventually('all lines', () => texts.length >= 32)
  t.deepEqual(texts, textsOf(3, 35))
})

test('no line is lost or doubled while a flood is rotated', async t => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'current')
  writeFileSync(path, '')
  const {texts, looked} = follow(t, directory)
  await looked()
  let written = 0
  for (let number = 1; number <= 60; number += 1) {
    for (let part = 0; part < 4; part += 1) {
      appendFileSync(path, linesOf(written, written + 25))
      written += 25
      await systemClock.sleep(2)
    }
    rotate(directory, number)
    if (number % 3 === 0) await systemClock.sleep(4)
    writeFileSync(path, '')
    const surplus = readdirSync(directory)
      .filter(name => name.startsWith('archive.'))
      .sort()
      .slice(0, -40)
    for (const name of surplus) rmSync(join(directory, name))
  }
  await eventually('every line', () => texts.length >= written)
  t.deepEqual(texts, textsOf(0, written))
})

test('following ends when the signal aborts, also in the middle of a flood', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'current'), linesOf(0, 20_000))
  const controller = new AbortController()
  let count = 0
  const options = {clock: systemClock, lines: 20_000, follow: true, signal: controller.signal}
  for await (const line of readLogFile({profile: PROFILE, directory}, options)) {
    t.truthy(line.text)
    count += 1
    if (count === 10) controller.abort()
  }
  t.is(count, 10)
  t.deepEqual(await read(directory, {signal: controller.signal}), [])
})

test('a reader that stops leaves no file open', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'archive.0000000001'), linesOf(0, 5))
  writeFileSync(join(directory, 'current'), linesOf(5, 10))
  for await (const line of readLogFile({profile: PROFILE, directory}, {clock: systemClock, follow: true})) {
    if (line.text === 'line 7') break
  }
  if (process.platform !== 'linux') return
  const open = readdirSync('/proc/self/fd').map(descriptor => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      return ''
    }
  })
  t.false(open.some(path => path.startsWith(directory)))
})

test('a planted link is not followed', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, '../secret-of-log-test'), 'secret\n')
  t.teardown(() => {
    rmSync(join(directory, '../secret-of-log-test'))
  })
  symlinkSync('../secret-of-log-test', join(directory, 'current'))
  symlinkSync('../secret-of-log-test', join(directory, 'archive.0000000001'))
  t.deepEqual(await read(directory), [])
})

test('a directory that cannot be read is an error, not an empty log', async t => {
  const directory = temporaryDirectory(t)
  const denied = Object.assign(new Error('denied'), {code: 'EACCES'})
  const run = () => {
    throw denied
  }
  await t.throwsAsync(read(directory, {run}), {code: 'EACCES'})
})

test('a line that is as long as no line should be comes out in pieces', async t => {
  const directory = temporaryDirectory(t)
  const bytes = 5 * 1024 ** 2
  writeFileSync(join(directory, 'current'), `a\n${'x'.repeat(bytes)}\nb\n`)
  const texts = await textsIn(directory)
  t.true(texts.length > 3)
  t.is(texts.join(''), `a${'x'.repeat(bytes)}b`)
})
