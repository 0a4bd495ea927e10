import {containerTest, OF_HERMES, OF_ROOT, VERSIONS} from './container-test.js'
import {eventually} from '../../testing/dist/eventually.js'

const WAITING = {HERMES_SVC_RESTART_DELAY: '30s'}

/** Ways to end: exit code, and the state that is right for it. */
const ENDINGS = [
  {name: 'clean', code: 0, state: 'stopped'},
  {name: 'broken', code: 1, state: 'backoff'},
  {name: 'again', code: 75, state: 'backoff'},
  {name: 'fatal', code: 78, state: 'failed'},
] as const

for (const variant of [OF_ROOT, ...VERSIONS]) {
  containerTest(
    'a gateway that ignores SIGTERM is killed after stop.timeout, and leaves no orphan',
    variant,
    async (t, s6) => {
      const before = await s6.scandir()
      await s6.behave('coder', "trap '' TERM")
      await s6.done(t, ['gateway', 'install', 'coder'], {HERMES_SVC_STOP_TIMEOUT: '700ms'})
      await s6.ready('coder')
      const started = performance.now()
      await s6.done(t, ['gateway', 'stop', 'coder'])
      t.true(performance.now() - started > 700)
      t.like(await s6.row('coder'), {
        state: 'stopped',
        wanted: 'down',
        pid: null,
        lastExit: {code: null, signal: 'SIGKILL'},
      })
      t.deepEqual(s6.gateways('coder'), [])
      await s6.done(t, ['gateway', 'start', 'coder'])
      const first = await s6.ready('coder')
      await s6.done(t, ['gateway', 'restart', 'coder'])
      const second = await s6.ready('coder')
      t.not(second, first)
      t.deepEqual(s6.gateways('coder'), [second])
      await s6.done(t, ['gateway', 'uninstall', 'coder'])
      t.deepEqual(s6.gateways('coder'), [])
      await eventually('no supervisor is left', () => s6.others().every(each => each.startsWith('sleep')))
      t.is(await s6.scandir(), before)
    },
  )

  containerTest('how a gateway ended decides its state, and start works on each', variant, async (t, s6) => {
    for (const {name, code} of ENDINGS) {
      await s6.behave(name, `trap 'exit ${String(code)}' HUP`)
      await s6.done(t, ['gateway', 'install', name, '--', 'hermes', '-p', name], WAITING)
    }
    for (const {name, code, state} of ENDINGS) {
      await s6.kill(name, 'HUP')
      const row = await eventually(`${name} is ${state}`, async () => {
        const seen = await s6.row(name)
        return seen.state === state && seen
      })
      t.like(row, {wanted: 'up', pid: null, lastExit: {code, signal: null}}, name)
    }
    for (const {name} of ENDINGS) {
      await s6.done(t, ['gateway', name === 'again' ? 'restart' : 'start', name])
      t.is((await s6.row(name)).state, 'running', name)
    }
  })

  containerTest('a gateway that cannot be executed has failed, and starts when it can be', variant, async (t, s6) => {
    const run = '/run/service/gateway-coder/run'
    await s6.done(t, ['gateway', 'install', 'coder', '--no-start'])
    await s6.root('chmod', '-x', run)
    const {code, error} = await s6.json(['gateway', 'start', 'coder'])
    t.is(code, 3)
    t.like(error, {code: 'HSVC_START_FAILED', state: 'failed'})
    t.like(await s6.row('coder'), {state: 'stopped', wanted: 'down'})
    await s6.root('chmod', '+x', run)
    await s6.done(t, ['gateway', 'start', 'coder'])
    await s6.root('chmod', '-x', run)
    await s6.kill('coder', 'KILL')
    await eventually('it has failed', async () => (await s6.row('coder')).state === 'failed')
    t.like(await s6.row('coder'), {wanted: 'up', pid: null, lastExit: {signal: 'SIGKILL'}})
    await s6.root('chmod', '+x', run)
    await s6.done(t, ['gateway', 'restart', 'coder'])
    t.is((await s6.row('coder')).state, 'running')
  })

  containerTest(
    'a gateway that dies again and again is restarted after longer and longer delays',
    variant,
    async (t, s6) => {
      const dies = `date +%s%3N >>/opt/data/starts; trap 'exit 1' HUP; [ "$(wc -l </opt/data/starts)" -lt 2 ] || exit 1`
      await s6.behave('coder', dies)
      const delays = {HERMES_SVC_RESTART_DELAY: '1s', HERMES_SVC_RESTART_MAX_DELAY: '1m'}
      await s6.done(t, ['gateway', 'install', 'coder'], delays)
      const died = Date.now()
      await s6.kill('coder', 'HUP')
      const starts = await eventually('it started three times more', async () => {
        const times = (await s6.root('cat', '/opt/data/starts')).trim().split('\n').map(Number)
        return times.length >= 4 && times
      })
      const gaps = starts.slice(1, 4).map((time, index) => time - (index === 0 ? died : (starts[index] ?? 0)))
      t.deepEqual(
        gaps.map((gap, index) => gap >= 1000 * 2 ** index),
        [true, true, true],
        `delays ${gaps.join(', ')}`,
      )
      // Longer than a start takes on a slow machine: sixteen seconds.
      const row = await eventually('it waits for long', async () => {
        const seen = await s6.row('coder')
        return seen.state === 'backoff' && (seen.restarts ?? 0) >= 5 && seen
      })
      await s6.behave('coder', ':')
      await s6.done(t, ['gateway', 'start', 'coder'])
      t.true(Date.now() < Date.parse(row.nextStartAt ?? ''), 'start does not wait for the delay')
      t.is((await s6.row('coder')).state, 'running')
    },
  )

  containerTest("s6's own tools may be used beside ours", variant, async (t, s6) => {
    const slot = '/run/service/gateway-coder'
    const control = async (...args: string[]): Promise<string> => await s6.root('/command/s6-svc', ...args, slot)
    const assertAgree = async (state: string): Promise<void> => {
      const row = await s6.row('coder')
      const {isUp, isWanted, pid} = await s6.svstat('coder')
      t.deepEqual([row.state, row.wanted, row.pid], [state, isWanted ? 'up' : 'down', isUp ? pid : null])
    }
    await s6.done(t, ['gateway', 'install', 'coder'])
    await control('-wD', '-T', '20000', '-d')
    await assertAgree('stopped')
    await control('-wu', '-T', '20000', '-u')
    await assertAgree('running')
    const [first] = s6.gateways('coder')
    await s6.behave('coder', "trap 'exit 1' TERM")
    await s6.done(t, ['gateway', 'restart', 'coder'])
    await s6.ready('coder')
    await control('-wr', '-T', '20000', '-t')
    await eventually('it runs again', () => s6.gateways('coder').some(pid => pid !== first))
    await assertAgree('running')
    await s6.done(t, ['gateway', 'stop', 'coder'])
    await assertAgree('stopped')
    await control('-wu', '-T', '20000', '-u')
    await assertAgree('running')
    await control('-wD', '-T', '20000', '-d')
    await s6.done(t, ['gateway', 'start', 'coder'])
    await assertAgree('running')
  })
}

containerTest(
  'a log is rotated at its size, only as many files are kept, and logs reads through them',
  OF_HERMES,
  async (t, s6) => {
    await s6.behave(
      'coder',
      'i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); echo "line $i of what this gateway says"; done',
    )
    await s6.done(t, ['gateway', 'install', 'coder'], {HERMES_SVC_LOGS_SIZE: '16KiB', HERMES_SVC_LOGS_FILES: '3'})
    const directory = '/opt/data/logs/gateways/coder'
    await eventually('all was written', async () =>
      (await s6.root('cat', `${directory}/current`)).includes('line 2000 of'),
    )
    const files = (await s6.root('ls', directory)).split('\n').filter(name => name.startsWith('@'))
    t.is(files.length, 3)
    const {stdout} = await s6.done(t, ['gateway', 'logs', 'coder', '-n', '500'])
    const lines = stdout.trim().split('\n')
    t.deepEqual(
      lines.map(line => /line (\d+) of/.exec(line)?.[1]),
      Array.from({length: 500}, (_, index) => String(1501 + index)),
    )
  },
)
