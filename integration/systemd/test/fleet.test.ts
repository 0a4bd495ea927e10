import {eventually} from '../../testing/dist/eventually.js'
import {Caller} from './caller.js'
import {machineTest} from './machine-test.js'
import {REPOSITORY} from './machine.js'

const COUNT = 300
/** An install without a look at its environment, and a removal, may each have the manager read its units again. */
const MOST_RELOADS = 3
const COUNTING = {NODE_OPTIONS: `--import=${REPOSITORY}/integration/systemd/count-conversations.js`}

machineTest(
  `${String(COUNT)} gateways are listed in as many conversations as one, and removed without a reload for each`,
  {release: 'bookworm'},
  async (t, machine) => {
    await machine.enableLinger('dev')
    const caller = new Caller(machine, 'user')
    const before = await caller.files()
    const install = async (count: number): Promise<void> => {
      const script = `${REPOSITORY}/integration/systemd/install-many.js`
      const env = {HERMES_SVC_START_SETTLE: '0s', HERMES_SVC_STOP_TIMEOUT: '20s'}
      await machine.output(['/opt/node', script, String(count)], {user: 'dev', env, timeoutMs: 300_000})
    }
    /** Runs the CLI, and says in the log how long it took, and how often it talked to anybody. */
    const measured = async (title: string, args: readonly string[]): Promise<{stdout: string; counts: string}> => {
      const started = performance.now()
      const {code, stdout, stderr} = await caller.run(args, {env: COUNTING, timeoutMs: 300_000})
      const counts = stderr.trim().split('\n').at(-1) ?? ''
      t.is(code, 0, stderr.slice(0, 2000))
      t.log(`${title}: ${String(Math.round(performance.now() - started))} ms, ${counts}`)
      return {stdout, counts}
    }
    const reloads = async (): Promise<number> => {
      const lines = await machine.output(['journalctl', '--quiet', '-o', 'cat', '_SYSTEMD_UNIT=user@1000.service'])
      return lines.split('\n').filter(line => /^Reloading(\.$| finished)/.test(line)).length
    }

    const reloadsAtFirst = await reloads()
    await caller.systemctl('daemon-reload')
    await eventually('a reload is counted', async () => (await reloads()) === reloadsAtFirst + 1)

    await install(1)
    const one = await measured('list of one', ['gateway', 'list', '--json'])
    const reloadsBefore = await reloads()
    const started = performance.now()
    await install(COUNT)
    t.log(`install of ${String(COUNT)}: ${String(Math.round(performance.now() - started))} ms`)
    const reloadsOfInstall = (await reloads()) - reloadsBefore
    const many = await measured(`list of ${String(COUNT)}`, ['gateway', 'list', '--json'])
    t.is(many.counts, one.counts)
    const {gateways} = JSON.parse(many.stdout) as {gateways: {profile: string; state: string; pid: number}[]}
    t.is(gateways.length, COUNT)
    const seconds = new Map(machine.processes().map(({pid, argv}) => [pid, argv[1]]))
    const untrue = gateways.filter(
      ({profile, state, pid}) => state !== 'running' || seconds.get(pid) !== profile.replace('g', '1000'),
    )
    t.deepEqual(untrue, [])

    await measured('stop of all', ['gateway', 'stop', '--all'])
    await measured('start of all', ['gateway', 'start', '--all'])
    const names = gateways.map(({profile}) => profile)
    const reloadsBetween = await reloads()
    await measured('uninstall of all', ['gateway', 'uninstall', ...names])
    const reloadsOfUninstall = (await reloads()) - reloadsBetween
    t.log(`reloads: install ${String(reloadsOfInstall)}, uninstall ${String(reloadsOfUninstall)}`)
    t.true(reloadsOfInstall <= MOST_RELOADS)
    t.true(reloadsOfUninstall <= MOST_RELOADS)
    t.deepEqual(await caller.files(), before)
  },
)
