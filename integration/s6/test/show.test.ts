import {containerTest, VARIANTS, VERSIONS} from './container-test.js'
import {eventually} from '../../testing/dist/eventually.js'

for (const variant of [...VARIANTS, ...VERSIONS]) {
  containerTest('a gateway from install to uninstall, s6-svstat agreeing at each step', variant, async (t, s6) => {
    const isNormallyUp = async (): Promise<boolean> => (await s6.svstat('coder')).isNormallyUp
    const assertRunning = async (): Promise<number> => {
      const row = await s6.row('coder')
      t.deepEqual([row.state, row.wanted, row.backend, row.scope], ['running', 'up', 's6', 'container'])
      t.is(row.pid, await s6.ready('coder'))
      t.deepEqual(s6.gateways('coder'), [row.pid])
      t.like(await s6.svstat('coder'), {isUp: true, isWanted: true, pid: row.pid})
      return row.pid ?? 0
    }
    const assertStopped = async (): Promise<void> => {
      const row = await s6.row('coder')
      t.deepEqual([row.state, row.wanted, row.pid], ['stopped', 'down', null])
      t.deepEqual(s6.gateways('coder'), [])
      t.like(await s6.svstat('coder'), {isUp: false, isWanted: false, pid: -1})
    }

    const before = await s6.scandir()
    await s6.done(t, ['gateway', 'install', 'coder', '--port', '4001', '--env', "SAYING=it's a $test"])
    const first = await assertRunning()
    t.true(await isNormallyUp())
    t.like(await s6.row('coder'), {
      service: 'gateway-coder',
      port: 4001,
      origin: 'installed',
      autostart: true,
      restarts: 0,
    })
    t.is(s6.container.processes().find(({pid}) => pid === first)?.uid, 10_000)

    await s6.kill('coder', 'KILL')
    const second = await eventually('another one runs', () => s6.gateways('coder').find(pid => pid !== first))
    await eventually('list says so', async () => (await s6.row('coder')).pid === second)
    t.is(await assertRunning(), second)
    t.like(await s6.row('coder'), {restarts: 1, lastExit: {code: null, signal: 'SIGKILL'}})

    await s6.done(t, ['gateway', 'restart', 'coder'])
    const third = await assertRunning()
    t.not(third, second)

    const {stdout: logs} = await s6.done(t, ['gateway', 'logs', 'coder'])
    t.is(logs.match(/hermes args=\[-p coder gateway run --replace\] uid=10000 gid=10000/g)?.length, 3, logs)
    t.true(logs.includes("env SAYING=it's a $test\n") && logs.includes('env API_SERVER_PORT=4001\n'), logs)
    t.regex(logs, /env HOME=\/opt\/data\n/)
    t.is((await s6.root('stat', '-c', '%U', '/opt/data/logs/gateways/coder/current')).trim(), 'hermes')
    t.true(s6.container.console.includes('hermes args=[-p coder'), 'the log of the container has it too')

    await s6.done(t, ['gateway', 'stop', 'coder'])
    await assertStopped()
    t.false(await isNormallyUp())

    await s6.container.recreate()
    t.is(await s6.scandir(), before)
    await s6.done(t, ['gateway', 'reconcile'])
    await assertStopped()

    await s6.done(t, ['gateway', 'start', 'coder'])
    await assertRunning()
    await s6.container.recreate()
    await s6.done(t, ['gateway', 'reconcile'])
    await assertRunning()

    await s6.done(t, ['gateway', 'uninstall', 'coder'])
    // Which reconcile had registered.
    await s6.done(t, ['gateway', 'unregister', 'ops'])
    t.deepEqual((await s6.json(['gateway', 'list'])).gateways, [])
    t.is(await s6.scandir(), before)
    await eventually('no process is left', () => s6.others().filter(each => !each.startsWith('sleep')).length === 0)
    t.is(await s6.root('find', '/opt/data/hermes-svc', '-type', 'f'), '')
  })
}
