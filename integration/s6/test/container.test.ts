import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {Container, removeTree, whyNoContainer} from './container.js'
import {eventually} from '../../testing/dist/eventually.js'

for (const as of ['root', 'user'] as const) {
  const reason = whyNoContainer(as)
  const testHere = reason === '' ? test : test.skip
  const suffix = reason === '' ? '' : ` (skipped: ${reason})`

  testHere(
    `a container started by ${as} has s6-svscan as PID 1, its accounts and what Hermes needs${suffix}`,
    async t => {
      const container = await Container.start(t, {as, scandirOwner: 'hermes'})
      const look =
        'cat /proc/1/comm; id -un; stat -c "%U %a" /run/service /opt/data; pwd; echo $PATH; echo $HERMES_HOME'
      for (const user of ['root', 'hermes'] as const) {
        const {stdout, code} = await container.exec(['sh', '-c', look], {user})
        const path = '/opt/hermes/.venv/bin:/usr/local/bin:/usr/bin:/bin'
        t.deepEqual(stdout.split('\n'), ['s6-svscan', user, 'hermes 755', 'hermes 755', '/', path, '/opt/data', ''])
        t.is(code, 0)
      }
      const rescan = ['/command/s6-svscanctl', '-a', '/run/service']
      t.is((await container.exec(rescan, {user: 'hermes'})).code, 0)
      const interpreter = ['/command/with-contenv', 'sh', '-c', 'echo "$HERMES_HOME $HOME $STRAY"']
      t.is((await container.exec(interpreter, {env: {STRAY: 'stray'}})).stdout, '/opt/data /root \n')
      t.not((await container.exec(['touch', '/usr/stray'])).code, 0)
      t.deepEqual(
        container.processes().map(({pid, uid, argv}) => [pid, uid, argv[0]]),
        [[1, 0, '/command/s6-svscan']],
      )
    },
  )

  testHere(
    `a recreated container started by ${as} keeps /opt/data and nothing else, and a stopped one leaves nothing${suffix}`,
    async t => {
      const container = await Container.start(t, {as, scandirOwner: 'root'})
      const mounts = readFileSync('/proc/self/mounts', 'utf8')
      t.is((await container.exec(['touch', '/opt/data/kept', '/run/service/.gone', '/gone'])).code, 0)
      container.spawn(['sleep', '1000'])
      const first = container.initPid
      await container.recreate()
      t.false(existsSync(`/proc/${String(first)}`))
      const names = await container.exec(['sh', '-c', 'ls -A /opt/data /run/service; ls /gone'])
      t.is(names.stdout, '/opt/data:\nkept\nprofiles\n\n/run/service:\n.s6-svscan\n')
      const {directory, initPid} = container
      await container.stop()
      t.false(existsSync(`/proc/${String(initPid)}`))
      t.false(existsSync(directory))
      t.is(readFileSync('/proc/self/mounts', 'utf8'), mounts)
    },
  )
}

const reason = whyNoContainer('user')
const testUser = reason === '' ? test : test.skip
const suffix = reason === '' ? '' : ` (skipped: ${reason})`

testUser(`a container ends with the program that started it, however that ends${suffix}`, async t => {
  const module = new URL('container.js', import.meta.url).href
  const script = `
    import {Container} from ${JSON.stringify(module)}
    const {initPid, directory} = await Container.start({teardown() {}}, {as: 'user', scandirOwner: 'root'})
    process.stdout.write(JSON.stringify({initPid, directory}))
    process.kill(process.pid, 'SIGKILL')`
  const {stdout, signal} = spawnSync(process.execPath, ['--input-type=module', '-e', script], {encoding: 'utf8'})
  t.is(signal, 'SIGKILL')
  const {initPid, directory} = JSON.parse(stdout) as {initPid: number; directory: string}
  t.teardown(() => {
    removeTree(directory)
  })
  await eventually('its PID 1 is gone', () => !existsSync(`/proc/${String(initPid)}`))
  t.deepEqual(readdirSync(join(directory, 'root')), [])
})
