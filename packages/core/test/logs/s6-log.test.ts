import {type ChildProcessByStdio, spawn} from 'node:child_process'
import {once} from 'node:events'
import {
  appendFileSync,
  existsSync,
  linkSync,
  readdirSync,
  renameSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import type {Writable} from 'node:stream'
import test, {type ExecutionContext} from 'ava'
import {eventually} from '../eventually.js'
import {temporaryDirectory} from '../temporary-directory.js'
import {follow, range, read, textsIn, textsOf} from './log-reading.js'

const S6_LOG = ['/usr/bin/s6-log', '/command/s6-log'].find(path => existsSync(path))

function withS6Log(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if (S6_LOG === undefined) test.skip(`${title} (skipped: needs s6-log)`, body)
  else test(title, body)
}

type Logger = ChildProcessByStdio<Writable, null, null>

/** A logger of files of 4 KiB, the least it can, that ends with the test. */
function startLogger(t: ExecutionContext, directory: string, files = 1000): Logger {
  const script = [`n${String(files)}`, 's4096', 'T', directory]
  const logger = spawn(S6_LOG ?? '', script, {env: {TZ: 'UTC'}, stdio: ['pipe', 'ignore', 'ignore']})
  // A logger that was killed reads no more.
  logger.stdin.on('error', () => undefined)
  t.teardown(async () => {
    if (logger.exitCode !== null || logger.signalCode !== null) return
    const exited = once(logger, 'exit')
    logger.kill('SIGKILL')
    await exited
  })
  return logger
}

/** Lets one logger write all of it. */
async function log(t: ExecutionContext, directory: string, bytes: string | Uint8Array, files?: number): Promise<void> {
  const logger = startLogger(t, directory, files)
  const exited = once(logger, 'exit')
  logger.stdin.end(bytes)
  await exited
}

const linesOf = (from: number, to: number) => textsOf(from, to).join('\n').concat('\n')
const archivesIn = (directory: string) => readdirSync(directory).filter(name => name.startsWith('@'))

withS6Log('what s6-log wrote over several files is given in order, each line with its time', async t => {
  const directory = join(temporaryDirectory(t), 'logs')
  const before = Date.now()
  for (const part of range(0, 10)) await log(t, directory, linesOf(part * 200, part * 200 + 200))
  t.true(archivesIn(directory).length > 3)
  const lines = await read(directory, {lines: 5000})
  t.deepEqual(
    lines.map(line => line.text),
    textsOf(0, 2000),
  )
  const times = lines.map(line => Date.parse(line.at ?? ''))
  t.true(times.every((time, index) => time >= (times[index - 1] ?? before) && time <= Date.now()))
  t.deepEqual(await textsIn(directory, {lines: 700}), textsOf(1300, 2000))
  t.deepEqual(await textsIn(directory, {lines: 1}), textsOf(1999, 2000))
})

withS6Log('s6-log keeps as many archives as it is told besides the current file', async t => {
  const directory = join(temporaryDirectory(t), 'logs')
  for (const part of range(0, 8)) await log(t, directory, linesOf(part * 200, part * 200 + 200), 2)
  t.is(archivesIn(directory).length, 2)
  const texts = await textsIn(directory, {lines: 5000})
  t.deepEqual(texts, textsOf(1600 - texts.length, 1600))
})

withS6Log('since holds for the lines of s6-log', async t => {
  const directory = join(temporaryDirectory(t), 'logs')
  await log(t, directory, linesOf(0, 300))
  const since = new Date()
  await eventually('a later millisecond', () => Date.now() > since.getTime())
  await log(t, directory, linesOf(300, 600))
  t.deepEqual(await textsIn(directory, {since, lines: 5000}), textsOf(300, 600))
  t.deepEqual(await textsIn(directory, {since, lines: 2}), textsOf(598, 600))
  t.deepEqual(await textsIn(directory, {since: new Date(Date.now() + 60_000)}), [])
})

withS6Log('hostile text comes through s6-log unchanged', async t => {
  const directory = join(temporaryDirectory(t), 'logs')
  const texts = ['', '  ', ' x ', '2030-01-01 00:00:00.123456789  x', '2030-01-01T00:00:00.123Z x', '@4000 x']
  const odd = Buffer.concat([
    Buffer.from('carriage\r\n\r\nin\rside\n'),
    Buffer.from([0xff, 0xfe, 0x0a]),
    Buffer.from('end'),
  ])
  await log(t, directory, Buffer.concat([Buffer.from(texts.map(text => `${text}\n`).join('')), odd, Buffer.from('\n')]))
  const lines = await read(directory)
  t.deepEqual(
    lines.map(line => line.text),
    [...texts, 'carriage', '', 'in\rside', '\ufffd\ufffd', 'end'],
  )
  t.true(lines.every(line => Math.abs(Date.parse(line.at ?? '') - Date.now()) < 60_000))
})

withS6Log('following loses and doubles no line while s6-log rotates under a flood', async t => {
  const directory = join(temporaryDirectory(t), 'logs')
  const {texts, looked} = follow(t, directory)
  const logger = startLogger(t, directory)
  await looked()
  const count = 30_000
  for (const part of range(0, count / 100)) {
    if (!logger.stdin.write(linesOf(part * 100, part * 100 + 100))) await once(logger.stdin, 'drain')
    if (part % 10 === 0) await looked()
  }
  logger.stdin.end()
  await eventually('every line', () => texts.length >= count)
  t.deepEqual(texts, textsOf(0, count))
  t.true(archivesIn(directory).length > 50)
})

withS6Log('following goes on after s6-log was killed and started again', async t => {
  const directory = join(temporaryDirectory(t), 'logs')
  const {texts} = follow(t, directory)
  for (const round of range(0, 5)) {
    const logger = startLogger(t, directory)
    logger.stdin.write(linesOf(round * 300, round * 300 + 300))
    await eventually('all lines of this logger', () => texts.length === round * 300 + 300)
    const exited = once(logger, 'exit')
    logger.kill('SIGKILL')
    await exited
  }
  await log(t, directory, linesOf(1500, 1501))
  await eventually('the last line', () => texts.length === 1501)
  t.deepEqual(texts, textsOf(0, 1501))
  t.true(archivesIn(directory).some(name => name.endsWith('.u')))
  t.deepEqual(await textsIn(directory, {lines: 5000}), textsOf(0, 1501))
})

/** Lines as s6-log writes them. */
const stamped = (from: number, to: number) =>
  textsOf(from, to)
    .map(text => `2030-01-01 00:00:00.123456789  ${text}\n`)
    .join('')

const archive = (number: number) => `@40000000708${String(number).padStart(5, '0')}00000000.s`

test('in the middle of a rotation the full file is read before it is an archive', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, archive(1)), stamped(0, 10))
  writeFileSync(join(directory, 'previous'), stamped(10, 20))
  t.deepEqual(await textsIn(directory), textsOf(0, 20))
  writeFileSync(join(directory, 'current'), '')
  t.deepEqual(await textsIn(directory), textsOf(0, 20))
  linkSync(join(directory, 'previous'), join(directory, archive(2)))
  t.deepEqual(await textsIn(directory), textsOf(0, 20))
  unlinkSync(join(directory, 'previous'))
  t.deepEqual(await textsIn(directory), textsOf(0, 20))
})

