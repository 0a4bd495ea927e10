import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import {createToolRunner, isServiceError, type ServiceError, type ToolOptions, type ToolRunner} from '@hermes-svc/core'
import {startTimeOf} from '@hermes-svc/core/process-identity'
import {eventually} from '../eventually.js'
import {temporaryDirectory} from '../temporary-directory.js'

const asIs = createToolRunner(process.env)

/** A busy machine takes longer than the usual limit for many of these at once. */
const tools: ToolRunner = {
  ...asIs,
  run: async (file, args, options) => await asIs.run(file, args, {timeoutMs: 60_000, ...options}),
}

/** In which a busy machine starts a shell that is then waited for in vain. */
const LONG_ENOUGH_MS = 3000

function fixture(name: string): string {
  return join(import.meta.dirname, '../../test/fixtures', name)
}

async function failure(file: string, args: readonly string[], options?: ToolOptions): Promise<ServiceError> {
  try {
    await tools.run(file, args, options)
  } catch (error) {
    if (isServiceError(error)) return error
    throw error
  }
  throw new Error(`expected ${file} to fail`)
}

const isGone = (pid: number) => startTimeOf(pid) === null

test('a tool that exits with 0 gives both outputs whole', async t => {
  const result = await tools.run(fixture('answer.sh'), ['0', 'out\n', 'err\n'])
  t.deepEqual(result, {exitCode: 0, stdout: 'out\n', stderr: 'err\n'})
})

test('a tool is found on PATH by name', async t => {
  t.is((await tools.run('sh', ['-c', 'echo found'])).stdout, 'found\n')
})

test('another exit code rejects HSVC_TOOL_FAILED with what the tool said', async t => {
  const file = fixture('answer.sh')
  const error = await failure(file, ['7', '', 'first\nno such service\n'])
  t.is(error.code, 'HSVC_TOOL_FAILED')
  t.is(error.message, `expected ${file} to exit with 0, got 7: no such service`)
  t.deepEqual(error.tool, {
    file,
    args: ['7', '', 'first\nno such service\n'],
    exitCode: 7,
    signal: null,
    stderr: 'first\nno such service\n',
    timedOut: false,
  })
})

test('an exit code that is an answer does not reject', async t => {
  t.is((await tools.run(fixture('answer.sh'), ['3', '', ''], {okExitCodes: [0, 3]})).exitCode, 3)
})

test('a tool that a signal ended rejects HSVC_TOOL_FAILED with the signal', async t => {
  const error = await failure('sh', ['-c', 'kill -KILL $$'])
  t.is(error.code, 'HSVC_TOOL_FAILED')
  t.is(error.tool?.signal, 'SIGKILL')
  t.is(error.tool?.exitCode, null)
})

test('a tool that is not there rejects HSVC_TOOL_MISSING and names it', async t => {
  for (const file of ['hermes-svc-no-such-tool', '/no/such/tool']) {
    const error = await failure(file, [])
    t.is(error.code, 'HSVC_TOOL_MISSING')
    t.true(error.message.includes(file))
  }
})

test('a tool that may not be executed rejects HSVC_PERMISSION_DENIED', async t => {
  const file = join(temporaryDirectory(t), 'tool')
  writeFileSync(file, '#!/bin/sh\n', {mode: 0o644})
  t.is((await failure(file, [])).code, 'HSVC_PERMISSION_DENIED')
})

test('a file that is no program rejects HSVC_TOOL_FAILED', async t => {
  const file = join(temporaryDirectory(t), 'tool')
  writeFileSync(file, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0]), {mode: 0o755})
  t.is((await failure(file, [])).code, 'HSVC_TOOL_FAILED')
})

test('a missing working directory is named, not taken for a missing tool', async t => {
  const cwd = join(temporaryDirectory(t), 'none')
  const error = await failure('sh', ['-c', 'true'], {cwd})
  t.is(error.code, 'HSVC_TOOL_FAILED')
  t.true(error.message.includes(cwd))
})

test('a tool runs in the given directory', async t => {
  const cwd = join(temporaryDirectory(t), 'here')
  mkdirSync(cwd)
  t.is((await tools.run('pwd', ['-P'], {cwd})).stdout.trim().endsWith('/here'), true)
})

test('by default a tool has our environment with LC_ALL=C', async t => {
  const result = await createToolRunner({PATH: process.env['PATH'], LC_ALL: 'de_DE.UTF-8', MARK: 'ours'}).run('env', [])
  const lines = result.stdout.split('\n')
  t.true(lines.includes('LC_ALL=C'))
  t.true(lines.includes('MARK=ours'))
})

