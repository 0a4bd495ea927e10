import {containerTest, OF_HERMES, OF_ROOT} from './container-test.js'

const WAITING = {HERMES_SVC_RESTART_DELAY: '5m'}
const PROFILES = ['web-1', 'web-2', 'web-3']

for (const variant of [OF_ROOT, OF_HERMES, {...OF_HERMES, user: 'root'} as const]) {
  containerTest(
    'a rolling restart skips the delay, and ends with the first gateway that fails',
    variant,
    async (t, s6) => {
      for (const name of PROFILES) {
        await s6.behave(name, "trap 'exit 75' USR1")
        await s6.done(t, ['gateway', 'install', name, '--', 'hermes', '-p', name], WAITING)
      }
      const pids = (): Promise<number[]> => Promise.all(PROFILES.map(name => s6.ready(name)))
      const before = await pids()
      await s6.behave('web-2', "trap 'exit 3' USR1")
      const started = performance.now()
      const rolled = await s6.json(['gateway', 'restart', 'web-*', '--drain'])
      t.is(rolled.code, 0, JSON.stringify(rolled))
      t.true(performance.now() - started < 240_000)
      const after = await pids()
      t.true(after.every((pid, index) => pid !== before[index]))

      const failed = await s6.json(['gateway', 'restart', 'web-*', '--drain'])
      t.like(failed, {
        code: 3,
        errors: [{profile: 'web-2', code: 'HSVC_START_FAILED'}],
        summary: {asked: 3, succeeded: 1, failed: 1, left: [], notReached: ['web-3']},
      })
      t.is(s6.gateways('web-3')[0], after[2])
      t.like(await s6.row('web-2'), {state: 'backoff', wanted: 'up', lastExit: {code: 3}})
    },
  )
}
