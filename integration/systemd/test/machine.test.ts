import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import test from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {findCgroups, REPOSITORY, whyNoMachine} from './machine.js'
import {machineTests} from './machine-test.js'
import {RELEASES, TREES} from './trees.js'

const UNIT = `[Service]
ExecStart=/bin/sh -c 'echo "up as $$(id -un)"; exec sleep 1000'
[Install]
WantedBy=default.target
`

machineTests('a machine has systemd as PID 1, its accounts and what the CLI needs', async (t, machine) => {
  const state = (await machine.exec(['systemctl', 'is-system-running'])).stdout
  t.true(['running\n', 'degraded\n'].includes(state), await machine.output(['systemctl', '--failed']))
  for (const user of ['root', 'dev', 'other'] as const) {
    const look = 'cat /proc/1/comm; id -un; id -Gn; pwd; env | grep -vE "^(PWD|SHLVL|_)=" | sort'
    const home = user === 'root' ? '/root' : `/home/${user}`
    const variables = [`HOME=${home}`, 'PATH=/usr/local/bin:/usr/bin:/bin']
    t.deepEqual((await machine.output(['sh', '-c', look], {user})).trim().split('\n'), [
      'systemd',
      user,
      user,
      '/',
      ...variables,
    ])
  }
  t.regex(await machine.output(['hermes-svc', '--version'], {user: 'dev'}), /^hermes-svc\//)
  t.is((await machine.hermes(['--version'])).code, 0)
  t.not((await machine.exec(['touch', `${REPOSITORY}/stray`])).code, 0)
  t.not((await machine.exec(['sysctl', '-w', 'kernel.pid_max=4194304'])).code, 0)
  t.deepEqual(
    machine
      .processes()
      .filter(({pid}) => pid === 1)
      .map(({uid, hostPid}) => [uid, hostPid]),
    [[0, machine.initPid]],
  )
})

machineTests(
  "a lingering account's services run without a session, and the account reads their journal",
  async (t, machine) => {
    await machine.enableLinger('dev')
    const options = {user: 'dev', env: {XDG_RUNTIME_DIR: '/run/user/1000'}} as const
    await machine.write('/home/dev/.config/systemd/user/try.service', UNIT, 'dev')
    await machine.output(['systemctl', '--user', 'daemon-reload'], options)
    await machine.output(['systemctl', '--user', 'enable', '--now', 'try.service'], options)
    const journal = ['journalctl', '--user', '--no-pager', '-o', 'cat', '-u', 'try.service']
    await eventually('the account sees its output', async () => {
      return (await machine.exec(journal, options)).stdout.includes('up as dev\n')
    })
    t.is((await machine.exec(['systemctl', '--user', 'is-active', 'try.service'], {user: 'dev'})).code, 1)
    t.false((await machine.exec(journal, {user: 'other'})).stdout.includes('up as dev'))
  },
)

machineTests(
  'a boot in order and one after a crash keep files, journal and linger, and nothing else',
  async (t, machine) => {
    await machine.enableLinger('dev')
    const options = {user: 'dev', env: await machine.userManager('dev')} as const
    await machine.write('/home/dev/.config/systemd/user/try.service', UNIT, 'dev')
    await machine.output(['systemctl', '--user', 'enable', '--now', 'try.service'], options)
    const boots = new Set<string>()
    for (const again of [undefined, 'reboot', 'crash'] as const) {
      if (again) await machine[again]()
      await machine.userManager('dev')
      boots.add(await machine.output(['cat', '/proc/sys/kernel/random/boot_id']))
      t.false(existsSync(machine.path('/run/kept')))
      await machine.write('/run/kept', '')
      const isActive = ['systemctl', '--user', 'is-active', 'try.service']
      await eventually('the service is up', async () => (await machine.exec(isActive, options)).code === 0)
    }
    t.is(boots.size, 3)
    const journal = ['journalctl', '--user', '--no-pager', '-o', 'cat', '-u', 'try.service']
    const lines = (await machine.output(journal, options)).split('\n').filter(line => line === 'up as dev')
    // What a crash loses depends on when the journal was last written to the disk, and here that is memory.
    t.is(lines.length, 3)
  },
)

machineTests('a machine that was stopped leaves nothing', async (t, machine) => {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
  machine.spawn(['sleep', '1000'])
  const {cgroup, initPid} = machine
  t.true(existsSync(`${cgroup}/init.scope`))
  await machine.stop()
  t.false(existsSync(`/proc/${String(initPid)}`))
  t.false(existsSync(cgroup))
  t.is(readFileSync('/proc/self/mounts', 'utf8'), mounts)
})

const release = RELEASES[0]
const reason = whyNoMachine() || TREES.whyNot(release)
const testHere = reason === '' ? test : test.skip
const suffix = reason === '' ? '' : ` (skipped: ${reason})`

testHere(`a machine ends with the program that started it, however that ends${suffix}`, async t => {
  const module = new URL('machine.js', import.meta.url).href
  const script = `
    import {Machine} from ${JSON.stringify(module)}
    const {initPid, cgroup, directory} = await Machine.start({teardown() {}}, ${JSON.stringify(await TREES.prepare(release))})
    process.stdout.write(JSON.stringify({initPid, cgroup, directory}))
    process.kill(process.pid, 'SIGKILL')`
  const {stdout, signal} = spawnSync(process.execPath, ['--input-type=module', '-e', script], {encoding: 'utf8'})
  t.is(signal, 'SIGKILL')
  const {initPid, cgroup, directory} = JSON.parse(stdout) as {initPid: number; cgroup: string; directory: string}
  await eventually('its PID 1 is gone', () => !existsSync(`/proc/${String(initPid)}`))
  await eventually('its cgroup is gone', () => !existsSync(cgroup))
  await eventually('its directory is gone', () => !existsSync(directory))
  t.true(existsSync(findCgroups() ?? ''))
})