test('a given environment is the whole environment', async t => {
  const {stdout} = await tools.run('/usr/bin/env', [], {env: {ONLY: 'this'}})
  t.is(stdout, 'ONLY=this\n')
})

test('without input a tool reads end of file at once', async t => {
  t.is((await tools.run('cat', [])).stdout, '')
})

test('input reaches the tool byte for byte', async t => {
  const result = await tools.run('sha256sum', [], {input: Uint8Array.from([0, 255, 10, 13])})
  const {createHash} = await import('node:crypto')
  t.true(
    result.stdout.startsWith(
      createHash('sha256')
        .update(Uint8Array.from([0, 255, 10, 13]))
        .digest('hex'),
    ),
  )
})

test('a tool that does not read its input is no failure', async t => {
  t.is((await tools.run('true', [], {input: 'x'.repeat(1_000_000)})).exitCode, 0)
})

test('no argument is touched by a shell', async t => {
  const args = fc.array(
    fc.string({unit: 'grapheme'}).filter(text => !text.includes('\0') && !/[\ud800-\udfff]/u.test(text)),
    {maxLength: 5},
  )
  await fc.assert(
    fc.asyncProperty(args, async given => {
      const {stdout} = await tools.run('printf', ['%s\\0', '', ...given])
      t.deepEqual(stdout.split('\0').slice(1, -1), given)
    }),
    {numRuns: 40},
  )
})

test('an argument or environment value with NUL is refused without being shown', async t => {
  const argument = await failure('true', ['a\0b'])
  t.is(argument.code, 'HSVC_TOOL_FAILED')
  const value = await failure('true', [], {env: {TOKEN: 'hunter2\0'}})
  t.is(value.code, 'HSVC_TOOL_FAILED')
  t.false(JSON.stringify([value.message, value]).includes('hunter2'))
})

test('no failure shows an environment value', async t => {
  const env = {PATH: process.env['PATH'] ?? '', TOKEN: 'hunter2'}
  const directory = temporaryDirectory(t)
  const errors = await Promise.all([
    failure('false', [], {env}),
    failure('hermes-svc-no-such-tool', [], {env}),
    failure('sleep', ['5'], {env, timeoutMs: 20}),
    failure(directory, [], {env}),
  ])
  for (const error of errors) {
    t.false(JSON.stringify([error.message, error.stack, error, error.cause]).includes('hunter2'))
  }
})

test('at the deadline the tool and what it started are killed, and the call rejects HSVC_TIMEOUT', async t => {
  const file = join(temporaryDirectory(t), 'pids')
  const started = performance.now()
  const error = await failure(fixture('stubborn.sh'), [file], {timeoutMs: LONG_ENOUGH_MS})
  t.is(error.code, 'HSVC_TIMEOUT')
  t.true(error.tool?.timedOut)
  t.true(performance.now() - started < 20_000)
  const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
  t.is(pids.length, 2)
  await eventually('both to be gone', () => pids.every(isGone))
})

test('a tool is asked to end before it is killed', async t => {
  const file = join(temporaryDirectory(t), 'pid')
  await failure(fixture('polite.sh'), [file], {timeoutMs: LONG_ENOUGH_MS})
  t.true(existsSync(`${file}.ended`))
})

test('an aborted call kills the tool and rejects HSVC_ABORTED', async t => {
  const file = join(temporaryDirectory(t), 'pids')
  const controller = new AbortController()
  const failed = failure(fixture('stubborn.sh'), [file], {signal: controller.signal})
  await eventually('the tool to run', () => existsSync(file))
  controller.abort()
  t.is((await failed).code, 'HSVC_ABORTED')
  const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
  await eventually('both to be gone', () => pids.every(isGone))
})

test('a signal that has aborted starts nothing', async t => {
  const file = join(temporaryDirectory(t), 'touched')
  t.is((await failure('touch', [file], {signal: AbortSignal.abort()})).code, 'HSVC_ABORTED')
  t.false(existsSync(file))
})

