import type {ReconcileAction} from '@hermes-svc/core'
import type {ExecutionContext} from 'ava'
import {containerTest, OF_HERMES} from './container-test.js'
import {REPOSITORY} from './container.js'
import {eventually} from '../../testing/dist/eventually.js'
import type {Supervised} from './supervised.js'

const SLOT_SCRIPT = `${REPOSITORY}/integration/s6/upstream-slot.sh`
const EXISTS = 73

interface Reconciliation {
  readonly actions: readonly ReconcileAction[]
  readonly errors: readonly unknown[]
}

/** Makes slots as the boot hook of Hermes' image does, and waits until those that are up run. */
async function bootUpstream(s6: Supervised, slots: Readonly<Record<string, 'up' | 'down'>>): Promise<void> {
  for (const [profile, state] of Object.entries(slots)) {
    const {code, stderr} = await s6.container.exec(['sh', SLOT_SCRIPT, profile, state], {user: 'hermes'})
    if (code !== 0) throw new Error(`the slot of ${profile}: ${stderr}`)
  }
  await s6.root('/command/s6-svscanctl', '-a', '/run/service')
  for (const [profile, state] of Object.entries(slots)) {
    const control = `/run/service/gateway-${profile}`
    await eventually(`${profile} is supervised`, async () => {
      return (await s6.container.exec(['/command/s6-svok', control])).code === 0
    })
    await eventually(`${profile} is ${state}`, () => s6.gateways(profile).length === (state === 'up' ? 1 : 0))
  }
}

/** Every path with its type, mode, owner and contents, without what supervisors write there. */
async function fingerprint(s6: Supervised, ...directories: readonly string[]): Promise<string> {
  const rest = '-path "*/supervise/*" -prune -o -path "*/event/*" -prune -o -name started -prune -o'
  const script = `
    find "$@" ${rest} -printf "%p %y %m %u %l\\n" | sort
    find "$@" ${rest} -type f -exec sha256sum {} + | sort`
  return await s6.root('sh', '-c', script, 'sh', ...directories)
}

async function reconcile(t: ExecutionContext, s6: Supervised, ...flags: readonly string[]): Promise<string[]> {
  const {stdout} = await s6.done(t, ['gateway', 'reconcile', '--json', ...flags])
  const {actions, errors} = JSON.parse(stdout) as Reconciliation
  t.deepEqual(errors, [])
  return actions.map(({profile, action}) => `${profile}: ${action}`)
}

/** The `run` that was kept of a slot that ours took the place of. What is kept is whole, and the account's alone. */
async function backedUpRun(t: ExecutionContext, s6: Supervised, profile: string): Promise<string> {
  const [directory = '', ...more] = (
    await s6.root('find', `/opt/data/hermes-svc/gateways/${profile}/s6`, '-mindepth', '1', '-maxdepth', '1')
  ).split('\n')
  t.deepEqual(more, [''], 'one backup')
  const files = await s6.root('find', directory, '-type', 'f', '!', '-name', 'down', '-printf', '%P %u\n')
  t.deepEqual(files.split('\n').sort(), ['', 'finish hermes', 'log/run hermes', 'run hermes', 'type hermes'])
  t.is(await s6.root('find', directory, '-perm', '/077'), '')
  return await s6.root('cat', `${directory}/run`)
}

const slotRun = (s6: Supervised, profile: string): Promise<string> =>
  s6.root('cat', `/run/service/gateway-${profile}/run`)

/** Supervisors, loggers and gateways, with their pids. */
const steady = (s6: Supervised): string[] =>
  s6.container
    .processes()
    .filter(({argv}) => argv[0]?.startsWith('s6-') === true)
    .map(({pid, argv}) => `${String(pid)} ${argv.join(' ')}`)
    .concat(['coder', 'default', 'ops'].map(profile => `${profile} ${s6.gateways(profile).join(' ')}`))
    .sort()

const supervisors = (s6: Supervised): string[] => s6.others().filter(each => each.startsWith('s6-supervise'))

