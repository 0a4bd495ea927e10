import {containerTest, OF_HERMES, STARTER, VARIANTS} from './container-test.js'
import {REPOSITORY} from './container.js'
import {eventually} from '../../testing/dist/eventually.js'

const RESCAN = {NODE_OPTIONS: `--import=${REPOSITORY}/integration/s6/rescan-at-step.js`}

for (const variant of VARIANTS.filter(({as}) => as === STARTER)) {
  containerTest('a rescan before every change finds the whole gateway or none', variant, async (t, s6) => {
    const before = await s6.scandir()
    const seen = new Set<string>()
    const watch = setInterval(() => {
      for (const each of s6.others().filter(name => name.startsWith('s6-supervise'))) seen.add(each)
    }, 5)
    try {
      await s6.done(t, ['gateway', 'register', 'coder', '--port', '4001'], RESCAN)
      t.like(await s6.row('coder'), {state: 'running', restarts: 0})
      await s6.done(t, ['gateway', 'install', 'coder', '--port', '4002'], RESCAN)
      t.like(await s6.row('coder'), {state: 'running', port: 4002, origin: 'installed'})
      const {pid} = await s6.row('coder')
      t.deepEqual(s6.gateways('coder'), [pid])
      await s6.done(t, ['gateway', 'uninstall', 'coder'], RESCAN)
    } finally {
      clearInterval(watch)
    }
    await eventually('no supervisor is left', () => s6.others().every(each => each.startsWith('sleep')))
    t.is(await s6.scandir(), before)
    t.deepEqual([...seen].sort(), ['s6-supervise gateway-coder', 's6-supervise gateway-coder/log'])
    const starts = s6.container.console.match(/hermes args=/g)
    t.is(starts?.length, 2, 'each definition was started once')
    t.notRegex(s6.container.console, /s6-(svscan|supervise).*(warning|fatal)/)
  })
}

containerTest('twenty registrations at once: each gateway runs once', OF_HERMES, async (t, s6) => {
  const before = await s6.scandir()
  const profiles = Array.from({length: 20}, (_, index) => `g${String(index + 10)}`)
  const register = (profile: string): string[] => ['gateway', 'register', profile, '--', 'hermes', '-p', profile]
  const runs = await Promise.all(profiles.map(profile => s6.run(register(profile))))
  t.deepEqual(
    runs.filter(({code}) => code !== 0).map(({stderr}) => stderr),
    [],
  )
  const {gateways = [], complete} = await s6.json(['gateway', 'list'])
  t.true(complete)
  t.deepEqual(
    gateways.map(({profile, state, pid}) => [profile, state, [pid]]),
    profiles.map(profile => [profile, 'running', s6.gateways(profile)]),
  )
  const again = await Promise.all(profiles.slice(0, 4).map(() => s6.run(register('same'))))
  t.deepEqual(again.map(({code}) => code).sort(), [0, 73, 73, 73], 'of one profile, one registration wins')
  await s6.done(t, ['gateway', 'unregister', ...profiles, 'same'])
  t.is(await s6.scandir(), before)
  await eventually('no process is left', () => s6.others().every(each => each.startsWith('sleep')))
})
