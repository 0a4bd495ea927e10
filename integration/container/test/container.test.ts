import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {eventually} from '../../testing/dist/eventually.js'
import {DockerContainer} from './docker-container.js'
import {ON_HERMES, ON_OVERLAY} from './images.js'
import {withEngine} from './with-engine.js'

const STOP_SECONDS = '30'
const KILL_MS = 120_000

/** Waits until a health check that begins from now on finds this. */
async function untilHealth(container: DockerContainer, health: 'healthy' | 'unhealthy'): Promise<void> {
  const since = Date.now()
  await eventually(health, async () => {
    const seen = JSON.parse(await container.inspect('{{json .State.Health}}')) as {
      Status: string
      Log: {Start: string}[] | null
    }
    return seen.Status === health && Date.parse(seen.Log?.at(-1)?.Start ?? '') > since
  })
}

const test = await withEngine()

for (const image of [ON_HERMES, ON_OVERLAY])
  test(`gateways come back when a container is recreated or restarted, and what was stopped stays stopped [${image}]`, async (t, engine) => {
    const container = await DockerContainer.start(t, engine, image)
    await container.install(t, 'coder', 'ops')
    await container.done(t, ['gateway', 'stop', 'ops'])
    const {pid, startedAt} = await container.row('coder')
    t.not(pid, null)
    const again = [() => container.recreate(), () => container.docker('restart', '-t', STOP_SECONDS)]
    for (const [index, run] of again.entries()) {
      const before = await container.row('coder')
      await run()
      await container.untilBooted()
      await container.untilStarted('coder', index + 2)
      const coder = await eventually('coder to run', async () => {
        const row = await container.row('coder')
        return row.state === 'running' && row
      })
      t.not(coder.startedAt, before.startedAt)
      t.like(coder, {wanted: 'up', origin: 'installed', autostart: true})
      t.like(await container.row('ops'), {state: 'stopped', wanted: 'down', origin: 'installed'})
    }
    t.not((await container.row('coder')).startedAt, startedAt)
    t.is(await container.starts('coder'), 3)
    t.is(await container.starts('ops'), 1)
    const kept = await container.sh('find "$HERMES_HOME/hermes-svc/gateways" -mindepth 3 -maxdepth 3 -path "*/s6/*"')
    t.is(kept.split('\n').length - 1, image === ON_HERMES ? 3 : 0, 'each kind of slot that Hermes made, once')
  })

test('docker stop lets a gateway end in its own time, and stops nothing for good', async (t, engine) => {
  // Long enough for s6 to start again what a hook has not put down for good.
  const flags = ['-e', 'S6_KILL_GRACETIME=2500']
  const container = await DockerContainer.start(t, engine, ON_HERMES, {flags})
  await container.addProfile('coder', 'drain=4')
  await container.done(t, ['gateway', 'install', 'coder', '--adopt'])
  await container.untilStarted('coder', 1)
  const asked = performance.now()
  await container.docker('stop', '-t', STOP_SECONDS)
  const tookMs = performance.now() - asked
  t.true(tookMs > 4000, `stopped in ${tookMs.toFixed(0)} ms`)
  t.is(await container.inspect('{{.State.ExitCode}}'), '0', 'Docker had to kill it')
  await container.docker('start')
  await container.untilBooted()
  t.is(await container.sh('cat "$HERMES_HOME/drained"'), 'coder drained\n')
  await container.untilStarted('coder', 2)
  t.is(await container.starts('coder'), 2)
  t.like(await container.row('coder'), {state: 'running', wanted: 'up'})
})

test('root and the account hermes see the same gateways in docker exec, and both start and stop them', async (t, engine) => {
  const container = await DockerContainer.start(t, engine, ON_HERMES)
  await container.install(t, 'coder')
  for (const [user, other] of [
    ['root', 'hermes'],
    ['hermes', 'root'],
  ] as const) {
    await container.done(t, ['gateway', 'stop', 'coder'], user)
    const stopped = await container.json(['gateway', 'list'], other)
    t.like(stopped.gateways?.[0], {profile: 'coder', state: 'stopped', wanted: 'down'})
    await container.done(t, ['gateway', 'start', 'coder'], other)
    const [mine, theirs] = [
      await container.json(['gateway', 'list'], user),
      await container.json(['gateway', 'list'], other),
    ]
    const timeless = (answer: typeof mine) => answer.gateways?.map(row => ({...row, uptimeSeconds: null}))
    t.deepEqual(timeless(mine), timeless(theirs))
    t.like(mine, {backend: 's6', scope: 'container', complete: true, warnings: []})
  }
  await container.addProfile('ops')
  const refused = await container.exec(['hermes-svc', 'gateway', 'install', 'ops'])
  t.is(refused.code, 73, 'Hermes has made a slot')
  t.regex(refused.stderr, /--adopt/)
  await container.done(t, ['gateway', 'install', 'ops', '--adopt'], 'hermes')
  await container.done(t, ['gateway', 'uninstall', 'ops'], 'root')
  const ofOthers = await container.sh(
    'find "$HERMES_HOME" /run/service/gateway-coder ! -user hermes ! -path "*/supervise/*"',
  )
  t.is(ofOthers, '')
})

