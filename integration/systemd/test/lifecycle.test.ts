import {eventually} from '../../testing/dist/eventually.js'
import {Caller, SCOPES} from './caller.js'
import {machineTests} from './machine-test.js'

for (const scope of SCOPES) {
  machineTests(`a gateway of the ${scope} scope lives from install to uninstall, through boots`, async (t, machine) => {
    const caller = new Caller(machine, scope)
    await machine.enableLinger('dev')
    const before = await caller.files()
    const uids = (): number[] =>
      machine
        .processes()
        .filter(({pid}) => caller.gateways('coder').includes(pid))
        .map(({uid}) => uid)

    /** Once it runs, it is one process of the account, as the manager says; gives when it was started. */
    const assertRuns = async (): Promise<string | null> => {
      const row = await eventually('it runs', async () => {
        const found = await caller.row('coder')
        return found.state === 'running' && found
      })
      t.like(row, {backend: 'systemd', scope, wanted: 'up', autostart: true, origin: 'installed'})
      t.deepEqual(caller.gateways('coder'), [row.pid])
      t.deepEqual(uids(), [1000])
      t.like(await caller.show(row.service, 'ActiveState', 'MainPID', 'UnitFileState'), {
        ActiveState: 'active',
        MainPID: String(row.pid),
        UnitFileState: 'enabled',
      })
      return row.startedAt
    }
    const assertStopped = async (): Promise<void> => {
      await caller.settled()
      t.like(await caller.row('coder'), {state: 'stopped', wanted: 'down', autostart: true, pid: null})
      t.deepEqual(caller.gateways('coder'), [])
    }

    await caller.done(t, ['gateway', 'install', 'coder', '--port', '4001'])
    const starts = new Set([await assertRuns()])
    await machine.reboot()
    starts.add(await assertRuns())
    await machine.crash()
    starts.add(await assertRuns())
    t.is(starts.size, 3)

    await caller.done(t, ['gateway', 'stop', 'coder'])
    await assertStopped()
    await machine.reboot()
    await assertStopped()
    t.is((await caller.run(['gateway', 'status', 'coder'])).code, 3)

    await caller.done(t, ['gateway', 'start', 'coder'])
    await assertRuns()
    await machine.reboot()
    await assertRuns()

    await caller.done(t, ['gateway', 'uninstall', 'coder'])
    t.deepEqual(caller.gateways('coder'), [])
    t.deepEqual(await caller.files(), before)
    t.like(await caller.show('hermes-svc-coder.service', 'LoadState'), {LoadState: 'not-found'})
    t.false((await caller.systemctl('list-units', '--all', '--no-legend')).includes('hermes'))
    await machine.reboot()
    await caller.settled()
    t.deepEqual(caller.gateways('coder'), [])
  })
}
