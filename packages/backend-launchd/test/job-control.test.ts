import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {GatewayStatus, ServiceError} from '@hermes-svc/core'
import type {FakeLaunchd} from './fake-launchd/fake-launchd.js'
import {eventually, jobOf, lives} from './fake-launchd/fixture.js'
import {type JobFixture, jobTest as test} from './job-fixture.js'

const LABEL = 'ai.hermes-svc.coder'
const HAND_OFF = 'ai.hermes-svc-hand-off.coder'

/** Ends only when it is killed. */
const STUBBORN = ['/bin/sh', '-c', "trap '' TERM; while :; do sleep 0.05; done"]
/** Asked to end, it does so as soon as the file in $1 is gone; there is one beside that once it can be asked. */
const HELD = `trap 'while [ -e "$1" ]; do sleep 0.05; done; exit 0' TERM; echo > "$1.heeded"; while :; do sleep 0.05; done`

/** Runs a gateway that may take a minute to end, and does when the file is gone. */
async function runHeld(fixture: JobFixture, file: string): Promise<GatewayStatus> {
  writeFileSync(file, '')
  const status = await fixture.run(fixture.spec({argv: ['/bin/sh', '-c', HELD, 'held', file], stopTimeoutMs: 60_000}))
  await eventually('it can be asked to end', () => existsSync(`${file}.heeded`))
  return status
}

function subcommands(mac: FakeLaunchd, since = 0): string[] {
  return mac
    .calls()
    .slice(since)
    .map(({argv}) => argv.slice(0, argv[1] === '-k' ? 2 : 1).join(' '))
}

test('a restart by the same definition happens in place: the job is never unloaded', async (t, fixture) => {
  const {pid} = await fixture.run()
  const before = fixture.mac.calls().length
  await fixture.manager.restart(fixture.profile)
  await fixture.reaches('running', fixture.profile, pid)
  const done = subcommands(fixture.mac, before)
  t.true(done.includes('kickstart -k'))
  t.false(done.includes('bootout'))
  t.false(done.includes('bootstrap'))
})

test('a restart that was asked for is no death', async (t, fixture) => {
  const {pid, restarts} = await fixture.run()
  t.is(restarts, 0)
  await fixture.manager.restart(fixture.profile)
  t.is((await fixture.reaches('running', fixture.profile, pid)).restarts, 0)
  process.kill((await fixture.status()).pid ?? 0, 'SIGKILL')
  await eventually('launchd noticed', () => jobOf(fixture.mac, LABEL)?.pid !== pid)
  await fixture.reaches('running')
})

test('after a login the deaths are counted anew', async (t, fixture) => {
  const {pid} = await fixture.run()
  process.kill(pid ?? 0, 'SIGKILL')
  t.like(await fixture.reaches('running', fixture.profile, pid), {restarts: 1})
  await fixture.mac.reboot()
  await fixture.reaches('running')
  // Until then the deaths are those of before.
  await eventually('the launcher has noted the start', async () => (await fixture.status()).startedAt !== null)
  t.like(await fixture.status(), {restarts: 0, lastExit: null})
})

test(
  'a restart by another definition waits until launchd has forgotten the old job',
  async (t, fixture) => {
    const {pid} = await fixture.run()
    await fixture.manager.install(fixture.spec({argv: ['/bin/sleep', '1001']}))
    const before = fixture.mac.calls().length
    await fixture.manager.restart(fixture.profile)
    await fixture.reaches('running', fixture.profile, pid)
    const done = subcommands(fixture.mac, before)
    t.true(done.lastIndexOf('bootout') < done.indexOf('bootstrap'))
    t.is(done.filter(name => name === 'bootstrap').length, 1, 'launchd was not asked before it could')
  },
  {faults: {teardownMs: 200}},
)

test('where the old process takes its time, the verb returns and a job of its own goes on', async (t, fixture) => {
  const hold = join(fixture.root, 'hold')
  const {pid} = await runHeld(fixture, hold)
  await fixture.manager.install(fixture.spec({stopTimeoutMs: 60_000}))
  await fixture.manager.restart(fixture.profile)
  t.true(lives(pid ?? 0), 'it has not ended yet')
  t.not(jobOf(fixture.mac, HAND_OFF), undefined)
  t.is((await fixture.status()).state, 'stopping')
  rmSync(hold)
  await fixture.reaches('running', fixture.profile, pid)
  await eventually('the other job has removed itself', () => jobOf(fixture.mac, HAND_OFF) === undefined)
})

