import {spawn, spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {Machine} from './machine.js'

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'
const isRoot = process.platform === 'linux' && process.getuid?.() === 0
const ifRoot = isRoot ? test : test.skip
const ifFaketime = existsSync(FAKETIME) ? test : test.skip
const rootReason = isRoot ? '' : ' (skipped: needs root on Linux to mount a small disk)'
const timeReason = existsSync(FAKETIME) ? '' : ' (skipped: needs libfaketime)'

/** A disk of one megabyte, unmounted with the test. */
function smallDisk(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory])
  if (mounted.status !== 0) throw new Error(`mount: ${mounted.stderr.toString()}`)
  t.teardown(() => {
    spawnSync('umount', [directory])
    rmSync(directory, {recursive: true})
  })
  return directory
}

/** Fills the disk to the last byte. */
function fill(directory: string): string {
  const path = join(directory, 'ballast')
  spawnSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=1k'], {stdio: 'ignore'})
  return path
}

ifRoot(`on a full disk verbs say so, nothing is half written, and what runs goes on${rootReason}`, async t => {
  const disk = smallDisk(t)
  const machine = new Machine(t, {}, disk)
  t.is((await machine.install('one')).code, 0)
  const [pid] = machine.gateways('one')
  const before = machine.stateFiles()
  const ballast = fill(disk)

  const second = await machine.json(['gateway', 'install', 'two'], {})
  t.not(second.code, 0)
  const refused = await machine.json(['gateway', 'restart', 'one'])
  t.is(refused.code, 74, JSON.stringify(refused))
  t.regex(JSON.stringify(refused), /ENOSPC/)
  const row = await machine.row('one')
  t.is(row.state, 'running')
  t.deepEqual(machine.gateways('one'), [pid])
  t.deepEqual(machine.stateFiles(), before, 'nothing was lost and nothing half written')

  process.kill(pid ?? 0, 'SIGKILL')
  await eventually(
    'it runs again although the disk is full',
    () => machine.gateways('one').length === 1 && machine.gateways('one')[0] !== pid,
  )
  t.is((await machine.row('one')).pid, machine.gateways('one')[0] ?? null)

  rmSync(ballast)
  const mended = await machine.run(['gateway', 'restart', 'one'])
  t.is(mended.code, 0, mended.stderr)
  t.is((await machine.run(['gateway', 'uninstall', 'one'])).code, 0)
  t.deepEqual(machine.stateFiles(), [])
})

ifFaketime(`a clock set back or forward by a day changes no report and delays nothing${timeReason}`, async t => {
  const machine = new Machine(t)
  t.is((await machine.install('one')).code, 0)
  const [pid] = machine.gateways('one')
  for (const shift of ['-1d', '+1d']) {
    const env = {LD_PRELOAD: FAKETIME, FAKETIME: shift, FAKETIME_DONT_FAKE_MONOTONIC: '1'}
    const {gateways = [], complete} = await machine.json(['gateway', 'list'], env)
    const [row] = gateways
    t.true(complete)
    t.is(row?.state, 'running', shift)
    t.is(row?.pid ?? null, pid ?? null, shift)
    t.true(
      (row?.uptimeSeconds ?? -1) >= 0 && (row?.uptimeSeconds ?? 1e9) < 600,
      `${shift}: up ${String(row?.uptimeSeconds)} s`,
    )
    const started = performance.now()
    t.is((await machine.run(['gateway', 'start', 'one'], env)).code, 0, shift)
    t.is((await machine.run(['gateway', 'install', 'two', '--', ...machine.argv('two')], env)).code, 0, shift)
    t.is((await machine.run(['gateway', 'restart', 'two'], env)).code, 0, shift)
    t.is((await machine.run(['gateway', 'uninstall', 'two'], env)).code, 0, shift)
    // A day would be longer, also on the slowest machine.
    t.true(performance.now() - started < 600_000)
  }
  t.deepEqual(machine.gateways('one'), [pid ?? 0])
})

ifFaketime(`a runner whose clock is set back still restarts its gateway on time${timeReason}`, async t => {
  const machine = new Machine(t)
  t.is((await machine.install('one')).code, 0)
  const [runner = 0] = machine.runners()
  const argv = readFileSync(`/proc/${String(runner)}/cmdline`, 'utf8')
    .split('\0')
    .slice(0, -1)
  t.is((await machine.run(['gateway', 'stop', 'one'])).code, 0)
  const clock = join(machine.directory, 'clock')
  writeFileSync(clock, '@2030-01-01 00:00:00')
  const [node = '', ...rest] = argv
  const env = {
    LD_PRELOAD: FAKETIME,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  const child = spawn(node, rest, {cwd: '/', env, stdio: 'ignore', detached: true})
  t.teardown(() => child.kill('SIGKILL'))
  const first = await eventually('it runs', () => machine.gateways('one')[0])
  writeFileSync(clock, '@2029-01-01 00:00:00')
  process.kill(first, 'SIGKILL')
  await eventually('another runs', () => machine.gateways('one').some(pid => pid !== first), 10_000)
  const row = await machine.row('one')
  t.is(row.state, 'running')
  t.true((row.uptimeSeconds ?? -1) >= 0 && (row.uptimeSeconds ?? 1e9) < 60)
  t.is((await machine.run(['gateway', 'stop', 'one'])).code, 0)
})

test('what the CLI is told by a hostile environment stays out of a gateway, and secrets out of ps and JSON', async t => {
  const machine = new Machine(t)
  const secret = 'sesame-4711'
  mkdirSync(join(machine.directory, 'x'))
  const run = await machine.run(['gateway', 'install', 'one', '--env', 'TOKEN', '--', ...machine.argv()], {
    TOKEN: secret,
    STRAY: 'not-for-the-gateway',
  })
  t.is(run.code, 0, run.stderr)
  const [pid = 0] = machine.gateways('one')
  const environment = readFileSync(`/proc/${String(pid)}/environ`, 'utf8')
  t.true(environment.includes(`TOKEN=${secret}`))
  t.false(environment.includes('STRAY'))
  const shown = [
    spawnSync('ps', ['-ewwo', 'args']).stdout.toString(),
    JSON.stringify(await machine.json(['gateway', 'status', 'one'])),
    (await machine.run(['gateway', 'install', 'one', '--dry-run', '--json', '--', ...machine.argv()])).stdout,
    (await machine.run(['gateway', 'logs', 'one'])).stdout,
  ]
  t.deepEqual(
    shown.filter(text => text.includes(secret)),
    [],
  )
})

for (const [damage, runs] of [
  ['damaged', true],
  ['damaged', false],
  ['emptied', false],
] as const) {
  test(`a definition that was ${damage} can be uninstalled while its gateway ${runs ? 'runs' : 'is stopped'}`, async t => {
    const machine = new Machine(t)
    t.is((await machine.install('one', ...(runs ? [] : ['--no-start']))).code, 0)
    const directory = join(machine.root, 'hermes-svc', 'gateways', 'one', 'embedded')
    if (damage === 'damaged') writeFileSync(join(directory, 'gateway.json'), '{')
    else for (const name of readdirSync(directory)) rmSync(join(directory, name))
    const {code, stderr} = await machine.run(['gateway', 'uninstall', 'one'])
    t.is(code, 0, stderr)
    t.false(existsSync(directory))
    t.deepEqual([machine.stateFiles(), machine.gateways(), machine.runners()], [[], [], []])
  })
}
