import {randomBytes} from 'node:crypto'
import {readFileSync} from 'node:fs'
import type {ExecutionContext} from 'ava'
import {containerTest, OF_HERMES, OF_ROOT} from './container-test.js'
import {REPOSITORY} from './container.js'
import {eventually} from '../../testing/dist/eventually.js'
import type {Run} from '../../testing/dist/program-run.js'
import type {Supervised} from './supervised.js'

const PRELOAD = `${REPOSITORY}/integration/embedded/kill-at-step.js`
const MOST_STEPS = 200
/** Runs of the CLI at a time: half of each is waiting. */
const WIDTH = 2
// No file of the repository holds it, wherever that is.
const SECRET = `sesame-${randomBytes(8).toString('hex')}`

interface Change {
  /** Runs before what is killed. */
  readonly prepare?: (profile: string) => readonly string[]
  readonly killed: (profile: string) => readonly string[]
  /** Makes whole what the killed run left. */
  readonly repair: (profile: string) => readonly string[]
}

async function inParallel(names: readonly string[], job: (name: string) => Promise<unknown>): Promise<void> {
  const queue = [...names]
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await job(name)
  }
  await Promise.all(Array.from({length: WIDTH}, worker))
}

/** Kills the change of one gateway before its first step, that of another before its second, … until one gets through. */
async function killAtEveryStep(t: ExecutionContext, s6: Supervised, change: Change): Promise<string[]> {
  const profiles: string[] = []
  let survivor: Run | undefined
  const worker = async (): Promise<void> => {
    while (!survivor && profiles.length < MOST_STEPS) {
      const step = profiles.length + 1
      const profile = `g${String(step)}`
      profiles.push(profile)
      if (change.prepare) await s6.done(t, change.prepare(profile))
      const env = {NODE_OPTIONS: `--import=${PRELOAD}`, HERMES_KILL_STEP: String(step)}
      const run = await s6.run(change.killed(profile), env)
      if (run.signal === null) survivor = run
      else t.is(run.signal, 'SIGKILL', run.stderr)
    }
  }
  await Promise.all(Array.from({length: WIDTH}, worker))
  t.is(survivor?.code, 0, survivor?.stderr ?? 'none got through')
  t.true(profiles.length > 10)
  t.log(`killed before each of ${String(profiles.length - WIDTH)} changes and more`)
  return profiles
}

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
  const profiles = await killAtEveryStep(t, s6, change)
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
  const profiles = await killAtEveryStep(t, s6, change)
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
    const profiles = await killAtEveryStep(t, s6, {killed: register, repair: register})
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
  const profiles = await killAtEveryStep(t, s6, {prepare: install, killed: uninstall, repair: uninstall})
  await assertTruth(t, s6, profiles)
  await s6.done(t, ['gateway', 'uninstall', ...profiles])
  await assertGone(t, s6, before)
})
