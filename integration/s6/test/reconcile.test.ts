import type {ReconcileAction} from '@hermes-svc/core'
import type {ExecutionContext} from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {containerTest, OF_HERMES, OF_ROOT} from './container-test.js'
import {REPOSITORY} from './container.js'
import type {Supervised} from './supervised.js'

const PRELOAD = `${REPOSITORY}/integration/embedded/kill-at-step.js`
const NAMES = Array.from({length: 198}, (_, index) => `p${String(index).padStart(3, '0')}`)

interface Reconciliation {
  readonly skipped: string | null
  readonly actions: readonly ReconcileAction[]
  readonly errors: readonly unknown[]
}

async function reconcile(t: ExecutionContext, s6: Supervised, ...flags: readonly string[]): Promise<Reconciliation> {
  const {stdout} = await s6.done(t, ['gateway', 'reconcile', '--json', ...flags])
  return JSON.parse(stdout) as Reconciliation
}

/** How many gateways each thing was done about. */
function countsOf({actions}: Reconciliation): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const {action} of actions) counts[action] = (counts[action] ?? 0) + 1
  return counts
}

/** Makes profiles as Hermes does, a state with each where there is one. */
async function makeProfiles(s6: Supervised, states: Readonly<Record<string, string | null>>): Promise<void> {
  const script = `
    cd /opt/data/profiles
    while read -r name state; do
      mkdir -p "$name"
      echo soul >"$name/SOUL.md"
      [ -z "$state" ] || printf '{"desired_state": "%s", "kept": 1}' "$state" >"$name/gateway_state.json"
    done`
  const input = Object.entries(states).map(([name, state]) => `${name} ${state ?? ''}\n`)
  const {code, stderr} = await s6.container.exec(['sh', '-c', script], {user: 'hermes', input: input.join('')})
  if (code !== 0) throw new Error(stderr)
}

/** Everything in the scan directory and the homes but what supervisors write there. */
async function fingerprint(s6: Supervised): Promise<string> {
  const rest = '-path "*/supervise/*" -prune -o -path "*/event/*" -prune -o -path "*/logs/*" -prune -o'
  return await s6.root('sh', '-c', `find /run/service /opt/data ${rest} -printf "%p %y %m %u %l %T@\\n" | sort`)
}

containerTest(
  '200 profiles: each is registered, what is to run runs, and a second time changes nothing',
  OF_HERMES,
  async (t, s6) => {
    const wanted = NAMES.filter((_, index) => index % 5 === 0)
    await makeProfiles(s6, Object.fromEntries(NAMES.map(name => [name, wanted.includes(name) ? 'running' : 'stopped'])))
    const first = await reconcile(t, s6)
    t.deepEqual(first.errors, [])
    t.deepEqual(countsOf(first), {register: 200})
    const {gateways = []} = await s6.json(['gateway', 'list'])
    t.is(gateways.length, 200)
    const running = gateways.filter(({state}) => state === 'running').map(({profile}) => profile)
    t.deepEqual(running, wanted)
    const pids = wanted.map(profile => s6.gateways(profile))
    t.true(pids.every(({length}) => length === 1))

    const before = await fingerprint(s6)
    const second = await reconcile(t, s6)
    t.deepEqual([countsOf(second), second.errors], [{none: 200}, []])
    t.is(await fingerprint(s6), before)
    t.deepEqual(
      wanted.map(profile => s6.gateways(profile)),
      pids,
    )
  },
)

