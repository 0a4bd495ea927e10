// Tries hermes-svc on this Windows and prints a report. Until `npm ci` has run there is nothing but Node.
import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {release, tmpdir, version} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'

const USAGE = `Tries the windows backend of hermes-svc on this Windows, and prints a report to paste into an issue.

USAGE
  node integration/windows/on-windows.mjs [--no-install] [--report FILE]

FLAGS
  --no-install   Leave out npm ci and the build
  --report FILE  Write the report to FILE too
  --help         Show this

EXIT CODES
  0  everything passed      1  something failed      64  wrong usage
  69 cannot run here
`

const WHAT_IT_DOES = `This tries hermes-svc on this Windows, which takes a quarter of an hour to half an hour.

- It makes, runs, ends and removes throw-away tasks, and entries in the Startup folder of this account. All have "hsvc-" in
  their names. Other tasks and entries are not touched: whether those of Hermes are the same afterwards is a part of the test.
- No window should appear meanwhile. No program can see that: please watch for it.
- It writes to this clone (npm ci, build) and to the temporary directory of this account.
- Run it as the account that your gateways run as, without administrator rights. Logging off and on again is left to you:
  see docs/backends/windows.md.
`

const here = dirname(fileURLToPath(import.meta.url))
const top = resolve(here, '..', '..')
const built = join(here, 'dist-test', 'real-windows.test.js')

/** Says why nothing was tried, and ends. */
function refuse(message, exitCode = 69) {
  process.stderr.write(`on-windows: ${message}\n`)
  process.exit(exitCode)
}

function readFlags() {
  const options = {
    'no-install': {type: 'boolean', default: false},
    report: {type: 'string'},
    help: {type: 'boolean', default: false},
  }
  try {
    return parseArgs({options}).values
  } catch (error) {
    return refuse(error.message, 64)
  }
}

/** Runs a script of Node where it can be watched; what it prints is given back as well. */
function node(args, env = {}) {
  const {status, stdout} = spawnSync(process.execPath, args, {
    cwd: top,
    env: {...process.env, ...env},
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.stdout.write(stdout)
  return {isGood: status === 0, stdout}
}

/** npm as a script of Node, which needs no shell. */
function npm(...args) {
  const script = join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js')
  if (!existsSync(script)) refuse(`expected npm beside Node, got nothing at ${script}`)
  process.stdout.write(`npm ${args.join(' ')} …\n`)
  if (!node([script, ...args]).isGood) refuse(`npm ${args.join(' ')} failed`, 1)
}

function readPart(directory, name) {
  const file = join(directory, name)
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : 'none'
}

/** The lines of TAP that tell of failures, each with its details. */
function failuresOf(tap) {
  const parts = tap.split(/^(?=ok |not ok |1\.\.)/m)
  return parts.filter(part => part.startsWith('not ok ')).join('')
}

function count(tap, what) {
  return Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0)
}

function render(tap, directory) {
  const failures = failuresOf(tap)
  return [
    '## hermes-svc on Windows',
    '',
    `- ${version()} ${release()}, ${process.arch}, Node ${process.version}`,
    readPart(directory, 'machine'),
    `- tests: ${['pass', 'fail', 'skip'].map(what => `${String(count(tap, what))} ${what}`).join(', ')}`,
    readPart(directory, 'figures'),
    ...(failures === '' ? [] : ['', '### Failed', '', '```', failures.trimEnd().slice(0, 20_000), '```']),
    '',
    '### What Windows does',
    '',
    readPart(directory, 'facts'),
    '',
  ].join('\n')
}

const flags = readFlags()
if (flags.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
if (process.platform !== 'win32') refuse(`expected Windows, got ${process.platform}`)
if (!node([join(top, 'scripts', 'check-node.cjs')]).isGood) process.exit(69)
if (flags['no-install'] && !existsSync(built)) refuse('expected a build, got none: leave out --no-install')
process.stdout.write(WHAT_IT_DOES)
delete process.env.NODE_EXTRA_CA_CERTS
delete process.env.NODE_OPTIONS
if (!flags['no-install']) {
  npm('ci', '--silent')
  npm('run', '--silent', 'build')
}

const work = mkdtempSync(join(tmpdir(), 'hsvc-windows-run-'))
try {
  const [directory, temporary] = [join(work, 'report'), join(work, 'tmp')]
  for (const each of [directory, temporary]) mkdirSync(each)
  const ava = join(top, 'node_modules', 'ava', 'entrypoints', 'cli.mjs')
  const env = {HSVC_WINDOWS_REPORT: directory, HERMES_SVC_INTEGRATION: '1', TEMP: temporary, TMP: temporary}
  const {isGood, stdout: tap} = node([ava, '--tap', '--concurrency', '1', built], env)
  const report = render(tap, directory)
  process.stdout.write(`\n${report}`)
  if (flags.report !== undefined) writeFileSync(flags.report, report)
  // A run in which everything was skipped proves nothing.
  process.exitCode = isGood && count(tap, 'pass') > 0 ? 0 : 1
} finally {
  rmSync(work, {recursive: true, force: true, maxRetries: 20, retryDelay: 100})
}
