import {spawn} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import test, {type ExecutionContext} from 'ava'
import {collectRun, whyNotPrograms} from '../../testing/dist/program-run.js'
import yaml from 'js-yaml'

const TOP = fileURLToPath(new URL('../../..', import.meta.url))
const SCRIPT = join(TOP, 'integration/launchd/on-a-mac')
const WORKFLOW = join(TOP, '.github/workflows/launchd.yml')

const LONGEST_MS = 60_000

const reason = whyNotPrograms('bash', 'awk', 'mktemp')
// Each looks at what the one before left in /tmp.
const here = reason === '' ? test.serial : test.skip
const suffix = reason === '' ? '' : ` (skipped: ${reason})`

const PASSED = '1..2\n# tests 2\n# pass 1\n# skip 1\n# fail 0\n'
const FAILED =
  'not ok 1 - it works [real launchd, user]\n  ---\n    message: it does not\n  ...\nok 2 - other\n1..2\n# pass 1\n# skip 0\n# fail 1\n'

/** Programs as a Mac has them, by name: what a shell would run. What node is told to run is written down. */
function programs(directory: string, tap: string, code: number): Record<string, string> {
  return {
    uname: '[ "$1" = -s ] && echo Darwin || echo arm64',
    id: '[ "$1" = -u ] && echo 501 || echo 20',
    sw_vers: 'echo "26.1"',
    launchctl: '[ "$1 $2" = "print gui/501" ]',
    npm: `echo "npm $*" >>${directory}/calls`,
    sudo: `echo "sudo $*" >>${directory}/calls; while :; do case $1 in -n | -v) shift ;; *) break ;; esac; done; [ $# -eq 0 ] || exec "$@"`,
    chown: ':',
    node: `
      echo "node $*" >>${directory}/calls
      case $* in
        *check-node*) ;;
        *--version) echo v22.1.0 ;;
        *janitor-main*) cat ;;
        *--tap*) echo "- \${TMPDIR##*/}" >>"$HSVC_MAC_REPORT/machine"; printf '%s' '${tap}'; exit ${String(code)} ;;
      esac`,
  }
}

interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly calls: readonly string[]
  readonly directory: string
}

