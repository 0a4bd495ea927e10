import type {ExecutionContext} from 'ava'
import {Caller, PLACES, UNITS} from './caller.js'
import {machineTest} from './machine-test.js'

const SERVICE = 'hermes-svc-coder.service'

/** The same test in both scopes, on a release each. */
function scopeTests(title: string, implementation: (t: ExecutionContext, caller: Caller) => Promise<void>): void {
  for (const {scope, release} of PLACES) {
    machineTest(`${title}, in the ${scope} scope`, {release}, async (t, machine) => {
      if (scope === 'user') await machine.enableLinger('dev')
      await implementation(t, new Caller(machine, scope))
    })
  }
}

async function edit(caller: Caller, script: string): Promise<void> {
  await caller.machine.output(['sed', '-i', script, `${UNITS[caller.scope]}/${SERVICE}`], {user: caller.user})
}

/** What `gateway status` tells of it: unlike a list, also whether it has drifted. */
async function driftOf(caller: Caller): Promise<boolean | null | undefined> {
  return (await caller.json(['gateway', 'status', 'coder'])).gateways?.[0]?.drift
}

scopeTests(
  'a unit edited by hand is drift, which restart takes on and install puts right, keeping a copy',
  async (t, caller) => {
    await caller.done(t, ['gateway', 'install', 'coder'])
    t.false(await driftOf(caller))
    await edit(caller, 's/^KillMode=.*/&\\nNice=7/')
    t.true(await driftOf(caller))
    t.like(await caller.show(SERVICE, 'NeedDaemonReload'), {NeedDaemonReload: 'yes'})
    await caller.done(t, ['gateway', 'restart', 'coder'])
    t.like(await caller.show(SERVICE, 'NeedDaemonReload', 'Nice'), {NeedDaemonReload: 'no', Nice: '7'})
    t.true(await driftOf(caller))

    const {stdout, stderr} = await caller.done(t, ['gateway', 'install', 'coder'])
    const kept = /\/\S+\/replaced\/\S+/.exec(`${stdout}${stderr}`)?.[0] ?? ''
    t.true((await caller.machine.output(['cat', `${kept}/${SERVICE}`])).includes('Nice=7'), `${stdout}${stderr}`)
    t.like(await caller.show(SERVICE, 'NeedDaemonReload', 'Nice'), {NeedDaemonReload: 'no', Nice: '0'})
    t.false(await driftOf(caller))
    t.like(await caller.row('coder'), {state: 'running'})
  },
)

scopeTests(
  'a drop-in of the administrator is no drift, has effect, and outlives install and uninstall',
  async (t, caller) => {
    const dropIn = `${UNITS[caller.scope]}/${SERVICE}.d/10-own.conf`
    await caller.done(t, ['gateway', 'install', 'coder'])
    await caller.machine.write(dropIn, '[Service]\nNice=5\nEnvironment=OWN=yes\n', caller.user)
    await caller.systemctl('daemon-reload')
    t.false(await driftOf(caller))
    await caller.done(t, ['gateway', 'restart', 'coder'])
    t.like(await caller.show(SERVICE, 'Nice'), {Nice: '5'})
    await caller.done(t, ['gateway', 'install', 'coder', '--port', '4001'])
    t.like(await caller.show(SERVICE, 'Nice'), {Nice: '5'})
    const removed = await caller.done(t, ['gateway', 'uninstall', 'coder'])
    t.regex(removed.stdout, new RegExp(`kept +${UNITS[caller.scope]}/${SERVICE}\\.d`))
    t.is((await caller.machine.exec(['test', '-e', dropIn])).code, 0)
    t.deepEqual((await caller.json(['gateway', 'list'])).gateways, [])
    await caller.done(t, ['gateway', 'install', 'coder'])
    t.like(await caller.show(SERVICE, 'Nice'), {Nice: '5'})
    t.false(await driftOf(caller))
  },
)

scopeTests(
  'a unit that the administrator has masked is not started, and what undoes that is told',
  async (t, caller) => {
    await caller.done(t, ['gateway', 'install', 'coder'])
    await caller.done(t, ['gateway', 'stop', 'coder'])
    const unit = `${UNITS[caller.scope]}/${SERVICE}`
    const contents = await caller.machine.output(['cat', unit])
    await caller.machine.output(['ln', '-sf', '/dev/null', unit], {user: caller.user})
    await caller.systemctl('daemon-reload')
    t.like(await caller.show(SERVICE, 'LoadState'), {LoadState: 'masked'})
    for (const verb of ['start', 'restart']) {
      const {code, error} = await caller.json(['gateway', verb, 'coder'])
      t.is(code, 77, JSON.stringify(error))
      t.regex(error?.hint ?? '', /systemctl (--user )?unmask hermes-svc-coder\.service/)
    }
    t.is((await caller.run(['gateway', 'install', 'coder'])).code, 73)
    t.is((await caller.run(['gateway', 'uninstall', 'coder'])).code, 73)
    t.deepEqual(caller.gateways('coder'), [])
    t.is(await caller.machine.output(['readlink', unit]), '/dev/null\n')

    await caller.systemctl('unmask', SERVICE)
    await caller.machine.write(unit, contents, caller.user)
    await caller.done(t, ['gateway', 'start', 'coder'])
    t.like(await caller.row('coder'), {state: 'running', origin: 'installed'})
  },
)

