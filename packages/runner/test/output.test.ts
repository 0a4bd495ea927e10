import {existsSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {launchRunner} from '../dist/index.js'
import {eventually, lives, RunnerFixture} from './runner-fixture.js'

const numbers = (lines: readonly string[]): number[] =>
  lines.filter(line => /^n\d+ /.test(line)).map(line => Number(/^n(\d+) /.exec(line)?.[1]))
const consecutive = (found: readonly number[]): boolean =>
  found.every((number, index) => index === 0 || number === (found[index - 1] ?? 0) + 1)

/** A shell loop that prints numbered lines of about a hundred bytes. */
const flood = (count: number): string =>
  `awk 'BEGIN {for (i = 1; i <= ${String(count)}; i++) printf "n%d %s\\n", i, "${'x'.repeat(90)}"}'`

test('under a flood no line is lost or torn by rotation', async t => {
  const fixture = new RunnerFixture(t)
  const count = 200_000
  await fixture.run(`${flood(count)}; exit 0`, {logs: {directory: fixture.logs, files: 400, sizeBytes: 100_000}})
  await fixture.reaches('ended', seen => seen.state === 'stopped', 60_000)
  const found = numbers(fixture.logLines())
  t.is(found.length, count)
  t.true(found[0] === 1 && consecutive(found))
  t.true(readdirSync(fixture.logs).length > 100)
})

test('standard output and standard error are both in the log, the last line without its newline too', async t => {
  const fixture = new RunnerFixture(t)
  await fixture.run('echo out; echo err >&2; printf last; exit 0')
  await fixture.reaches('ended', seen => seen.state === 'stopped')
  t.deepEqual(fixture.logLines().sort(), ['err', 'last', 'out'])
})

test('kill -9 of the runner in the middle of a flood tears no line, and the next runner goes on behind it', async t => {
  const fixture = new RunnerFixture(t)
  const logs = {directory: fixture.logs, files: 10_000, sizeBytes: 20_000}
  for (let round = 0; round < 5; round += 1) {
    await fixture.run(flood(100_000_000), {logs})
    const {runner} = fixture.seen()
    const files = (): number => (existsSync(fixture.logs) ? readdirSync(fixture.logs).length : 0)
    const before = files()
    await eventually('it rotates', () => files() > before + 20)
    process.kill(runner?.pid ?? 0, 'SIGKILL')
    await eventually('the runner is gone', () => !lives(runner?.pid ?? 0))
  }
  fixture.define(['/bin/sh', '-c', 'echo end; exit 0'], {logs})
  await launchRunner(fixture.directory)
  await fixture.reaches('ended', seen => seen.state === 'stopped' && !seen.supervised)
  const lines = fixture.logLines()
  const starts = lines.flatMap((line, index) => (line.startsWith('n1 ') ? [index] : []))
  t.is(starts.length, 5)
  for (const [index, start] of starts.entries()) {
    const found = numbers(lines.slice(start, starts[index + 1]))
    t.true(consecutive(found), `round ${String(index)} has all lines up to where it was killed`)
  }
  t.true(lines.slice(0, -1).every(line => /^n\d+ x{90}$/.test(line)))
  t.is(lines.at(-1), 'end')
})

const canMount = process.platform === 'linux' && process.geteuid?.() === 0
const onFullDisk = canMount ? test : test.skip

onFullDisk(
  'with a full disk the gateway waits, the state says why, and no line is lost when there is room again (needs root on Linux)',
  async t => {
    const fixture = new RunnerFixture(t)
    fixture.mount('1m')
    const count = 2000
    const filler = join(fixture.root, 'filler')
    writeFileSync(filler, Buffer.alloc(900_000))
    fixture.define(['/bin/sh', '-c', `${flood(count)}; exec sleep 1000`], {
      logs: {directory: fixture.logs, files: 2, sizeBytes: 1e7},
    })
    await launchRunner(fixture.directory)
    const full = await fixture.reaches(
      'it says that the log cannot be written',
      seen => seen.reason?.includes('ENOSPC') === true,
    )
    t.like(full, {state: 'running', supervised: true})

    process.kill(full.gateway?.pid ?? 0, 'SIGKILL')
    const again = await fixture.reaches(
      'it is supervised all the same',
      seen => seen.deaths === 1 && seen.state === 'running',
    )
    t.true(lives(again.gateway?.pid ?? 0))

    rmSync(filler)
    await fixture.reaches('the reason is gone', seen => seen.reason === null)
    await eventually(
      'the second gateway has its last line in the log',
      () => numbers(fixture.logLines()).at(-1) === count,
    )
    const times = Array.from({length: count}, () => 0)
    for (const number of numbers(fixture.logLines())) times[number - 1] = (times[number - 1] ?? 0) + 1
    // All of the second gateway, and of the first one all up to where it was killed.
    const first = times.filter(each => each === 2).length
    t.deepEqual(times, [...Array.from({length: first}, () => 2), ...Array.from({length: count - first}, () => 1)])
  },
)