/** Runs the script, in a process group of its own as a terminal does, where those programs are found first. */
async function run(
  t: ExecutionContext,
  args: readonly string[],
  changed: Readonly<Record<string, string>> = {},
  tap = PASSED,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-on-a-mac-'))
  t.teardown(() => rmSync(directory, {recursive: true, force: true}))
  const bin = join(directory, 'bin')
  mkdirSync(bin)
  for (const [name, text] of Object.entries({...programs(directory, tap, tap === PASSED ? 0 : 1), ...changed})) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const env = {PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: join(directory, 'home')}
  const child = spawn('bash', [SCRIPT, ...args], {
    env,
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const {code, stdout, stderr} = await collectRun(child, '', LONGEST_MS)
  const calls = join(directory, 'calls')
  return {
    code,
    stdout,
    stderr,
    directory,
    calls: existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [],
  }
}

function runDirectories(): string[] {
  return readdirSync('/tmp').filter(name => name.startsWith('hsvc-mac_run.'))
}

here(`--help tells the flags and the exit codes, wherever it is asked${suffix}`, async t => {
  const {code, stdout, stderr} = await run(t, ['--help'], {uname: 'echo Linux'})
  t.is(code, 0)
  t.is(stderr, '')
  for (const word of ['USAGE', '--system', '--no-install', '--report FILE', '69']) t.true(stdout.includes(word), word)
})

here(
  `nothing is begun with a wrong flag, off macOS, as root, with an old Node or without a login${suffix}`,
  async t => {
    const cases: readonly (readonly [readonly string[], Record<string, string>, number, RegExp])[] = [
      [['--what'], {}, 64, /got --what/],
      [['--report'], {}, 64, /expected a file/],
      [[], {uname: 'echo Linux'}, 69, /expected macOS, got Linux/],
      [[], {id: 'echo 0'}, 69, /without sudo/],
      [[], {node: 'echo "needs Node 20.19" >&2; exit 1'}, 69, /20\.19/],
      [[], {launchctl: 'exit 112'}, 69, /log in/],
      [['--system'], {sudo: 'exit 1'}, 69, /become root/],
    ]
    for (const [args, changed, expected, pattern] of cases) {
      const {code, stderr, calls} = await run(t, args, changed)
      t.is(code, expected, stderr)
      t.regex(stderr, pattern)
      t.false(calls.some(call => call.includes('npm') || call.includes('--tap')))
    }
  },
)

here(`it installs, builds, tries the user scope alone, reports and cleans up${suffix}`, async t => {
  const before = runDirectories()
  const {code, stdout, stderr, calls, directory} = await run(t, ['--report', 'report.md'])
  t.is(code, 0, stderr)
  t.regex(stdout, /^This tries hermes-svc on the launchd of this Mac, in gui\/501\./)
  t.deepEqual(
    calls.map(call => call.replaceAll(TOP, '')),
    [
      'node scripts/check-node.cjs',
      'npm ci --silent',
      'npm run --silent build',
      'node node_modules/ava/entrypoints/cli.mjs --tap --concurrency 1 integration/launchd/dist-test/real-user.test.js',
      'node --version',
      'node integration/launchd/dist-test/janitor-main.js file://integration/launchd/dist-test/real-mac.js "user"',
    ],
  )
  const report = readFileSync(join(directory, 'report.md'), 'utf8')
  t.true(stdout.endsWith(report))
  t.regex(report, /^- macOS 26\.1 \(26\.1\), arm64, Node v22\.1\.0$/m)
  t.regex(report, /^- tests in the scope user: 1 passed, 0 failed, 1 skipped$/m)
  t.deepEqual(runDirectories(), before)
})

here(`with --system it asks for sudo openly, and runs that part by it${suffix}`, async t => {
  const {code, stdout, stderr, calls} = await run(t, ['--system', '--no-install'])
  t.is(code, 0, stderr)
  t.regex(stdout, /sudo may ask/)
  t.is(
    calls.find(call => call.startsWith('sudo')),
    'sudo -v',
  )
  const asRoot = calls.filter(call => call.startsWith('sudo -n /usr/bin/env'))
  t.deepEqual(
    asRoot.map(call => /real-system\.test\.js|janitor-main\.js/.exec(call)?.[0]),
    ['real-system.test.js', 'janitor-main.js'],
  )
  t.regex(stdout, /^- tmp\n- root-tmp$/m)
  t.false(calls.some(call => call.startsWith('npm')))
})

here(`a failure is told with its reason and by the exit code, and cleaned up after${suffix}`, async t => {
  const before = runDirectories()
  const {code, stdout, calls} = await run(t, ['--no-install'], {}, FAILED)
  t.is(code, 1)
  t.regex(stdout, /1 passed, 1 failed/)
  t.regex(stdout, /```\nnot ok 1 - it works \[real launchd, user\]\n {2}---\n {4}message: it does not\n {2}\.\.\.\n```/)
  t.true(calls.at(-1)?.includes('janitor-main.js'))
  t.deepEqual(runDirectories(), before)
})

here(`a run in which everything was skipped is a failure${suffix}`, async t => {
  const {code} = await run(t, ['--no-install'], {}, PASSED.replace('# pass 1', '# pass 0'))
  t.is(code, 1)
})

here(`an interrupted run is cleaned up after and ends with 130${suffix}`, async t => {
  const before = runDirectories()
  const node = 'echo "node $*" >>"${0%/bin/*}/calls"; case $* in *--tap*) kill -INT 0; sleep 1 ;; esac'
  const {code, calls} = await run(t, ['--no-install'], {node})
  t.is(code, 130)
  t.true(calls.at(-1)?.includes('janitor-main.js'))
  t.deepEqual(runDirectories(), before)
})

interface Workflow {
  readonly on: {readonly push: {readonly paths: readonly string[]}}
  readonly jobs: Record<string, {readonly steps: readonly {readonly run?: string}[]}>
}

test('the workflow watches what is there, and gives on-a-mac flags that it knows', t => {
  const {on, jobs} = yaml.load(readFileSync(WORKFLOW, 'utf8')) as Workflow
  for (const path of on.push.paths) t.true(existsSync(join(TOP, path.replace(/\/\*\*$/, ''))), path)
  const runs = Object.values(jobs).flatMap(({steps}) => steps.flatMap(({run: line}) => line ?? []))
  const [line = ''] = runs.filter(each => each.includes('on-a-mac'))
  const flags: readonly string[] = line.match(/--[a-z-]+/g) ?? []
  t.true(flags.includes('--system') && flags.includes('--report'))
  const help = readFileSync(SCRIPT, 'utf8')
  for (const flag of flags) t.true(help.includes(`    ${flag})`), flag)
})