scopeTests('in a unit directory that is read-only a change is refused and leaves no trace', async (t, caller) => {
  const {machine} = caller
  const directory = UNITS[caller.scope]
  const setReadOnly = (option: string): Promise<string> =>
    machine.output(['mount', '-o', `remount,bind,${option}`, directory])
  await machine.output(['mkdir', '-p', directory], {user: caller.user})
  await machine.output(['mount', '--bind', directory, directory])
  const before = await caller.files()
  await setReadOnly('ro')
  const refused = async (...args: string[]): Promise<void> => {
    const {code, error} = await caller.json(['gateway', ...args])
    t.is(code, 77, JSON.stringify(error))
    t.regex(`${error?.message ?? ''} ${error?.hint ?? ''}`, /read-only/i)
  }
  await refused('install', 'coder', '--env', 'TOKEN=secret')
  t.deepEqual(await caller.files(), before)
  t.deepEqual((await caller.json(['gateway', 'list'])).gateways, [])

  await setReadOnly('rw')
  await caller.done(t, ['gateway', 'install', 'coder', '--port', '4001'])
  const installed = await caller.files()
  const {pid} = await caller.row('coder')
  await setReadOnly('ro')
  await caller.done(t, ['gateway', 'install', 'coder', '--port', '4001'])
  await refused('install', 'coder', '--port', '4002')
  await refused('stop', 'coder')
  await refused('uninstall', 'coder')
  t.like(await caller.row('coder'), {state: 'running', wanted: 'up', port: 4001, pid})
  // A note about the process, which is true, may have been made.
  t.deepEqual(
    (await caller.files()).filter(each => !each.includes('/running.json ')),
    installed,
  )
  // What needs no file works.
  await caller.done(t, ['gateway', 'restart', 'coder'])

  await setReadOnly('rw')
  await caller.done(t, ['gateway', 'uninstall', 'coder'])
  t.deepEqual(await caller.files(), before)
})

scopeTests(
  'a gateway whose unit file was removed by hand is shown, stopped, put back and removed',
  async (t, caller) => {
    const before = await caller.files()
    const remove = async (): Promise<void> => {
      await caller.machine.output(['rm', `${UNITS[caller.scope]}/${SERVICE}`], {user: caller.user})
      await caller.systemctl('daemon-reload')
    }
    await caller.done(t, ['gateway', 'install', 'coder'])
    const {pid} = await caller.row('coder')
    await remove()
    const {gateways, warnings = []} = await caller.json(['gateway', 'list'])
    t.like(gateways, [{profile: 'coder', state: 'running', pid}])
    t.true(
      warnings.some(each => each.includes('coder')),
      JSON.stringify(warnings),
    )

    await caller.done(t, ['gateway', 'install', 'coder'])
    t.like(await caller.row('coder'), {state: 'running', wanted: 'up', origin: 'installed'})
    t.is(caller.gateways('coder').length, 1)

    await remove()
    await caller.done(t, ['gateway', 'stop', 'coder'])
    t.deepEqual(caller.gateways('coder'), [])
    await caller.done(t, ['gateway', 'reconcile'])
    t.like(await caller.row('coder'), {state: 'stopped', wanted: 'down'})
    await caller.done(t, ['gateway', 'start', 'coder'])

    await remove()
    await caller.done(t, ['gateway', 'uninstall', 'coder'])
    t.deepEqual(caller.gateways('coder'), [])
    // The log of what reconcile did stays.
    t.deepEqual(
      (await caller.files()).filter(each => !each.includes('/container-boot.log ')),
      before,
    )
  },
)

scopeTests('a unit that systemd cannot make sense of is not started, and install mends it', async (t, caller) => {
  await caller.done(t, ['gateway', 'install', 'coder'])
  await caller.done(t, ['gateway', 'stop', 'coder'])
  await edit(caller, 's/^ExecStart=.*/ExecStart=/')
  await caller.systemctl('daemon-reload')
  for (const verb of ['start', 'restart']) {
    const {code, error} = await caller.json(['gateway', verb, 'coder'])
    t.true(code === 3 || code === 74, JSON.stringify(error))
    t.regex(error?.message ?? '', /bad (unit file )?setting/)
    t.regex(error?.hint ?? '', /gateway install coder/)
  }
  t.true(await driftOf(caller))
  await caller.done(t, ['gateway', 'install', 'coder'])
  t.like(await caller.row('coder'), {state: 'running', wanted: 'up'})
  t.false(await driftOf(caller))
})
