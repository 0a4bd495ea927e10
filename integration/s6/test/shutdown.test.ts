import {existsSync} from 'node:fs'
import type {ExecutionContext} from 'ava'
import {containerTest, OF_HERMES, OF_ROOT, VERSIONS} from './container-test.js'
import {eventually} from '../../testing/dist/eventually.js'
import type {Supervised} from './supervised.js'

/** How long the gateway that died is to wait. s6-svscan waits as long as that. */
const DELAY = '6s'
const ENDED_WITHIN_MS = 60_000

/** One gateway that waits to be started again, one that is stopped, and one that ignores TERM. */
async function installThree(t: ExecutionContext, s6: Supervised): Promise<void> {
  await s6.behave('ops', "trap '' TERM")
  await s6.done(t, ['gateway', 'install', 'coder'], {HERMES_SVC_RESTART_DELAY: DELAY})
  await s6.done(t, ['gateway', 'install', 'default'])
  await s6.done(t, ['gateway', 'stop', 'default'])
  await s6.done(t, ['gateway', 'install', 'ops'])
  await s6.ready('ops')
  await s6.kill('coder', 'KILL')
  await eventually('coder backs off', async () => (await s6.row('coder')).state === 'backoff')
  t.is(s6.others().filter(each => each.startsWith('sleep 6')).length, 1)
}

/** What is wanted of each gateway, and what there is of it. */
async function conditions(s6: Supervised): Promise<string[]> {
  const {gateways = []} = await s6.json(['gateway', 'list'])
  return gateways.map(({profile, wanted, state}) => `${profile}: wanted ${wanted}, ${state}`)
}

async function assertComesBack(t: ExecutionContext, s6: Supervised): Promise<void> {
  await s6.container.recreate()
  t.deepEqual(await conditions(s6), [
    'coder: wanted up, stopped',
    'default: wanted down, stopped',
    'ops: wanted up, stopped',
  ])
  await s6.done(t, ['gateway', 'reconcile'])
  t.deepEqual(await conditions(s6), [
    'coder: wanted up, running',
    'default: wanted down, stopped',
    'ops: wanted up, running',
  ])
  t.deepEqual(
    ['coder', 'default', 'ops'].map(profile => s6.gateways(profile).length),
    [1, 0, 1],
  )
}

for (const variant of [OF_ROOT, ...VERSIONS]) {
  containerTest(
    's6-svscan ends when it is told to, whatever its gateways do, and they come back as they were wanted',
    variant,
    async (t, s6) => {
      await installThree(t, s6)
      const processes = s6.container.processes()
      await s6.root('/command/s6-svscanctl', '-t', '/run/service')
      await eventually(
        'the container ends',
        () => processes.every(({hostPid}) => !existsSync(`/proc/${String(hostPid)}`)),
        ENDED_WITHIN_MS,
      )
      await assertComesBack(t, s6)
    },
  )
}

containerTest(
  'a container that ends as those of s6-overlay do ends at once what waits, and gateways come back as they were wanted',
  OF_HERMES,
  async (t, s6) => {
    await installThree(t, s6)
    // Slots are hidden, then TERM to all, a grace time, and KILL to all. Nowhere but in a container.
    const onlyHere = 'read -r name </proc/1/comm && [ "$name" = s6-svscan ]'
    const hide = 'cd /run/service && for slot in gateway-*; do mv "$slot" ".$slot"; done'
    const scan = '/command/s6-svscanctl -an /run/service'
    await s6.root('sh', '-c', `${onlyHere} && ${hide} && ${scan} && kill -TERM -1 && kill -CONT -1`)
    await eventually('who obeys TERM is gone', () => {
      return s6.others().every(each => /gateway-ops$|hermes|^sleep 1$/.test(each))
    })
    t.is(s6.gateways('ops').length, 1)
    await s6.root('sh', '-c', `${onlyHere} && kill -KILL -1`)
    await eventually('nothing but PID 1 is left', () => s6.others().length === 0)
    await assertComesBack(t, s6)
  },
)

containerTest(
  'a gateway that fails when the container begins is tried again until it runs',
  OF_HERMES,
  async (t, s6) => {
    await s6.done(t, ['gateway', 'install', 'coder'])
    await s6.behave('coder', 'exit 1')
    await s6.container.recreate()
    // It has to come as far as its end while reconcile looks.
    const {code, errors} = await s6.json(['gateway', 'reconcile'], {HERMES_SVC_START_SETTLE: '10s'})
    t.deepEqual(
      errors?.map(error => `${error.profile}: ${error.code}`),
      ['coder: HSVC_START_FAILED'],
    )
    t.is(code, 3)
    const {wanted, origin} = await s6.row('coder')
    t.deepEqual([wanted, origin], ['up', 'installed'])
    await eventually('it fails again', async () => ((await s6.row('coder')).restarts ?? 0) >= 2)
    await s6.behave('coder', ':')
    await eventually(
      'it runs',
      async () => (await s6.row('coder')).state === 'running' && s6.gateways('coder').length === 1,
    )
  },
)
