import type {ExecutionContext} from 'ava'
import {withoutForks} from '../../testing/dist/namespace-processes.js'
import {Caller, PLACES, UNITS} from './caller.js'
import {machineTest, machineTests} from './machine-test.js'
import type {Machine} from './machine.js'
import {installUpstream, refreshUpstream, upstreamService} from './upstream-unit.js'

const OURS = 'hermes-svc-coder.service'
const THEIRS = upstreamService('coder')

/** Processes that are a gateway of coder's home, whoever started them and however they name the profile. */
function gatewaysOfCoder(machine: Machine): number[] {
  const found = machine
    .processes()
    .filter(({argv}) => argv.some(word => word.endsWith('/hermes')) && argv.includes('coder'))
  return withoutForks(found).map(({pid}) => pid)
}

/** Waits for the result, and gives the most gateways of coder that were seen at a time meanwhile. */
async function watched<T>(machine: Machine, pending: Promise<T>): Promise<{result: T; most: number}> {
  const over = new AbortController()
  const result = pending.finally(() => {
    over.abort()
  })
  let most = 0
  while (!over.signal.aborted) {
    most = Math.max(most, gatewaysOfCoder(machine).length)
    await new Promise(resolve => setImmediate(resolve))
  }
  return {result: await result, most}
}

/** What is in a unit file, or an empty string. */
async function contentsOf(caller: Caller, service: string): Promise<string> {
  return (await caller.machine.exec(['cat', `${UNITS[caller.scope]}/${service}`])).stdout
}

for (const {scope, release} of PLACES) {
  machineTest(
    `units of Hermes itself are listed, started and stopped in the ${scope} scope, and never changed`,
    {release},
    async (t, machine) => {
      if (scope === 'user') await machine.enableLinger('dev')
      const caller = new Caller(machine, scope)
      await installUpstream(caller, 'default')
      await installUpstream(caller, 'coder')
      const files = await caller.files()
      const before = await contentsOf(caller, THEIRS)
      const {gateways, complete} = await caller.json(['gateway', 'list'])
      t.true(complete)
      t.like(gateways, [
        {profile: 'coder', scope, service: THEIRS, state: 'running', wanted: 'up', origin: 'foreign', autostart: true},
        {profile: 'default', scope, service: upstreamService('default'), state: 'running', origin: 'foreign'},
      ])
      for (const verb of ['install', 'uninstall']) {
        const {code, error} = await caller.json(['gateway', verb, 'coder'])
        t.is(code, 73, verb)
        t.like(error, {code: 'HSVC_ALREADY_EXISTS'})
      }
      await caller.done(t, ['gateway', 'stop', 'coder'])
      t.deepEqual(gatewaysOfCoder(machine), [])
      t.like(await caller.row('coder'), {state: 'stopped', wanted: 'down', origin: 'foreign'})
      await caller.done(t, ['gateway', 'start', 'coder'])
      const {pid} = await caller.row('coder')
      await caller.done(t, ['gateway', 'restart', 'coder'])
      t.not((await caller.row('coder')).pid, pid)
      t.is(gatewaysOfCoder(machine).length, 1)
      t.is(await contentsOf(caller, THEIRS), before)
      // What is wanted of it is noted for Hermes too.
      const isState = (each: string): boolean => each.includes('/profiles/coder/gateway_state.json ')
      const after = await caller.files()
      t.is(after.filter(isState).length, 1)
      t.deepEqual(
        after.filter(each => !isState(each)),
        files,
      )
    },
  )

  machineTest(
    `a unit of Hermes itself is adopted in the ${scope} scope, with a backup, and never are there two`,
    {release},
    async (t, machine) => {
      if (scope === 'user') await machine.enableLinger('dev')
      const caller = new Caller(machine, scope)
      await installUpstream(caller, 'coder')
      const before = await contentsOf(caller, THEIRS)
      const {result: adopted, most} = await watched(machine, caller.run(['gateway', 'install', 'coder', '--adopt']))
      t.is(adopted.code, 0, adopted.stderr)
      t.is(most, 1)
      const kept = /\/\S+\/replaced\/\S+/.exec(`${adopted.stdout}${adopted.stderr}`)?.[0] ?? ''
      t.is(await machine.output(['cat', `${kept}/${THEIRS}`]), before)
      t.like(await caller.row('coder'), {service: OURS, origin: 'installed', state: 'running', wanted: 'up'})
      t.is(gatewaysOfCoder(machine).length, 1)
      t.is(await contentsOf(caller, THEIRS), '')
      t.like(await caller.show(THEIRS, 'LoadState', 'UnitFileState'), {LoadState: 'not-found', UnitFileState: ''})
      await machine.reboot()
      await caller.settled()
      t.like(await caller.row('coder'), {service: OURS, state: 'running'})
      t.is(gatewaysOfCoder(machine).length, 1)
    },
  )
}