test('what was asked for last counts: a stop ends what goes on for an earlier restart', async (t, fixture) => {
  const hold = join(fixture.root, 'hold')
  await runHeld(fixture, hold)
  await fixture.manager.install(fixture.spec({stopTimeoutMs: 60_000}))
  await fixture.manager.restart(fixture.profile)
  t.not(jobOf(fixture.mac, HAND_OFF), undefined)
  const stopped = fixture.manager.stop(fixture.profile)
  rmSync(hold)
  await stopped
  await eventually('it is gone', () => jobOf(fixture.mac, LABEL) === undefined)
  t.like(await fixture.reaches('stopped'), {wanted: 'down', pid: null})
})

test('a gateway that restarts itself is up again afterwards', async (t, fixture) => {
  const {pid} = await fixture.run()
  await fixture.manager.install(fixture.spec({argv: ['/bin/sleep', '1001']}))
  const inside = fixture.create({env: {...fixture.context.env, XPC_SERVICE_NAME: LABEL}})
  const before = fixture.mac.calls().length
  await inside.restart(fixture.profile)
  t.false(subcommands(fixture.mac, before).slice(0, -1).includes('bootout'), 'it does not boot itself out')
  await fixture.reaches('running', fixture.profile, pid)
  await eventually('the other job has removed itself', () => jobOf(fixture.mac, HAND_OFF) === undefined)
})

test('a gateway that stops itself stays down', async (t, fixture) => {
  await fixture.run()
  await fixture.create({env: {...fixture.context.env, XPC_SERVICE_NAME: LABEL}}).stop(fixture.profile)
  await eventually('it is gone', () => jobOf(fixture.mac, LABEL) === undefined)
  t.like(await fixture.status(), {state: 'stopped', wanted: 'down'})
})

test('what a job of its own cannot do is in the log of the gateway', async (t, fixture) => {
  const hold = join(fixture.root, 'hold')
  await runHeld(fixture, hold)
  await fixture.manager.install(fixture.spec({stopTimeoutMs: 60_000}))
  await fixture.manager.restart(fixture.profile)
  fixture.mac.run('disable', `user/${String(process.getuid?.())}/${LABEL}`)
  rmSync(hold)
  const log = join(fixture.root, 'logs', 'gateways', fixture.profile, 'current')
  await eventually('it says so', () =>
    /hermes-svc: finishLoad of ai\.hermes-svc\.coder: .*disabled/.test(readFileSync(log, 'utf8')),
  )
  fixture.mac.run('remove', HAND_OFF)
  t.pass()
})

test('a label that somebody disabled is enabled by start', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  fixture.mac.run('disable', `gui/${String(process.getuid?.())}/${LABEL}`)
  await fixture.manager.start(fixture.profile)
  t.like(await fixture.reaches('running'), {wanted: 'up'})
})

test('a job that launchd left waiting is started by a kickstart that kills nothing', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  fixture.mac.setFaults({droppedSpawns: 1})
  await fixture.manager.start(fixture.profile)
  await fixture.reaches('running')
  t.true(subcommands(fixture.mac).includes('kickstart'))
  t.false(subcommands(fixture.mac).includes('kickstart -k'))
})

test('a bootstrap that fails for no reason is tried again', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  fixture.mac.setFaults({spuriousBootstrapFailures: 3})
  const before = fixture.mac.calls().length
  await fixture.manager.start(fixture.profile)
  await fixture.reaches('running')
  t.is(subcommands(fixture.mac, before).filter(name => name === 'bootstrap').length, 4)
})

test('a definition that launchd refuses is said to be refused, with where the reason is told', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  fixture.mac.setFaults({spuriousBootstrapFailures: 1_000_000})
  const error = await t.throwsAsync<ServiceError>(fixture.manager.start(fixture.profile))
  t.is(error.code, 'HSVC_TOOL_FAILED')
  t.regex(error.message, /did not load ai\.hermes-svc\.coder within 15 s/)
})

test('a login item that was switched off is refused, and the error says so', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  fixture.mac.setFaults({loginItemsOff: [LABEL]})
  const error = await t.throwsAsync<ServiceError>(fixture.manager.start(fixture.profile))
  t.is(error.code, 'HSVC_BACKEND_UNAVAILABLE')
  t.regex(error.hint ?? '', /Login Items/)
})

test('a gateway that ignores TERM is killed when its time is over', async (t, fixture) => {
  const {pid} = await fixture.run(fixture.spec({argv: STUBBORN, stopTimeoutMs: 1000}))
  await fixture.manager.stop(fixture.profile)
  await fixture.reaches('stopped')
  t.false(lives(pid ?? 0))
})

test(
  'a start while the throttle of a long delay is on loads the job anew',
  async (t, fixture) => {
    const {restart} = fixture.spec()
    const {pid} = await fixture.run(fixture.spec({restart: {...restart, delayMs: 60_000}}))
    await fixture.manager.restart(fixture.profile)
    await fixture.reaches('running', fixture.profile, pid)
    t.true(subcommands(fixture.mac).includes('bootout'))
  },
  {faults: {kickstartHonoursThrottle: true}},
)
