import {appendFileSync, copyFileSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {type LogFileOptions, readLogFile, systemClock} from '@hermes-svc/core'
import {eventually} from '../eventually.js'
import {temporaryDirectory} from '../temporary-directory.js'
import {follow, PROFILE, range, textsIn, textsOf} from './log-reading.js'

type RunFileWork = NonNullable<LogFileOptions['run']>

const linesOf = (from: number, to: number) => textsOf(from, to).join('\n') + '\n'

/** A log whose writer keeps it open, so that a full one is copied and emptied. */
class CopiedLog {
  readonly directory: string
  readonly current: string
  #archives = 0
  #written = 0

  constructor(directory: string) {
    this.directory = directory
    this.current = join(directory, 'current')
    writeFileSync(this.current, '')
  }

  write(lines: number): void {
    appendFileSync(this.current, linesOf(this.#written, this.#written + lines))
    this.#written += lines
  }

  get texts(): string[] {
    return textsOf(0, this.#written)
  }

  copy(): void {
    this.#archives += 1
    const staged = join(this.directory, '.staging-current.1')
    copyFileSync(this.current, staged)
    renameSync(staged, this.#archive)
  }

  empty(): void {
    truncateSync(this.current)
  }

  rotate(): void {
    this.copy()
    this.empty()
  }

  /** Takes back a copy after which nothing was emptied. */
  uncopy(): void {
    rmSync(this.#archive)
  }

  get #archive(): string {
    return join(this.directory, `archive.${String(this.#archives).padStart(10, '0')}`)
  }
}

/** Does something before the reader’s file work of that number. */
function atWork(number: number, act: () => void): RunFileWork {
  let left = number
  return work => {
    left -= 1
    if (left === 0) act()
    return work()
  }
}

test('what was added to a log just before it was copied and emptied is given to whoever follows', async t => {
  const log = new CopiedLog(temporaryDirectory(t))
  log.write(3)
  const {texts, looked} = follow(t, log.directory, {lines: 10})
  await looked()
  log.write(5)
  log.rotate()
  log.write(2)
  await eventually('all lines', () => texts.length >= 10)
  await looked()
  t.deepEqual(texts, log.texts)
})

test('a log that was copied and emptied several times unseen is given whole', async t => {
  const log = new CopiedLog(temporaryDirectory(t))
  log.write(3)
  const {texts, looked} = follow(t, log.directory, {lines: 10})
  await looked()
  for (const count of range(4, 8)) {
    log.write(count)
    log.rotate()
  }
  await eventually('what is in the copies', () => texts.length >= 25)
  log.write(1)
  await eventually('the last line', () => texts.length >= 26)
  t.deepEqual(texts, log.texts)
})

test('a log that has grown beyond its copy before anybody looked is read from its beginning', async t => {
  const log = new CopiedLog(temporaryDirectory(t))
  log.write(3)
  const {texts, looked} = follow(t, log.directory, {lines: 10})
  await looked()
  log.rotate()
  log.write(40_000)
  await eventually('all lines', () => texts.length >= 40_003)
  t.deepEqual(texts, log.texts)
})

test('whoever takes the lines slowly misses none when the log is copied and emptied meanwhile', async t => {
  const log = new CopiedLog(temporaryDirectory(t))
  log.write(20_000)
  const controller = new AbortController()
  const deadline = setTimeout(() => {
    controller.abort()
  }, 60_000)
  t.teardown(() => {
    clearTimeout(deadline)
  })
  const texts: string[] = []
  const options = {
    clock: systemClock,
    lines: 1,
    follow: true,
    signal: controller.signal,
  }
  for await (const {text} of readLogFile({profile: PROFILE, directory: log.directory}, options)) {
    texts.push(text)
    if (texts.length === 1) log.write(20_000)
    // In the middle of a block, with more than one to come.
    if (texts.length % 3000 === 10 && texts.length < 30_000) {
      log.rotate()
      log.write(4000)
    }
    if (texts.length === 60_001) controller.abort()
  }
  t.deepEqual(texts, textsOf(19_999, 80_000))
  t.is(log.texts.length, 80_000)
})

test('a log that has a copy and is not emptied yet is read once', async t => {
  const log = new CopiedLog(temporaryDirectory(t))
  log.write(5)
  log.rotate()
  log.write(5)
  log.copy()
  t.deepEqual(await textsIn(log.directory), log.texts)
  const {texts, looked} = follow(t, log.directory, {lines: 100})
  log.write(2)
  await eventually('what came after the copy', () => texts.length >= 12)
  await looked()
  t.deepEqual(await textsIn(log.directory), log.texts)
  log.uncopy()
  await looked()
  log.write(2)
  log.rotate()
  log.write(1)
  await eventually('all lines', () => texts.length >= 15)
  await looked()
  t.deepEqual(texts, log.texts)
})

test('the history is whole at whatever moment the log is copied and emptied', async t => {
  for (const lines of [100, 7]) {
    for (const step of ['copy', 'empty', 'rotate'] as const) {
      for (let at = 1, isReached = true; isReached; at += 1) {
        const log = new CopiedLog(temporaryDirectory(t))
        log.write(5)
        log.rotate()
        log.write(6)
        if (step === 'empty') log.copy()
        isReached = false
        const run = atWork(at, () => {
          log[step]()
          isReached = true
        })
        t.deepEqual(await textsIn(log.directory, {run, lines}), log.texts.slice(-lines), `${step} ${String(at)}`)
      }
    }
  }
})

test('whoever begins to follow at any moment of a rotation is given each line once', async t => {
  const steps = ['copy', 'empty', 'rotate'] as const
  const moments = steps.flatMap(step => range(1, 12).map(at => ({step, at})))
  const followFrom = async ({step, at}: (typeof moments)[number]) => {
    const log = new CopiedLog(temporaryDirectory(t))
    log.write(5)
    log.rotate()
    log.write(6)
    if (step === 'empty') log.copy()
    const run = atWork(at, () => {
      log[step]()
    })
    const {texts, looked} = follow(t, log.directory, {lines: 100, run})
    await looked()
    if (step === 'copy') log.empty()
    log.write(1)
    await eventually('all lines', () => texts.length >= 12)
    await looked()
    t.deepEqual(texts, log.texts, `${step} ${String(at)}`)
  }
  await Promise.all(moments.map(followFrom))
})

test('no line is lost or doubled while a flood is copied and emptied', async t => {
  const log = new CopiedLog(temporaryDirectory(t))
  const {texts, looked} = follow(t, log.directory)
  await looked()
  for (const rotation of range(0, 60)) {
    for (const part of range(0, 4)) {
      log.write(25 + part)
      await systemClock.sleep(2)
    }
    log.copy()
    if (rotation % 3 === 0) await systemClock.sleep(4)
    log.empty()
  }
  await eventually('every line', () => texts.length >= log.texts.length)
  await looked()
  t.deepEqual(texts, log.texts)
  t.is(readdirSync(log.directory).length, 61)
})
