import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import test, {type ExecutionContext} from 'ava'
import {eventually, UserManager, whyNoUserManager} from './user-manager.js'

const managerTest = (
  title: string,
  run: (t: ExecutionContext, manager: UserManager) => Promise<void>,
  options: {id?: number; bus?: boolean} = {},
) => {
  if (whyNoUserManager !== '') {
    test.skip(`${title} (skipped: ${whyNoUserManager})`, () => undefined)
    return
  }
  test(title, async t => {
    const manager = new UserManager(options)
    t.teardown(() => manager.remove())
    await manager.start()
    await run(t, manager)
  })
}

const show = (manager: UserManager, property: string) =>
  manager.systemctl('show', '--property', property, '--value', 'sample.service').trim()

function enableSample(manager: UserManager): void {
  manager.writeUnit('sample.service', '[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=default.target\n')
  manager.systemctl('enable', '--now', 'sample.service')
}

function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${String(pid)}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** What is left of a manager on this machine. */
function remains(directory: string, cgroup: string): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  return [...[directory, cgroup].filter(path => existsSync(path)), ...mounts.filter(line => line.includes(directory))]
}

managerTest('a manager answers on its socket and runs units with pids that are everybody’s', async (t, manager) => {
  enableSample(manager)

  const pid = Number(show(manager, 'MainPID'))
  t.is(readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8'), '/bin/sleep\x001000\0')
  t.true(manager.processes().includes(pid))
  t.regex(manager.log, /Started sample\.service/)
  await Promise.resolve()
})

for (const how of ['in order', 'crash'] as const) {
  managerTest(`an enabled unit comes back after a reboot: ${how}`, async (t, manager) => {
    enableSample(manager)
    const before = Number(show(manager, 'MainPID'))

    await manager.reboot(how)
    await eventually('the unit runs', () => show(manager, 'ActiveState') === 'active')

    t.false(lives(before))
    t.not(Number(show(manager, 'MainPID')), before)
  })
}

managerTest('a unit that is disabled does not come back after a reboot', async (t, manager) => {
  enableSample(manager)
  manager.systemctl('disable', 'sample.service')

  await manager.reboot()
  await eventually('default.target is reached', () => /Reached target default/.test(manager.log))

  t.is(show(manager, 'ActiveState'), 'inactive')
})

managerTest('a silent manager is not found, until it is heard again', async (t, manager) => {
  const undo = manager.silence()
  t.throws(() => manager.systemctl('list-units'), undefined, manager.log)
  undo()
  t.notThrows(() => manager.systemctl('list-units'))
  await Promise.resolve()
})

managerTest('nothing of a manager is left after remove, also where a unit ignores TERM', async (t, manager) => {
  enableSample(manager)
  const stubborn = '[Service]\nExecStart=/bin/sh -c "trap : TERM; while :; do sleep 1; done"\nKillMode=process\n'
  manager.writeUnit('stubborn.service', stubborn)
  manager.systemctl('daemon-reload')
  manager.systemctl('start', 'stubborn.service')
  const pids = manager.processes()
  t.true(pids.length >= 3)

  await manager.remove()

  t.deepEqual(pids.filter(lives), [])
  t.deepEqual(remains(manager.directory, manager.cgroup), [])
})

managerTest(
  'a manager of another account runs units as that account',
  async (t, manager) => {
    enableSample(manager)
    const pid = Number(show(manager, 'MainPID'))
    t.regex(readFileSync(`/proc/${String(pid)}/status`, 'utf8'), /^Uid:\t64999\t64999\t64999\t64999$/m)
    await Promise.resolve()
  },
  {id: 64_999},
)

managerTest(
  'a manager with a bus has its name there',
  async (t, manager) => {
    const env = {PATH: '/usr/bin:/bin', DBUS_SESSION_BUS_ADDRESS: `unix:path=${manager.runtimeDirectory}/bus`}
    const names = () => spawnSync('busctl', ['--user', 'list', '--acquired', '--no-legend'], {env}).stdout.toString()
    await eventually('the manager has its name', () => /^org\.freedesktop\.systemd1 /m.test(names()))
    t.pass()
  },
  {bus: true},
)

managerTest('nothing of a manager is left when the process that started it is killed', async t => {
  const module = new URL('user-manager.js', import.meta.url).href
  const script = `
    const {UserManager} = await import(${JSON.stringify(module)})
    const {directory, cgroup, pid} = await new UserManager().start()
    process.stdout.write(JSON.stringify({directory, cgroup, pid}), () => process.kill(process.pid, 'SIGKILL'))`
  const {signal, stdout} = spawnSync(process.execPath, ['--input-type=module', '-e', script], {encoding: 'utf8'})
  t.is(signal, 'SIGKILL')
  const left = JSON.parse(stdout) as {directory: string; cgroup: string; pid: number}

  await eventually('it is gone', () => !lives(left.pid) && remains(left.directory, left.cgroup).length === 0)
})