test('the container is healthy while what should run runs, and unhealthy once such a gateway is parked', async (t, engine) => {
  const flags = ['--health-interval', '1s', '--health-retries', '1', '--health-start-period', '0s']
  const container = await DockerContainer.start(t, engine, ON_HERMES, {flags})
  await untilHealth(container, 'healthy')
  await container.install(t, 'coder', 'ops')
  await container.done(t, ['gateway', 'stop', 'ops'])
  await untilHealth(container, 'healthy')
  await container.addProfile('coder', 'exit 78')
  await container.sh(`kill -KILL ${String((await container.row('coder')).pid)}`, 'hermes')
  // Between the kill and the exit that parks it, it is started once more.
  await eventually('coder to be parked', async () => (await container.row('coder')).state === 'failed')
  await untilHealth(container, 'unhealthy')
  t.like(await container.row('coder'), {state: 'failed', wanted: 'up'})
  await container.addProfile('coder')
  await container.done(t, ['gateway', 'start', 'coder'])
  await untilHealth(container, 'healthy')
  t.pass()
})

test('a hardened container writes to /run and the volume only: read-only root, five capabilities, no new privileges', async (t, engine) => {
  const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'KILL', 'SETGID', 'SETUID'].flatMap(name => ['--cap-add', name])
  const readOnly = ['--read-only', '--tmpfs', '/run:exec,mode=755', '-e', 'S6_READ_ONLY_ROOT=1']
  const flags = [...readOnly, '--cap-drop', 'ALL', ...capabilities, '--security-opt', 'no-new-privileges']
  const container = await DockerContainer.start(t, engine, ON_HERMES, {flags})
  await container.install(t, 'coder', 'ops')
  await container.done(t, ['gateway', 'stop', 'ops'], 'hermes')
  await container.recreate()
  t.like(await container.row('coder'), {state: 'running', origin: 'installed'})
  t.like(await container.row('ops'), {state: 'stopped', origin: 'installed'})
  await container.done(t, ['gateway', 'uninstall', 'coder'])
  const refused = await container.exec(['touch', '/opt/file'])
  t.regex(refused.stderr, /Read-only file system/)
})

test('a container that is killed in the middle of its boot hook is whole after the next start', async (t, engine) => {
  const container = await DockerContainer.start(t, engine, ON_HERMES)
  const profiles = ['coder', 'ops', 'web']
  await container.install(t, ...profiles)
  await container.done(t, ['gateway', 'stop', 'web'])
  const volume = await engine.done('volume', 'inspect', '--format', '{{.Mountpoint}}', container.volume)
  const locks = join(volume, 'hermes-svc', 'locks')
  const endedHooks = async () => (await container.log()).split('03-hermes-svc exited').length
  // A machine that is busy elsewhere may let the hook end before the kill.
  const killInHook = async () => {
    const before = await endedHooks()
    await container.docker('start')
    await eventually('a change by the boot hook', () => readdirSync(locks).length > 0)
    await container.docker('kill')
    return (await endedHooks()) === before
  }
  await container.docker('kill')
  await eventually('a kill in the middle of the boot hook', killInHook, KILL_MS)
  await container.docker('start')
  await container.untilBooted()
  for (const profile of ['coder', 'ops'])
    await eventually(`${profile} to run`, async () => (await container.row(profile)).state === 'running')
  t.like(await container.row('web'), {state: 'stopped', wanted: 'down'})
  for (const profile of profiles) t.is((await container.row(profile)).origin, 'installed')
  const slots = await container.sh('ls -A /run/service')
  t.deepEqual(slots.trim().split('\n'), [
    '.s6-svscan',
    'gateway-coder',
    'gateway-default',
    'gateway-ops',
    'gateway-web',
  ])
})

test('a dashboard container on the same volume touches nothing', async (t, engine) => {
  const container = await DockerContainer.start(t, engine, ON_HERMES)
  await container.install(t, 'coder', 'ops')
  await container.done(t, ['gateway', 'stop', 'ops'])
  const kept = () =>
    container.sh('cd "$HERMES_HOME"; find . -name locks -prune -o -type f ! -path "./logs/*" -exec cksum {} + | sort')
  const [before, coder] = [await kept(), await container.row('coder')]
  const {volume} = container
  const dashboard = await DockerContainer.start(t, engine, ON_HERMES, {volume, command: ['dashboard']})
  t.regex(await dashboard.log(), /this container shows the dashboard/)
  t.is(await dashboard.sh('ls -A /run/service'), '.s6-svscan\n')
  await dashboard.docker('stop', '-t', STOP_SECONDS)
  t.is(await kept(), before)
  t.like(await container.row('coder'), {state: 'running', pid: coder.pid})
})