machineTest(
  'what Hermes does to its units when it starts leaves ours alone',
  {release: 'bookworm'},
  async (t, machine) => {
    await machine.enableLinger('dev')
    const caller = new Caller(machine, 'user')
    await installUpstream(caller, 'default')
    await caller.done(t, ['gateway', 'install', 'coder'])
    const {pid} = await caller.row('coder')
    const before = await contentsOf(caller, OURS)
    await refreshUpstream(caller, ['default', 'coder', 'ops'])
    t.is(await contentsOf(caller, OURS), before)
    t.regex(await contentsOf(caller, upstreamService('default')), /RestartSec=7/)
    t.like(await caller.show(OURS, 'NeedDaemonReload', 'UnitFileState'), {
      NeedDaemonReload: 'no',
      UnitFileState: 'enabled',
    })
    t.like(await caller.row('coder'), {pid, state: 'running', origin: 'installed'})
    t.false((await caller.json(['gateway', 'status', 'coder'])).gateways?.[0]?.drift)
  },
)

machineTest(
  'a gateway that Hermes defines beside ours is told, and verbs act on ours',
  {release: 'trixie'},
  async (t, machine) => {
    await machine.enableLinger('dev')
    const caller = new Caller(machine, 'user')
    await caller.done(t, ['gateway', 'install', 'coder'])
    await installUpstream(caller, 'coder')
    const answer = await caller.json(['gateway', 'list'])
    t.like(
      answer.gateways?.map(({service, state}) => [service, state]),
      [
        [OURS, 'running'],
        [THEIRS, 'running'],
      ],
    )
    assertToldTwice(t, answer.warnings)
    await caller.done(t, ['gateway', 'stop', 'coder'])
    t.deepEqual(
      (await caller.json(['gateway', 'list'])).gateways?.map(({service, state}) => [service, state]),
      [
        [OURS, 'stopped'],
        [THEIRS, 'running'],
      ],
    )
    await caller.done(t, ['gateway', 'uninstall', 'coder'])
    t.like((await caller.json(['gateway', 'list'])).gateways, [{service: THEIRS, state: 'running', origin: 'foreign'}])
  },
)

function assertToldTwice(t: ExecutionContext, warnings: readonly string[] = []): void {
  const told = warnings.filter(each => each.includes('coder is defined twice'))
  t.is(told.length, 1, JSON.stringify(warnings))
}

machineTests('one profile in both scopes is told, whoever asks, and is not made by install', async (t, machine) => {
  await machine.enableLinger('dev')
  const dev = new Caller(machine, 'user')
  const root = new Caller(machine, 'system')
  await dev.done(t, ['gateway', 'install', 'coder'])
  const refused = await root.json(['gateway', 'install', 'coder', '--scope', 'system'])
  t.is(refused.code, 73, JSON.stringify(refused.error))
  t.like((await root.json(['gateway', 'list'])).gateways, [{scope: 'user', state: 'running'}])

  await machine.output(['cp', `${UNITS.user}/${OURS}`, `${UNITS.system}/${OURS}`])
  await root.systemctl('enable', '--now', OURS)
  for (const caller of [dev, root]) {
    const {gateways, warnings} = await caller.json(['gateway', 'list'])
    t.deepEqual(
      gateways?.map(({profile}) => profile),
      ['coder', 'coder'],
    )
    t.deepEqual(gateways?.map(({scope}) => scope).sort(), ['system', 'user'])
    assertToldTwice(t, warnings)
  }
  const {stdout} = await dev.run(['doctor'])
  t.regex(stdout, /coder is defined twice/)
})

machineTests(
  'units of Hermes itself in both scopes are told, and taken over by root alone, both or none',
  async (t, machine) => {
    await machine.enableLinger('dev')
    const dev = new Caller(machine, 'user')
    const root = new Caller(machine, 'system')
    await installUpstream(dev, 'coder')
    await installUpstream(root, 'coder')
    for (const caller of [dev, root]) assertToldTwice(t, (await caller.json(['gateway', 'list'])).warnings)
    const before = await dev.files()
    const refused = await dev.json(['gateway', 'install', 'coder', '--adopt'])
    t.is(refused.code, 77, JSON.stringify(refused.error))
    t.regex(
      refused.error?.hint ?? '',
      /^as root: sudo HERMES_HOME=\/home\/dev\/\.hermes hermes-svc gateway install coder --adopt/,
    )
    t.deepEqual(await dev.files(), before)
    t.is(gatewaysOfCoder(machine).length, 2)

    const adopted = await root.json(['gateway', 'install', 'coder', '--adopt'])
    t.is(adopted.code, 0, JSON.stringify(adopted))
    t.like((await root.json(['gateway', 'list'])).gateways, [{service: OURS, scope: 'system', state: 'running'}])
    t.is(gatewaysOfCoder(machine).length, 1)
    const kept = adopted.warnings?.flatMap(each => /\/\S+\/replaced\/\S+/.exec(each)?.[0] ?? []) ?? []
    t.is(new Set(kept).size, 2, JSON.stringify(adopted.warnings))
    for (const place of kept) t.is((await machine.exec(['test', '-s', `${place}/${THEIRS}`])).code, 0, place)
  },
)
