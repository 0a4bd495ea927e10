// Which way of asking a manager is faster, as root: node bench/systemd-conversation.js [rounds] [units...]
// One real user manager; each way asks for the same properties of all units, in fresh processes that take turns.
import {spawnSync} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Bus} from '../packages/backend-systemd/dist/bus.js'
import {SystemdManager} from '../packages/backend-systemd/dist/systemd-manager.js'
import {UserManager} from '../packages/backend-systemd/dist-test/user-manager.js'

const PROPERTIES = ['NRestarts', 'MainPID', 'ExecMainStartTimestamp', 'ExecMainStartTimestampMonotonic']
const PATTERN = 'bench-*.service'
const here = fileURLToPath(import.meta.url)

const WAYS = {
  async dbus(socket) {
    const manager = new SystemdManager(await Bus.open({socket, direct: true}))
    const units = await manager.listUnits([PATTERN])
    return (await Promise.all(units.map(({path}) => manager.unitProperties(path, PROPERTIES)))).length
  },
  async systemctl() {
    // As a backend would run it: by the tool runner of core.
    const {createToolRunner} = await import('../packages/core/dist/index.js')
    const args = ['--user', 'show', PATTERN, `--property=Id,ActiveState,SubState,${PROPERTIES.join(',')}`]
    const {stdout} = await createToolRunner(process.env).run('systemctl', args)
    return stdout.trim().split('\n\n').length
  },
}

if (process.argv[2] === 'ask') {
  const [way, socket, expected] = process.argv.slice(3)
  const found = await WAYS[way](socket)
  process.exit(found === Number(expected) ? 0 : 1)
}

const [rounds = 15, ...counts] = process.argv.slice(2).map(Number)
const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const environment = {...process.env}
delete environment.NODE_EXTRA_CA_CERTS

/** Milliseconds of a whole process. In the mount namespace of the manager, since systemctl looks for signs of systemd. */
function time(manager, args) {
  const env = {...environment, XDG_RUNTIME_DIR: manager.runtimeDirectory}
  const started = performance.now()
  const {status, stderr} = spawnSync('nsenter', ['-t', String(manager.pid), '-m', process.execPath, ...args], {
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
  return performance.now() - started
}

const rows = []
for (const units of counts.length > 0 ? counts : [1, 100, 300, 1000]) {
  const manager = await new UserManager().start()
  try {
    mkdirSync(manager.units, {recursive: true})
    const control = new SystemdManager(await Bus.open({socket: manager.socket, direct: true}))
    for (let unit = 0; unit < units; unit += 1) {
      const name = `bench-${unit}.service`
      writeFileSync(join(manager.units, name), '[Service]\nExecStart=/bin/sleep 100000\n')
      await control.start(name)
    }
    const times = {floor: [], dbus: [], systemctl: []}
    for (let round = 0; round < rounds; round += 1) {
      times.floor.push(time(manager, ['-e', '0']))
      for (const way of Object.keys(WAYS)) times[way].push(time(manager, [here, 'ask', way, manager.socket, units]))
    }
    const row = {units}
    for (const [way, values] of Object.entries(times)) row[`${way} ms`] = Math.round(median(values))
    row['systemctl / dbus'] = Number(median(times.systemctl.map((value, at) => value / times.dbus[at])).toFixed(2))
    rows.push(row)
  } finally {
    await manager.remove()
  }
}
console.table(rows)
console.log(JSON.stringify({node: process.version, rounds, rows}))
process.exit(0)