test('a rotation that nobody ended does not hide the lines of the next logger', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'previous'), stamped(0, 10))
  writeFileSync(join(directory, 'current'), '')
  const {texts, looked} = follow(t, directory, {lines: 2})
  await looked()
  appendFileSync(join(directory, 'current'), stamped(10, 12))
  await eventually('four lines', () => texts.length === 4)
  t.deepEqual(texts, textsOf(8, 12))
})

test('a file that is followed through every step of its rotation is given once', async t => {
  const directory = temporaryDirectory(t)
  const path = (name: string) => join(directory, name)
  writeFileSync(path('current'), stamped(0, 10))
  const {texts, looked} = follow(t, directory, {lines: 10})
  for (const number of range(1, 4)) {
    await looked()
    appendFileSync(path('current'), stamped(number * 10, number * 10 + 5))
    renameSync(path('current'), path('previous'))
    await looked()
    writeFileSync(path('current'), '')
    await looked()
    linkSync(path('previous'), path(archive(number)))
    await looked()
    unlinkSync(path('previous'))
    await looked()
    appendFileSync(path('current'), stamped(number * 10 + 5, number * 10 + 10))
  }
  await eventually('all lines', () => texts.length >= 40)
  await looked()
  t.deepEqual(texts, textsOf(0, 40))
})

test('what is in the middle of its rotation when following begins is given once', async t => {
  const directory = temporaryDirectory(t)
  const path = (name: string) => join(directory, name)
  writeFileSync(path('previous'), stamped(0, 10))
  writeFileSync(path('current'), '')
  const {texts, looked} = follow(t, directory, {lines: 10})
  await looked()
  renameSync(path('previous'), path(archive(1)))
  appendFileSync(path('current'), stamped(10, 20))
  await looked()
  renameSync(path('current'), path(archive(2)))
  writeFileSync(path('current'), stamped(20, 30))
  await eventually('all lines', () => texts.length >= 30)
  t.deepEqual(texts, textsOf(0, 30))
})

test('logs of two loggers that wrote one after the other are in time order', async t => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, archive(1)), stamped(0, 10))
  const ours = join(directory, 'archive.0000000001')
  writeFileSync(ours, stamped(10, 20))
  writeFileSync(join(directory, 'current'), stamped(20, 30))
  utimesSync(ours, new Date('2040-01-01'), new Date('2040-01-01'))
  t.deepEqual(await textsIn(directory), textsOf(0, 30))
  utimesSync(ours, new Date('2020-01-01'), new Date('2020-01-01'))
  t.deepEqual(await textsIn(directory), [...textsOf(10, 20), ...textsOf(0, 10), ...textsOf(20, 30)])
})
