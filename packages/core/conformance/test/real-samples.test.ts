import {type ChildProcess, spawn} from 'node:child_process'
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {once} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'
import test, {type ExecutionContext} from 'ava'
import {createRealSamples, type Sample} from '@hermes-svc/core/conformance'

const samples = createRealSamples('real-samples')

async function until(probe: () => boolean): Promise<void> {
  const end = performance.now() + 60_000
  while (!probe()) {
    if (performance.now() > end) throw new Error(`expected in time: ${probe.toString()}`)
    await sleep(10)
  }
}

interface Running {
  readonly child: ChildProcess
  readonly cwd: string
  readonly output: () => string
}

/** Starts a sample as a supervisor would, and cleans up after the test. */
async function run(t: ExecutionContext, sample: Sample, more: readonly string[] = [], env = {}): Promise<Running> {
  const cwd = mkdtempSync(join(tmpdir(), 'real-samples-cwd-'))
  const [program = '', ...args] = [...sample.argv, ...more]
  const child = spawn(program, args, {cwd, env, stdio: ['ignore', 'pipe', 'inherit']})
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  t.teardown(async () => {
    await sample.remove()
    rmSync(cwd, {recursive: true, force: true})
  })
  await until(() => sample.starts().length > 0 || child.exitCode !== null)
  return {child, cwd, output: () => output}
}

test('a sample writes down its pid, argv, environment and directory as they are', async t => {
  const sample = await samples.gateway()
  const words = ['', '"\'`$HOME%\\', 'line\nend\r', '\u{1F916}\ufeff', '-x']
  const {child, cwd} = await run(t, sample, words, {TOKEN: ' a\n"b" '})
  const [start] = sample.starts()
  t.is(start?.pid, child.pid)
  t.deepEqual(start?.argv, [...sample.argv, ...words])
  t.is(start?.env['TOKEN'], ' a\n"b" ')
  t.is(start?.cwd, cwd)
  t.deepEqual(sample.alivePids(), [child.pid])
})

test('a sample dies with the exit code or by the signal that it is told', async t => {
  for (const how of [78, 'SIGKILL'] as const) {
    const sample = await samples.gateway()
    const {child} = await run(t, sample)
    const exited = once(child, 'exit')
    await sample.crash(how)
    t.deepEqual(await exited, typeof how === 'number' ? [how, null] : [null, how])
    t.deepEqual(sample.alivePids(), [])
  }
})

test('a sample ends with 0 on TERM, unless it ignores it', async t => {
  const polite = await run(t, await samples.gateway())
  const exited = once(polite.child, 'exit')
  polite.child.kill('SIGTERM')
  t.deepEqual(await exited, [0, null])
  const sample = await samples.gateway({ignoresTerm: true})
  const {child} = await run(t, sample)
  child.kill('SIGTERM')
  await until(() => existsSync(join(sample.argv[2] ?? '', 'signals')))
  t.deepEqual(sample.alivePids(), [child.pid])
})

test('a sample that is to exit at once has written down its start before', async t => {
  const sample = await samples.gateway({exitAtOnce: 3, prints: ['a', 'b']})
  const {child, output} = await run(t, sample)
  await until(() => child.exitCode !== null)
  t.is(child.exitCode, 3)
  t.is(sample.starts().length, 1)
  await until(() => output() === 'a\nb\n')
})

test('a sample prints what it is told', async t => {
  const sample = await samples.gateway()
  const {output} = await run(t, sample)
  await sample.print(['one', 'two'])
  await until(() => output() === 'one\ntwo\n')
  t.pass()
})

test('a sample ends when its directory is gone, and leaves nothing', async t => {
  const sample = await samples.gateway()
  const {child} = await run(t, sample)
  const exited = once(child, 'exit')
  const directory = sample.argv[2] ?? ''
  rmSync(directory, {recursive: true})
  t.deepEqual(await exited, [0, null])
})

test('a sample whose directory is being removed ends as one whose directory is gone', async t => {
  const sample = await samples.gateway()
  const {child} = await run(t, sample)
  const exited = once(child, 'exit')
  rmSync(join(sample.argv[2] ?? '', 'orders'), {recursive: true})
  t.deepEqual(await exited, [0, null])
})

test('the command lines of the machine hold that of a sample', async t => {
  const sample = await samples.gateway()
  await run(t, sample, ['a-word-to-find'])
  const lines = samples.commandLines()
  if (lines === null) t.pass('command lines cannot be read here')
  else t.true(lines.some(line => line.includes('a-word-to-find')))
})
