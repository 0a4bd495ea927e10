import {readFileSync} from 'node:fs'
import {eventually} from '../../testing/dist/eventually.js'
import {Caller, PLACES} from './caller.js'
import {machineTest} from './machine-test.js'

const HOME = '/home/dev/.hermes/profiles/coder'
const SERVICE = 'hermes-svc-coder.service'

/** Heeds the announcement as Hermes does, and notes whose it was and what of it mattered. */
const AS_HERMES = `home=${HOME} marker=${HOME}/.gateway-planned-stop.json
trap 'stat -c "%u %a" "$marker" >> "$home/seen" 2>/dev/null; grep -q "{\\"target_pid\\":$$," "$marker" && exit 0; exit 1' TERM
echo $$ > "$home/ready"
`

for (const {scope, release} of PLACES) {
  machineTest(
    `a unit of the ${scope} scope tells its gateway that a stop was asked for, and no other end`,
    {release},
    async (t, machine) => {
      const caller = new Caller(machine, scope)
      await machine.enableLinger('dev')
      await machine.write('/home/dev/.hermes/behaviour/coder', AS_HERMES, 'dev')
      await caller.done(t, ['gateway', 'install', 'coder'])
      const runs = async (): Promise<number> =>
        await eventually('it runs and is ready for TERM', async () => {
          const {pid} = await caller.row('coder')
          return pid !== null && readFileSync(machine.path(`${HOME}/ready`), 'utf8') === `${String(pid)}\n` && pid
        })
      const seen = (): string => readFileSync(machine.path(`${HOME}/seen`), 'utf8')

      await runs()
      await caller.systemctl('stop', SERVICE)
      t.is(seen(), '1000 600\n')
      t.like(await caller.show(SERVICE, 'ActiveState', 'Result'), {ActiveState: 'inactive', Result: 'success'})
      t.like(await caller.row('coder'), {state: 'stopped', wanted: 'up', lastExit: {code: 0}})

      await caller.systemctl('start', SERVICE)
      await runs()
      await machine.reboot()
      await runs()
      t.is(seen(), '1000 600\n1000 600\n')
      t.like(await caller.row('coder'), {lastExit: {code: 0}})

      const killed = await runs()
      await caller.systemctl('kill', '--kill-who=main', SERVICE)
      await eventually('another process is there', async () => (await runs()) !== killed)
      t.is(seen(), '1000 600\n1000 600\n')
      t.like(await caller.row('coder'), {lastExit: {code: 1}})
    },
  )
}
