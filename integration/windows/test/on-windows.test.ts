import {spawn} from 'node:child_process'
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import test, {type ExecutionContext} from 'ava'
import yaml from 'js-yaml'
import {collectRun, type Run} from '../../testing/dist/program-run.js'

const TOP = fileURLToPath(new URL('../../..', import.meta.url))
const SCRIPT = join(TOP, 'integration/windows/on-windows.mjs')
const WORKFLOW = join(TOP, '.github/workflows/windows.yml')
const LONGEST_MS = 120_000

/** For the script alone: what it starts sees the machine as it is. */
const AS_WINDOWS = "data:text/javascript,Object.defineProperty(process,'platform',{value:'win32'})"

interface Result extends Run {
  readonly directory: string
}

async function run(t: ExecutionContext, args: readonly string[], flags: readonly string[] = []): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-on-windows-'))
  t.teardown(() => {
    rmSync(directory, {recursive: true, force: true})
  })
  const {PATH, HOME} = process.env
  const child = spawn(process.execPath, [...flags, SCRIPT, ...args], {
    cwd: directory,
    // Windows has its temporary directory in the latter.
    env: {PATH, HOME, TMPDIR: directory, TEMP: directory},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return {...(await collectRun(child, '', LONGEST_MS)), directory}
}

test('--help tells the flags and the exit codes, wherever it is asked', async t => {
  const {code, stdout, stderr} = await run(t, ['--help'])
  t.is(`${String(code)}${stderr}`, '0')
  for (const word of ['USAGE', '--no-install', '--report FILE', '69']) t.true(stdout.includes(word), word)
})

test('nothing is begun with a wrong flag, or off Windows', async t => {
  for (const [args, expected, pattern] of [
    [['--what'], 64, /--what/],
    [['--report'], 64, /--report/],
    [['file'], 64, /file/],
    [[], 69, /expected Windows, got /],
  ] as const) {
    const {code, stdout, stderr} = await run(t, args)
    t.is(code, expected, stderr)
    t.regex(stderr, pattern)
    t.is(stdout, '')
  }
})

test('a run in which everything was skipped is a failure, is reported and leaves nothing', async t => {
  const asWindows = ['--import', AS_WINDOWS]
  const {code, stdout, stderr, directory} = await run(t, ['--no-install', '--report', 'report.md'], asWindows)
  t.is(code, 1, stderr)
  const report = readFileSync(join(directory, 'report.md'), 'utf8')
  t.true(stdout.endsWith(report))
  t.regex(report, /^- tests: 0 pass, 0 fail, [1-9]\d* skip$/m)
  t.regex(stdout, /\(skipped: needs Windows\)/)
  t.deepEqual(
    readdirSync(directory).filter(name => name.startsWith('hsvc-')),
    [],
  )
})

interface Workflow {
  readonly on: {readonly push: {readonly paths: readonly string[]}}
  readonly jobs: Record<string, {readonly steps: readonly {readonly run?: string}[]}>
}

test('the workflow watches what is there, and gives on-windows flags that it knows', t => {
  const {on, jobs} = yaml.load(readFileSync(WORKFLOW, 'utf8')) as Workflow
  for (const path of on.push.paths) t.true(existsSync(join(TOP, path.replace(/\/\*\*$/, ''))), path)
  const lines = Object.values(jobs).flatMap(({steps}) => steps.flatMap(({run: line}) => line ?? []))
  const [line = ''] = lines.filter(each => each.includes('integration/windows/on-windows.mjs'))
  const flags: readonly string[] = line.match(/--[a-z-]+/g) ?? []
  t.deepEqual(flags, ['--report'])
  const script = readFileSync(SCRIPT, 'utf8')
  for (const flag of flags) t.true(script.includes(`${flag} FILE`), flag)
})