// Hermes makes its slots in a scan directory that its account owns.
for (const variant of [OF_HERMES, {...OF_HERMES, user: 'root'} as const]) {
  containerTest("reconcile takes back what records say is ours from Hermes' own slots", variant, async (t, s6) => {
    const argv = ['hermes', '-p', 'coder', 'gateway', 'run', '--replace', '--verbose']
    await s6.done(t, ['gateway', 'install', 'coder', '--port', '4001', '--env', "SAYING=it's", '--', ...argv])
    await s6.done(t, ['gateway', 'install', 'ops', '--port', '4002'])
    await s6.done(t, ['gateway', 'stop', 'ops'])
    await s6.container.recreate()
    await bootUpstream(s6, {coder: 'up', default: 'up', ops: 'up'})
    const upstream = {coder: await slotRun(s6, 'coder'), ops: await slotRun(s6, 'ops')}
    const foreign = s6.gateways('default')
    const places = ['/run/service', '/opt/data/hermes-svc']
    const before = await fingerprint(s6, ...places)
    const running = steady(s6)

    t.deepEqual(await reconcile(t, s6, '--dry-run'), ['coder: define', 'ops: define'])
    t.is(await fingerprint(s6, ...places), before)
    t.deepEqual(steady(s6), running)

    const untouched = await fingerprint(s6, '/run/service/gateway-default')
    t.deepEqual(await reconcile(t, s6), ['coder: define', 'ops: define'])
    const coder = await s6.row('coder')
    t.like(coder, {state: 'running', wanted: 'up', origin: 'installed', port: 4001, restarts: 0})
    t.deepEqual(s6.gateways('coder'), [coder.pid])
    t.like(await s6.svstat('coder'), {isUp: true, isWanted: true, isNormallyUp: true})
    const words = (await s6.root('cat', `/proc/${String(coder.pid)}/cmdline`)).split('\0').slice(0, -1)
    t.deepEqual(words.slice(-argv.length + 1), argv.slice(1))
    const variables = (await s6.root('cat', `/proc/${String(coder.pid)}/environ`)).split('\0')
    for (const each of ["SAYING=it's", 'API_SERVER_PORT=4001', 'HERMES_HOME=/opt/data'])
      t.true(variables.includes(each))
    t.like(await s6.row('ops'), {state: 'stopped', wanted: 'down', origin: 'installed', port: 4002, pid: null})
    t.deepEqual(s6.gateways('ops'), [])
    t.like(await s6.svstat('ops'), {isUp: false, isWanted: false, isNormallyUp: false})
    const names = ['coder', 'default', 'ops'].flatMap(profile => [`gateway-${profile}`, `gateway-${profile}/log`])
    t.deepEqual(
      supervisors(s6).sort(),
      names.map(name => `s6-supervise ${name}`),
    )
    t.is(await backedUpRun(t, s6, 'coder'), upstream.coder)
    t.is(await backedUpRun(t, s6, 'ops'), upstream.ops)
    t.is(await fingerprint(s6, '/run/service/gateway-default'), untouched)
    t.deepEqual(s6.gateways('default'), foreign)
    t.like(await s6.row('default'), {origin: 'foreign', state: 'running', pid: foreign[0], autostart: false})

    const after = await fingerprint(s6, ...places)
    t.deepEqual(await reconcile(t, s6), ['coder: none', 'ops: none'])
    t.is(await fingerprint(s6, ...places), after)
    t.deepEqual([s6.gateways('coder'), s6.gateways('ops'), s6.gateways('default')], [[coder.pid], [], foreign])
  })

  containerTest('reconcile starts what is wanted and lies down in a slot of Hermes', variant, async (t, s6) => {
    await s6.done(t, ['gateway', 'install', 'coder', '--port', '4001'])
    await s6.container.recreate()
    await bootUpstream(s6, {coder: 'down'})
    t.deepEqual(await reconcile(t, s6), ['coder: define', 'ops: register'])
    const {pid, ...row} = await s6.row('coder')
    t.like(row, {state: 'running', wanted: 'up', origin: 'installed', port: 4001})
    t.deepEqual(s6.gateways('coder'), [pid])
    t.like(await s6.svstat('coder'), {isUp: true, isNormallyUp: true})
  })

  containerTest(
    "Hermes' own slot is started and stopped, and neither replaced nor removed until it is adopted",
    variant,
    async (t, s6) => {
      await bootUpstream(s6, {default: 'up'})
      const run = await slotRun(s6, 'default')
      const before = await fingerprint(s6, '/run/service/gateway-default')
      t.deepEqual(await reconcile(t, s6), ['coder: register', 'ops: register'])

      await s6.done(t, ['gateway', 'stop', 'default'])
      t.deepEqual(s6.gateways('default'), [])
      t.like(await s6.row('default'), {origin: 'foreign', state: 'stopped', pid: null})
      await s6.done(t, ['gateway', 'start', 'default'])
      // Its ./run has yet to become the gateway.
      const pid = await eventually('the gateway runs', () => s6.gateways('default')[0])
      t.like(await s6.row('default'), {origin: 'foreign', state: 'running', pid})
      await s6.done(t, ['gateway', 'restart', 'default'])
      await eventually('another one runs', () => s6.gateways('default').some(other => other !== pid))
      t.is(s6.gateways('default').length, 1)

      for (const verb of ['install', 'register', 'uninstall', 'unregister']) {
        const answer = await s6.json(['gateway', verb, 'default'])
        t.is(answer.code, EXISTS, `${verb}: ${JSON.stringify(answer)}`)
      }
      t.is(await fingerprint(s6, '/run/service/gateway-default'), before)
      t.is(s6.gateways('default').length, 1)

      await s6.done(t, ['gateway', 'install', 'default', '--adopt', '--port', '4003'])
      const row = await s6.row('default')
      t.like(row, {origin: 'installed', state: 'running', port: 4003})
      t.deepEqual(s6.gateways('default'), [row.pid])
      t.is(await backedUpRun(t, s6, 'default'), run)
      await s6.done(t, ['gateway', 'uninstall', 'default'])
      t.is(await backedUpRun(t, s6, 'default'), run, 'what was adopted can still be put back')
      await s6.done(t, ['gateway', 'unregister', 'coder', 'ops'])
      await eventually('no supervisor is left', () => supervisors(s6).length === 0)
    },
  )
}
