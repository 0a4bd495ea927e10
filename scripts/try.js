// `npm run try`: a short story with two sample gateways, told with the real commands. It fails when a step does.
import {spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'

const PATIENCE_MS = 20_000
const POLL_MS = 100

const bin = fileURLToPath(new URL('../packages/cli/bin/run.cjs', import.meta.url))
const sample = fileURLToPath(new URL('../examples/sample-gateway/gateway.js', import.meta.url))
const home = realpathSync(mkdtempSync(join(tmpdir(), 'hermes-svc-try-')))
const profiles = ['coder', 'ops']
const pids = new Set()

const inherited = Object.entries(process.env).filter(
  ([name]) => !name.startsWith('HERMES_') && name !== 'NODE_EXTRA_CA_CERTS',
)
const env = {
  ...Object.fromEntries(inherited),
  HERMES_HOME: home,
  HERMES_SVC_DATA_DIR: join(home, 'data'),
  HERMES_SVC_RESTART_DELAY: '500ms',
}

const interruption = new AbortController()
// In a group of its own a command gets one ctrl-C, from here, and not the terminal's as well.
const ownGroup = process.platform !== 'win32'
let child
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interruption.abort()
    if (ownGroup) child?.kill('SIGINT')
  })
}

function say(line) {
  console.log(line)
}

function run(args) {
  return new Promise((resolve, reject) => {
    child = spawn(process.execPath, [bin, ...args], {env, stdio: ['ignore', 'pipe', 'inherit'], detached: ownGroup})
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
    child.once('error', reject)
    child.once('close', code => {
      child = undefined
      if (code === 0) resolve(stdout.trimEnd().split('\n'))
      else reject(new Error(`hermes-svc ${args.join(' ')} ended with ${code}`))
    })
  })
}

/** Runs a command as a reader would type it. */
async function tell(args, filter = '', shows = () => true) {
  interruption.signal.throwIfAborted()
  say(`$ hermes-svc ${args.join(' ')}${filter}`)
  const lines = (await run(args)).filter(line => line !== '' && shows(line))
  for (const line of lines) say(line)
  return lines
}

/** The same, with the lines that a pattern picks. */
async function tellSome(args, pattern) {
  return await tell(args, ` | grep -E '${pattern}'`, line => new RegExp(pattern).test(line))
}

async function statusOf(profile) {
  const {gateways} = JSON.parse((await run(['gateway', 'list', '--json'])).join('\n'))
  const status = gateways.find(gateway => gateway.profile === profile)
  if (status?.pid) pids.add(status.pid)
  return status
}

async function until(what, look) {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    interruption.signal.throwIfAborted()
    const found = await look()
    if (found) return found
    if (performance.now() > end) throw new Error(`expected ${what} within ${PATIENCE_MS / 1000} s`)
    await delay(POLL_MS, undefined, {signal: interruption.signal})
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** What the gateway itself says, so that the story does not rest on hermes-svc's word alone. */
async function ask(port) {
  try {
    return await (await fetch(`http://127.0.0.1:${port}/`, {signal: AbortSignal.timeout(2000)})).json()
  } catch {
    return null
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Processes that were started with a path in the temporary home: gateways and runners. Linux only. */
function processesOfHome() {
  if (process.platform !== 'linux') return []
  const mentions = (pid, file) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(home)
    } catch {
      return false
    }
  }
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && name !== String(process.pid))
    .filter(pid => mentions(pid, 'cmdline') || mentions(pid, 'environ'))
}

function filesLeft() {
  const logs = join('logs', 'gateways')
  return readdirSync(home, {recursive: true, withFileTypes: true})
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(home.length + 1))
    .filter(path => !path.startsWith(logs) && !path.endsWith('SOUL.md') && path !== 'hermes-svc.json')
}

async function story() {
  for (const profile of profiles) {
    mkdirSync(join(home, 'profiles', profile), {recursive: true})
    writeFileSync(join(home, 'profiles', profile, 'SOUL.md'), `# ${profile}\n`)
  }
  // Forced, so that an init system of this machine is left alone.
  const settings = {backend: 'embedded', hermes: {command: [process.execPath, sample, '{profile}']}}
  writeFileSync(join(home, 'hermes-svc.json'), JSON.stringify(settings), {mode: 0o600})

  say('Two Hermes profiles in a temporary home, each with a sample gateway.')
  const ports = new Map()
  for (const profile of profiles) {
    ports.set(profile, await freePort())
    await tell(['gateway', 'install', profile, '--port', String(ports.get(profile))])
  }
  await tell(['gateway', 'list'])
  const before = await statusOf('coder')
  await statusOf('ops')
  const port = ports.get('coder')
  const answer = await until('an answer of coder', () => ask(port))
  if (answer.pid !== before.pid) throw new Error(`expected pid ${before.pid} on port ${port}, got ${answer.pid}`)

  say(`$ kill -9 ${before.pid}`)
  process.kill(before.pid, 'SIGKILL')
  const after = await until('another process of coder', async () => {
    const status = await statusOf('coder')
    return status?.state === 'running' && status.pid !== before.pid && status
  })
  const again = await until('an answer of coder', () => ask(port))
  if (again.pid !== after.pid) throw new Error(`expected pid ${after.pid} on port ${port}, got ${again.pid}`)
  await tellSome(['gateway', 'status', 'coder', '--json'], '"(state|pid|restarts)"')
  say(`port ${port}: process ${again.pid} answers, no longer ${before.pid}`)
  const starts = await tellSome(['gateway', 'logs', 'coder'], 'listens')
  const expected = [before, after].map(({pid}) => `process ${pid} listens`)
  if (!expected.every((text, index) => starts[index]?.includes(text)))
    throw new Error('expected both starts in the log')

  await tell(['gateway', 'uninstall', ...profiles, '--quiet'])
  await tell(['gateway', 'list'])
  const left = [...[...pids].filter(isAlive), ...processesOfHome(), ...filesLeft()]
  if (left.length > 0) throw new Error(`expected nothing to be left, got ${left.join(', ')}`)
  say(`Nothing is left: no process, no definition. The logs go with ${home}.`)
}

async function cleanUp() {
  const {gateways} = JSON.parse((await run(['gateway', 'list', '--json'])).join('\n'))
  if (gateways.length > 0) await run(['gateway', 'uninstall', '--quiet', ...gateways.map(({profile}) => profile)])
}

try {
  await story()
} catch (error) {
  const interrupted = interruption.signal.aborted
  process.exitCode = interrupted ? 130 : 1
  console.error(interrupted ? 'interrupted, cleaning up' : `✗ ${error.message}`)
  await cleanUp().catch(failure => console.error(`✗ clean-up: ${failure.message}`))
}
rmSync(home, {recursive: true, force: true, maxRetries: 5})
process.exit()
