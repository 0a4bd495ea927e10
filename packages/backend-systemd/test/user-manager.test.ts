import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {eventually, UserManager, whyNoUserManager} from './user-manager.js'

const managerTest = (title: string, run: (t: ExecutionContext, manager: UserManager) => Promise<void>) => {
  if (whyNoUserManager !== '') {
    test.skip(`${title} (skipped: ${whyNoUserManager})`, () => undefined)
    return
  }
  test(title, async t => {
    const manager = new UserManager()
    t.teardown(() => manager.remove())
    await manager.start()
    await run(t, manager)
  })
}

const show = (manager: UserManager, property: string) =>
  manager.systemctl('show', '--property', property, '--value', 'sample.service').trim()

function enableSample(manager: UserManager): void {
  mkdirSync(manager.units, {recursive: true})
  const text = '[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=default.target\n'
  writeFileSync(join(manager.units, 'sample.service'), text)
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
  writeFileSync(join(manager.units, 'stubborn.service'), stubborn)
  manager.systemctl('daemon-reload')
  manager.systemctl('start', 'stubborn.service')
  const pids = manager.processes()
  t.true(pids.length >= 3)

  await manager.remove()

  t.deepEqual(pids.filter(lives), [])
  t.deepEqual(remains(manager.directory, manager.cgroup), [])
})
