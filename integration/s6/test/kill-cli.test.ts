import {randomBytes} from 'node:crypto'
import {readFileSync} from 'node:fs'
import type {ExecutionContext} from 'ava'
import {containerTest, OF_HERMES, OF_ROOT} from './container-test.js'
import {REPOSITORY} from './container.js'
import {eventually} from '../../testing/dist/eventually.js'
import {inParallel, killAtEveryStep} from '../../testing/dist/killed-changes.js'
import type {Supervised} from './supervised.js'

const PRELOAD = `${REPOSITORY}/integration/embedded/kill-at-step.js`
// No file of the repository holds it, wherever that is.
const SECRET = `sesame-${randomBytes(8).toString('hex')}`

/** The list must be whole, and say what the operating system says; gives how many run. */
async function assertTruth(t: ExecutionContext, s6: Supervised, profiles: readonly string[]): Promise<number> {
  for (const profile of profiles) t.true(s6.gateways(profile).length <= 1, `${profile} runs twice`)
  return await eventually('the list says what is', async () => {
    const {gateways = [], complete, warnings} = await s6.json(['gateway', 'list'])
    if (complete !== true) throw new Error(`expected a whole list, got ${JSON.stringify(warnings)}`)
    const pids = new Map(gateways.map(({profile, pid}) => [profile, pid ?? undefined]))
    if (profiles.some(profile => s6.gateways(profile)[0] !== pids.get(profile))) return undefined
    return gateways.filter(({state}) => state === 'running').length
  })
}

/** Nothing is left of any gateway but its log. */
async function assertGone(t: ExecutionContext, s6: Supervised, before: string): Promise<void> {
  t.is(await s6.scandir(), before)
  await eventually('no process is left', () => s6.others().every(each => each.startsWith('sleep')))
  t.is(await s6.root('sh', '-c', 'find /opt/data/hermes-svc -type f -size +0'), '')
  const search = ['grep', '-rl', '--exclude-dir=logs', SECRET, '/run/service', '/opt/data', '/tmp']
  t.is((await s6.container.exec(search)).stdout, '')
}

const install = (profile: string, ...more: string[]): string[] => [
  'gateway',
  'install',
  profile,
  '--env',
  `TOKEN=${SECRET}`,
  ...more,
  '--',
  'hermes',
  '-p',
  profile,
]

containerTest('install killed before any change is made whole by the next install', OF_ROOT, async (t, s6) => {
  const before = await s6.scandir()
  const change = {killed: install, repair: install}
  const profiles = await killAtEveryStep(t, s6.run.bind(s6), PRELOAD, change)
  await assertTruth(t, s6, profiles)
  await inParallel(profiles, profile => s6.done(t, change.repair(profile)))
  t.is(await assertTruth(t, s6, profiles), profiles.length)
  await s6.done(t, ['gateway', 'uninstall', ...profiles])
  await assertGone(t, s6, before)
})

containerTest('an update killed before any change is made whole by the next one', OF_ROOT, async (t, s6) => {
  const before = await s6.scandir()
  const change = {
    prepare: (profile: string) => install(profile, '--port', '4001'),
    killed: (profile: string) => install(profile, '--port', '4002'),
    repair: (profile: string) => install(profile, '--port', '4002'),
  }
  const profiles = await killAtEveryStep(t, s6.run.bind(s6), PRELOAD, change)
  await assertTruth(t, s6, profiles)
  const {gateways = []} = await s6.json(['gateway', 'list'])
  t.true(
    gateways.every(({port}) => port === 4001 || port === 4002),
    JSON.stringify(gateways),
  )
  await inParallel(profiles, profile => s6.done(t, change.repair(profile)))
  t.is(await assertTruth(t, s6, profiles), profiles.length)
  const environments = s6.container
    .processes()
    .filter(({argv}) => argv.includes('-p'))
    .map(({argv, hostPid}) => [argv.at(-1), readFileSync(`/proc/${String(hostPid)}/environ`, 'utf8')] as const)
  const outdated = environments.filter(([, text]) => !text.includes('API_SERVER_PORT=4002'))
  t.deepEqual(
    outdated.map(([profile]) => profile),
    [],
    'these run with the old definition',
  )
  await s6.done(t, ['gateway', 'uninstall', ...profiles])
  await assertGone(t, s6, before)
})

containerTest(
  'register killed before any change leaves a gateway that can be started, or none',
  OF_HERMES,
  async (t, s6) => {
    const before = await s6.scandir()
    const register = (profile: string): string[] => ['gateway', 'register', ...install(profile).slice(2)]
    const profiles = await killAtEveryStep(t, s6.run.bind(s6), PRELOAD, {killed: register, repair: register})
    await assertTruth(t, s6, profiles)
    await inParallel(profiles, async profile => {
      const again = await s6.run(register(profile))
      t.true(again.code === 0 || again.code === 73, `${profile}: ${again.stderr}`)
      if (again.code === 73) await s6.done(t, ['gateway', 'start', profile])
    })
    t.is(await assertTruth(t, s6, profiles), profiles.length)
    await s6.done(t, ['gateway', 'unregister', ...profiles])
    await assertGone(t, s6, before)
  },
)

containerTest('uninstall killed before any change is made whole by the next uninstall', OF_HERMES, async (t, s6) => {
  const before = await s6.scandir()
  const uninstall = (profile: string): string[] => ['gateway', 'uninstall', profile]
  const change = {prepare: install, killed: uninstall, repair: uninstall}
  const profiles = await killAtEveryStep(t, s6.run.bind(s6), PRELOAD, change)
  await assertTruth(t, s6, profiles)
  await s6.done(t, ['gateway', 'uninstall', ...profiles])
  await assertGone(t, s6, before)
})