test('a tool that leaves a process behind which holds its output does not hang the call', async t => {
  const file = join(temporaryDirectory(t), 'pid')
  const script = `setsid sh -c 'echo $$ > ${file}; exec sleep 30' & while [ ! -s ${file} ]; do sleep 0.02; done; exit 0`
  const started = performance.now()
  t.is((await failure('sh', ['-c', script], {timeoutMs: LONG_ENOUGH_MS})).code, 'HSVC_TIMEOUT')
  t.true(performance.now() - started < 20_000)
  process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL')
})

test('output beyond the limit ends the tool with HSVC_UNEXPECTED_OUTPUT', async t => {
  const error = await failure('cat', ['/dev/zero'], {timeoutMs: 20_000})
  t.is(error.code, 'HSVC_UNEXPECTED_OUTPUT')
})

test('ten megabytes of output arrive whole', async t => {
  const {stdout} = await tools.run('head', ['-c', '10000000', '/dev/zero'])
  t.is(stdout.length, 10_000_000)
})

test('bytes are kept where one character for each is asked for, also of a tool that fails', async t => {
  const runner = createToolRunner({PATH: process.env['PATH']})
  const printf = String.raw`printf '\204\377'; printf '\202' >&2; exit "$1"`
  const options = {encoding: 'latin1'} as const
  t.like(await runner.run('sh', ['-c', printf, 'sh', '0'], options), {stdout: '\x84\xFF', stderr: '\x82'})
  const error = await t.throwsAsync<ServiceError>(runner.run('sh', ['-c', printf, 'sh', '3'], options))
  t.is(error.tool?.stderr, '\x82')
})

test('bytes that are not UTF-8 become U+FFFD, and a byte order mark stays', async t => {
  const {stdout} = await tools.run('printf', ['\\357\\273\\277a\\377b'])
  t.is(stdout, '\uFEFFa\uFFFDb')
})

test('lines are given while the tool runs', async t => {
  const script = 'echo one; printf "tw"; sleep 0.1; echo "o"; printf "a\\342"; sleep 0.1; printf "\\202\\254\\r\\nlast"'
  const lines: string[] = []
  for await (const line of tools.lines('sh', ['-c', script])) lines.push(line)
  t.deepEqual(lines, ['one', 'two', 'a€', 'last'])
})

test('a reader that stops ends the tool and what it started', async t => {
  const file = join(temporaryDirectory(t), 'pids')
  for await (const line of tools.lines('sh', ['-c', 'echo $$; sleep 30 & echo $!; wait'])) {
    writeFileSync(file, `${line}\n`, {flag: 'a'})
    if (readFileSync(file, 'utf8').split('\n').length === 3) break
  }
  const pids = readFileSync(file, 'utf8').trim().split('\n').map(Number)
  t.is(pids.length, 2)
  await eventually('both to be gone', () => pids.every(isGone))
})

test('lines rejects like run when the tool fails, is not there, or is interrupted', async t => {
  const drain = async (file: string, args: readonly string[], options: ToolOptions = {}) => {
    for await (const line of tools.lines(file, args, options)) t.truthy(line)
  }
  await t.throwsAsync(drain('sh', ['-c', 'echo line; exit 4']), {code: 'HSVC_TOOL_FAILED'})
  await t.throwsAsync(drain('hermes-svc-no-such-tool', []), {code: 'HSVC_TOOL_MISSING'})
  await t.throwsAsync(drain('sleep', ['30'], {signal: AbortSignal.timeout(50)}), {code: 'HSVC_ABORTED'})
  await t.throwsAsync(drain('sleep', ['30'], {timeoutMs: 50}), {code: 'HSVC_TIMEOUT'})
})

test('a line without end is given in pieces, not kept', async t => {
  let total = 0
  let pieces = 0
  for await (const line of tools.lines('head', ['-c', '9000000', '/dev/zero'])) {
    total += line.length
    pieces += 1
  }
  t.is(total, 9_000_000)
  t.true(pieces >= 4)
})

test('a tool does not outlive the program that started it', async t => {
  const file = join(temporaryDirectory(t), 'pids')
  const program = `
    import {createToolRunner} from '@hermes-svc/core'
    createToolRunner(process.env).run(${JSON.stringify(fixture('stubborn.sh'))}, [${JSON.stringify(file)}]).catch(() => {})
    const {existsSync} = await import('node:fs')
    setInterval(() => existsSync(${JSON.stringify(file)}) && process.exit(0), 10)`
  await tools.run(process.execPath, ['--input-type=module', '-e', program], {cwd: import.meta.dirname})
  const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
  t.is(pids.length, 2)
  await eventually('both to be gone', () => pids.every(isGone))
})
