import {containerTest, OF_HERMES, OF_ROOT, VERSIONS} from './container-test.js'
import {eventually} from '../../testing/dist/eventually.js'

/** What s6-svscan takes when it is not told otherwise: services with a logger. */
const CAPACITY = 500

/** Makes slots with a logger as anybody could, down, so that only their supervisors and loggers run. */
const MAKE_SLOTS = `
  i=0
  while [ "$i" -lt "$1" ]; do
    slot=/run/service/plain-$i
    mkdir -p "$slot/log"
    printf '#!/bin/sh\\nexec sleep 1000\\n' >"$slot/run"
    printf '#!/bin/sh\\nexec cat\\n' >"$slot/log/run"
    : >"$slot/down"
    chmod +x "$slot/run" "$slot/log/run" 2>/dev/null
    i=$((i + 1))
  done`

for (const variant of [OF_ROOT, ...VERSIONS]) {
  containerTest(
    'the five hundredth gateway is supervised, and the next is refused and leaves no trace',
    variant,
    async (t, s6) => {
      await s6.root('sh', '-c', MAKE_SLOTS, 'sh', String(CAPACITY - 2))
      await s6.root('/command/s6-svscanctl', '-a', '/run/service')
      const supervised = (): number => s6.others().filter(each => each.startsWith('s6-supervise')).length
      await eventually('all are supervised', () => supervised() === 2 * (CAPACITY - 2), 60_000)
      await s6.done(t, ['gateway', 'register', 'coder'])
      await s6.done(t, ['gateway', 'install', 'ops'])
      t.is(supervised(), 2 * CAPACITY)
      const before = await s6.scandir()
      const running = [s6.gateways('coder'), s6.gateways('ops')]
      for (const verb of ['register', 'install']) {
        const {code, error} = await s6.json(['gateway', verb, 'third', '--', 'hermes', '-p', 'third'])
        t.is(code, 69, verb)
        t.is(error?.code, 'HSVC_CAPACITY')
      }
      t.is(await s6.scandir(), before)
      t.is((await s6.json(['gateway', 'list'])).complete, true)
      await s6.done(t, ['gateway', 'install', 'ops', '--port', '4002'])
      t.deepEqual([s6.gateways('coder')], running.slice(0, 1), 'an update needs no room, and disturbs no other')

      const doctor = async (): Promise<string> => (await s6.run(['doctor'])).stdout
      t.notRegex(await doctor(), /services/)
      await s6.root('mkdir', '/run/service/one-too-many')
      t.regex(await doctor(), /\/run\/service has 501 services/)
      await s6.root('rmdir', '/run/service/one-too-many')
      await s6.done(t, ['gateway', 'unregister', 'coder'])
      await s6.done(t, ['gateway', 'register', 'third', '--', 'hermes', '-p', 'third'])
      t.is(s6.gateways('third').length, 1)
    },
  )

  containerTest(
    'a link that leads nowhere is named, and a gateway that s6 passes over because of it is taken back',
    variant,
    async (t, s6) => {
      await s6.done(t, ['gateway', 'install', 'coder'])
      await s6.root('ln', '-s', '/nowhere', '/run/service/dangling')
      const doctor = await s6.run(['doctor'])
      t.regex(doctor.stdout, /\/run\/service\/dangling/)
      t.not(doctor.code, 0)
      const before = await s6.scandir()
      const {code, error} = await s6.json(['gateway', 'install', 'ops'])
      // Until 2.12 s6-svscan only warns.
      if (variant.release === undefined) t.is(code, 0, JSON.stringify(error))
      else {
        t.is(error?.code, 'HSVC_NOT_SUPERVISED', JSON.stringify(error))
        t.regex(JSON.stringify(error), /dangling/)
        t.is(await s6.scandir(), before)
      }
      await s6.root('rm', '/run/service/dangling')
      await s6.done(t, ['gateway', 'install', 'ops'])
      await s6.done(t, ['gateway', 'uninstall', 'coder', 'ops'])
      await eventually('no supervisor is left', () => s6.others().every(each => each.startsWith('sleep')))
    },
  )
}

containerTest('a directory whose name is no profile of ours is no gateway', OF_HERMES, async (t, s6) => {
  await s6.root('mkdir', '/run/service/.gateway-coder', '/run/service/gateway-Coder', '/run/service/gateway-')
  t.deepEqual((await s6.json(['gateway', 'list'])).gateways, [])
  await s6.done(t, ['gateway', 'install', 'coder'])
  t.deepEqual(
    (await s6.json(['gateway', 'list'])).gateways?.map(({profile}) => profile),
    ['coder'],
  )
})