containerTest('reconcile killed anywhere is made whole by the next one', OF_ROOT, async (t, s6) => {
  await makeProfiles(s6, {coder: 'running', ops: null})
  await s6.done(t, ['gateway', 'install', 'ops'])
  // Not every step: the verbs' own tests are killed at each.
  for (let step = 1; ; step += 11) {
    const at = `step ${String(step)}`
    await s6.container.recreate()
    const env = {NODE_OPTIONS: `--import=${PRELOAD}`, HERMES_KILL_STEP: String(step)}
    const killed = await s6.run(['gateway', 'reconcile'], env)
    t.deepEqual((await reconcile(t, s6)).errors, [], at)
    const {gateways = []} = await s6.json(['gateway', 'list'])
    t.deepEqual(
      gateways.map(({profile, origin, state}) => `${profile} ${origin} ${state}`),
      ['coder registered running', 'ops installed running'],
      at,
    )
    for (const profile of ['coder', 'ops']) t.is(s6.gateways(profile).length, 1, at)
    t.deepEqual(countsOf(await reconcile(t, s6)), {none: 2}, at)
    if (killed.signal === null) {
      t.true(step > 50, 'so many changes there are at least')
      t.log(`killed at each eleventh of ${String(step)} changes`)
      return
    }
  }
})

containerTest('slots of which files are gone are made whole, and what runs goes on', OF_HERMES, async (t, s6) => {
  await makeProfiles(s6, {coder: 'running', ops: null})
  for (const profile of ['coder', 'ops']) await s6.done(t, ['gateway', 'install', profile])
  await s6.done(t, ['gateway', 'stop', 'ops'])
  const pids = s6.gateways('coder')
  for (const profile of ['coder', 'ops'])
    await s6.root('sh', '-c', 'cd "$1" && rm run log/run current/finish', 'sh', `/run/service/gateway-${profile}`)
  t.deepEqual(countsOf(await reconcile(t, s6)), {repair: 2})
  t.deepEqual(s6.gateways('coder'), pids)
  t.like(await s6.row('ops'), {state: 'stopped', wanted: 'down'})
  t.deepEqual(countsOf(await reconcile(t, s6)), {none: 2})
  await s6.done(t, ['gateway', 'restart', 'coder', 'ops'])
})

containerTest(
  'with --no-wait reconcile returns before a gateway has settled, and it runs all the same',
  OF_HERMES,
  async (t, s6) => {
    await makeProfiles(s6, {coder: 'running', ops: null})
    const slow = {HERMES_SVC_START_SETTLE: '60s'}
    const {stdout} = await s6.done(t, ['gateway', 'reconcile', '--no-wait', '--json'], slow)
    t.deepEqual(countsOf(JSON.parse(stdout) as Reconciliation), {register: 2})
    await eventually('it runs', () => s6.gateways('coder').length === 1)
  },
)

containerTest(
  'what Hermes itself was told in the container is what is wanted after it is recreated',
  OF_HERMES,
  async (t, s6) => {
    await makeProfiles(s6, {coder: null, ops: null})
    await s6.done(t, ['gateway', 'install', 'coder'])
    await s6.done(t, ['gateway', 'install', 'ops', '--no-start'])
    // As `hermes gateway stop` and `hermes gateway start` do: the slot, and a note of their own.
    await s6.root('/command/s6-svc', '-d', '/run/service/gateway-coder')
    await makeProfiles(s6, {coder: 'stopped', ops: 'running'})
    await s6.container.recreate()
    await reconcile(t, s6)
    t.like(await s6.row('coder'), {state: 'stopped', wanted: 'down'})
    t.like(await s6.row('ops'), {state: 'running', wanted: 'up'})
  },
)

containerTest(
  'a container that shows the dashboard beside the one with the gateways touches nothing',
  OF_HERMES,
  async (t, s6) => {
    await makeProfiles(s6, {coder: 'running'})
    const before = await s6.scandir()
    // As s6-overlay runs the container's command: not as process 1.
    const command = ['sh', '-c', 'sleep 600; :', '/run/s6/rc.init', 'top', '/opt/main-wrapper.sh', 'dashboard']
    const dashboard = s6.container.spawn(command)
    t.teardown(() => dashboard.kill('SIGKILL'))
    await eventually('it runs', () => s6.container.processes().some(({argv}) => argv.includes('dashboard')))
    const {skipped, actions} = await reconcile(t, s6)
    t.regex(skipped ?? '', /shows the dashboard/)
    t.deepEqual(actions, [])
    t.is(await s6.scandir(), before)
  },
)
