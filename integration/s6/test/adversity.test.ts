import type {ExecutionContext} from 'ava'
import {containerTest, OF_HERMES, OF_ROOT} from './container-test.js'
import type {Answer} from '../../testing/dist/answer.js'
import {eventually} from '../../testing/dist/eventually.js'
import type {Supervised} from './supervised.js'

const OWN_SCANDIR = '/opt/data/scan'
const OWN = {HERMES_SVC_BACKENDS: JSON.stringify({s6: {scandir: OWN_SCANDIR}})}

/** Tries what would write, none of which may leave a trace; then the gateway that runs must still do so, and be listed. */
async function refusesToWrite(t: ExecutionContext, s6: Supervised, errno: RegExp): Promise<void> {
  const traces = async (): Promise<string> =>
    await s6.root(
      'sh',
      '-c',
      'ls -A /run/service; find /opt/data/hermes-svc -type f; readlink /run/service/*/current/facts',
    )
  const before = await traces()
  const [pid] = s6.gateways('coder')
  for (const change of [
    ['install', 'ops'],
    ['register', 'ops'],
    ['install', 'coder', '--port', '4005'],
    ['restart', 'coder'],
  ]) {
    const {code, error} = await s6.json(['gateway', ...change])
    t.true(code === 74 || code === 77, `${change.join(' ')}: ${String(code)} ${JSON.stringify(error)}`)
    t.regex(error?.message ?? '', errno)
  }
  t.is(await traces(), before)
  t.like(await s6.row('coder'), {state: 'running', wanted: 'up', pid})
  t.deepEqual(s6.gateways('coder'), [pid])
}

for (const variant of [OF_ROOT, OF_HERMES]) {
  containerTest('a scan directory that is read-only: changes say so and leave no trace', variant, async (t, s6) => {
    const before = await s6.scandir()
    await s6.done(t, ['gateway', 'install', 'coder'])
    await s6.root('sh', '-c', 'mount --bind /run/service /run/service && mount -o remount,bind,ro /run/service')
    await refusesToWrite(t, s6, /EROFS/)
    await s6.root('umount', '/run/service')
    await s6.done(t, ['gateway', 'restart', 'coder'])
    await s6.done(t, ['gateway', 'uninstall', 'coder'])
    t.is(await s6.scandir(), before)
  })

  containerTest(
    'a full disk: changes say so, leave no trace, and work when there is room again',
    variant,
    async (t, s6) => {
      const before = await s6.scandir()
      await s6.done(t, ['gateway', 'install', 'coder'])
      const fill = `
      used=$(df -k --output=used /run | tail -n 1)
      mount -o remount,size=$((used + 64))k /run
      dd if=/dev/zero of=/run/ballast bs=1k || [ -s /run/ballast ]`
      await s6.root('sh', '-c', fill)
      await refusesToWrite(t, s6, /ENOSPC/)
      await s6.root('rm', '/run/ballast')
      await s6.done(t, ['gateway', 'restart', 'coder'])
      await s6.done(t, ['gateway', 'install', 'ops'])
      await s6.done(t, ['gateway', 'uninstall', 'coder', 'ops'])
      t.is(await s6.scandir(), before)
    },
  )
}

containerTest('a scan directory that is missing is an error, never an empty list', OF_HERMES, async (t, s6) => {
  const assertRefused = ({code, error}: Answer): void => {
    t.is(code, 69)
    t.is(error?.code, 'HSVC_BACKEND_UNAVAILABLE')
    t.regex(error?.message ?? '', /got no such FIFO/)
  }
  assertRefused(await s6.json(['gateway', 'list'], OWN))
  assertRefused(await s6.json(['gateway', 'install', 'coder'], OWN))
  await s6.root('rm', '-r', '/run/service')
  assertRefused(await s6.json(['gateway', 'list']))
  assertRefused(await s6.json(['gateway', 'install', 'coder']))
})

containerTest(
  'gateways outlive their s6-svscan, and are shown, stopped and removed without it',
  OF_HERMES,
  async (t, s6) => {
    const list = async (): Promise<Answer> => await s6.json(['gateway', 'list'], OWN)
    const scan = ['/command/s6-svscan', OWN_SCANDIR]
    const svscan = (): number | undefined =>
      s6.container.processes().find(({argv}) => argv.join(' ') === scan.join(' '))?.pid
    await s6.write(`${OWN_SCANDIR}/.keep`, '')
    s6.container.spawn(scan, {user: 'hermes'})
    await eventually('it listens', async () => (await list()).code === 0)
    for (const profile of ['coder', 'ops']) await s6.done(t, ['gateway', 'install', profile], OWN)
    t.regex(
      (await s6.done(t, ['gateway', 'install', 'ops'], OWN)).stderr,
      /autostart/,
      'nothing starts such a directory at boot',
    )
    await s6.root('sh', '-c', 'kill -s KILL "$1"', 'sh', String(svscan()))
    await eventually('it is gone', () => svscan() === undefined)

    const {gateways = [], complete, warnings = []} = await list()
    t.false(complete)
    t.regex(warnings.join(), /expected s6-svscan to listen/)
    t.deepEqual(
      gateways.map(({profile, state, pid}) => [profile, state, [pid]]),
      ['coder', 'ops'].map(profile => [profile, 'running', s6.gateways(profile)]),
    )
    t.is((await s6.json(['gateway', 'register', 'third'], OWN)).error?.code, 'HSVC_BACKEND_UNAVAILABLE')
    t.regex((await s6.run(['doctor'], OWN)).stdout, /expected s6-svscan to listen/)
    await s6.done(t, ['gateway', 'stop', 'coder'], OWN)
    await s6.done(t, ['gateway', 'restart', 'ops'], OWN)
    await s6.done(t, ['gateway', 'uninstall', 'ops'], OWN)
    t.deepEqual([s6.gateways('coder'), s6.gateways('ops')], [[], []])

    s6.container.spawn(scan, {user: 'hermes'})
    await eventually('it listens again', async () => (await list()).complete === true)
    t.like((await list()).gateways, [{profile: 'coder', state: 'stopped', wanted: 'down'}])
    await s6.done(t, ['gateway', 'start', 'coder'], OWN)
    t.is(s6.gateways('coder').length, 1)
    await s6.done(t, ['gateway', 'uninstall', 'coder'], OWN)
    await eventually('no supervisor is left', () => !s6.others().some(each => each.startsWith('s6-supervise')))
    t.is(await s6.root('ls', '-A', OWN_SCANDIR), '.keep\n.s6-svscan\n')
  },
)
