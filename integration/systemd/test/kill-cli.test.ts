import {randomBytes} from 'node:crypto'
import {readFileSync} from 'node:fs'
import type {ExecutionContext} from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {inParallel, killAtEveryStep, type RunCli} from '../../testing/dist/killed-changes.js'
import {Caller, type Scope} from './caller.js'
import {machineTest} from './machine-test.js'
import {type Machine, REPOSITORY} from './machine.js'
import type {Release} from './trees.js'

/** Before each change of the disk and each thing said to a manager; or, as there are many, before the former only. */
const EVERY_STEP = `${REPOSITORY}/integration/systemd/kill-at-step.js`
const EVERY_CHANGE = `${REPOSITORY}/integration/embedded/kill-at-step.js`
// No file of the repository holds it, wherever that is.
const SECRET = `sesame-${randomBytes(8).toString('hex')}`

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
const uninstall = (profile: string): string[] => ['gateway', 'uninstall', profile]

/** The list must be whole, and say what the operating system and the manager say; gives how many run. */
async function assertTruth(t: ExecutionContext, caller: Caller, profiles: readonly string[]): Promise<number> {
  for (const profile of profiles) t.true(caller.gateways(profile).length <= 1, `${profile} runs twice`)
  return await eventually('the list says what is', async () => {
    const {gateways = [], complete, warnings} = await caller.json(['gateway', 'list'])
    if (complete !== true) throw new Error(`expected a whole list, got ${JSON.stringify(warnings)}`)
    const pids = new Map(gateways.map(({profile, pid}) => [profile, pid ?? undefined]))
    if (profiles.some(profile => caller.gateways(profile)[0] !== pids.get(profile))) return undefined
    return gateways.filter(({state}) => state === 'running').length
  })
}

/** Nothing is left of any gateway but what the journal has. */
async function assertGone(t: ExecutionContext, caller: Caller, before: readonly string[]): Promise<void> {
  await eventually('no process is left', () =>
    caller.machine.processes().every(({argv}) => !argv.some(word => word.endsWith('/hermes'))),
  )
  t.deepEqual(await caller.files(), before)
  const places = ['/etc', '/home', '/var/lib/hermes-svc', '/run', '/tmp']
  t.is((await caller.machine.exec(['grep', '-rlIs', '--devices=skip', SECRET, ...places])).stdout, '')
  t.is(await caller.systemctl('list-units', '--all', '--no-legend', '--plain', 'hermes*'), '')
}

/** A test of changes that are killed, in one scope on one release. */
function killTest(
  title: string,
  scope: Scope,
  release: Release,
  implementation: (t: ExecutionContext, caller: Caller, run: RunCli) => Promise<void>,
): void {
  machineTest(`${title}, in the ${scope} scope`, {release}, async (t: ExecutionContext, machine: Machine) => {
    if (scope === 'user') await machine.enableLinger('dev')
    const caller = new Caller(machine, scope)
    await implementation(t, caller, (args, env = {}) => caller.run(args, {env}))
  })
}

for (const [scope, release, preload] of [
  ['user', 'bookworm', EVERY_STEP],
  ['system', 'trixie', EVERY_CHANGE],
] as const) {
  killTest(
    'install killed before any step lets the machine boot, and is made whole by the next install',
    scope,
    release,
    async (t, caller, run) => {
      const before = await caller.files()
      const profiles = await killAtEveryStep(t, run, preload, {killed: install, repair: install})
      await assertTruth(t, caller, profiles)
      const half = profiles.filter((_, index) => index % 2 === 0)
      await inParallel(half, profile => caller.done(t, install(profile)))
      t.true((await assertTruth(t, caller, profiles)) >= half.length)
      await caller.machine.crash()
      await caller.settled()
      t.true((await assertTruth(t, caller, profiles)) >= half.length)
      // Whose the locks of the boot before are can only be told by their lease, which is a minute.
      await inParallel(profiles, profile => caller.done(t, install(profile, '--timeout', '90s')))
      t.is(await assertTruth(t, caller, profiles), profiles.length)
      await caller.done(t, ['gateway', 'uninstall', ...profiles])
      await assertGone(t, caller, before)
    },
  )
}

killTest(
  'an update killed before any step is made whole by the next one',
  'user',
  'bookworm',
  async (t, caller, run) => {
    const before = await caller.files()
    // Each its own, or install asks for all gateways to see who has it.
    const portOf = (profile: string): number => 4000 + 2 * Number(profile.slice(1))
    const repair = (profile: string): string[] => install(profile, '--port', String(portOf(profile) + 1))
    const prepare = (profile: string): string[] => install(profile, '--port', String(portOf(profile)))
    const profiles = await killAtEveryStep(t, run, EVERY_STEP, {prepare, killed: repair, repair})
    await assertTruth(t, caller, profiles)
    const {gateways = []} = await caller.json(['gateway', 'list'])
    t.true(
      gateways.every(({profile, port}) => port === portOf(profile) || port === portOf(profile) + 1),
      JSON.stringify(gateways),
    )
    await inParallel(profiles, profile => caller.done(t, repair(profile)))
    t.is(await assertTruth(t, caller, profiles), profiles.length)
    const outdated = caller.machine
      .processes()
      .filter(({argv}) => argv.includes('-p'))
      .filter(({argv, hostPid}) => {
        const port = String(portOf(argv[argv.indexOf('-p') + 1] ?? '') + 1)
        return !readFileSync(`/proc/${String(hostPid)}/environ`, 'utf8').includes(`API_SERVER_PORT=${port}`)
      })
    t.deepEqual(
      outdated.map(({argv}) => argv.at(-1)),
      [],
      'these run with the old definition',
    )
    await caller.done(t, ['gateway', 'uninstall', ...profiles])
    await assertGone(t, caller, before)
  },
)

killTest(
  'uninstall killed before any step is made whole by the next uninstall',
  'user',
  'bookworm',
  async (t, caller, run) => {
    const before = await caller.files()
    const change = {prepare: install, killed: uninstall, repair: uninstall}
    const profiles = await killAtEveryStep(t, run, EVERY_STEP, change)
    await assertTruth(t, caller, profiles)
    await caller.done(t, ['gateway', 'uninstall', ...profiles])
    await assertGone(t, caller, before)
  },
)
