import assert from 'node:assert/strict'
import type {GatewayStatus} from '@hermes-svc/core'
import {rejection} from '../bench.js'
import {needs, needsHook, type Requirement} from '../requirement.js'
import {logs} from './logs.js'

const A_MINUTE_MS = 60_000
const CLOCK_SLACK_MS = 1500

/** What does not change between two looks at a gateway that nobody touches. */
function steady({
  uptimeSeconds: _uptime,
  drift: _drift,
  specHash: _hash,
  health: _health,
  ...rest
}: GatewayStatus): unknown {
  return rest
}

/** What status says, held against what the gateway itself saw. */
export const observation: Requirement[] = [
  {
    title: '`status` MUST be sorted by profile.',
    async run(bench) {
      const names: string[] = []
      for (let count = 0; count < 3; count += 1) names.push((await bench.install({start: false})).profile)
      const rows = await bench.raw.status()
      const all = rows.map(row => row.profile)
      assert.deepEqual(all, [...all].sort())
      assert.deepEqual(
        (await bench.raw.status([...names].reverse())).map(row => row.profile),
        [...names].sort(),
      )
    },
  },
  {
    title: '`status` of named profiles MUST give the rows that `status` of all gives.',
    async run(bench) {
      const running = await bench.install()
      const stopped = await bench.install()
      await bench.manager.stop(stopped.profile, bench.patience)
      const names = [running.profile, stopped.profile]
      const all = await bench.raw.status()
      const named = await bench.raw.status(names)
      assert.equal(named.length, 2)
      assert.deepEqual(all.filter(row => names.includes(row.profile)).map(steady), named.map(steady))
    },
  },
  {
    title: "`status` MUST give the pid of the gateway's own process, and since when it runs.",
    async run(bench) {
      const before = Date.now()
      const {profile, sample} = await bench.install()
      const status = await bench.one(profile)
      assert.deepEqual([status.pid], sample.alivePids())
      const startedAt = Date.parse(status.startedAt ?? '')
      assert.ok(
        startedAt >= before - CLOCK_SLACK_MS && startedAt <= Date.now() + CLOCK_SLACK_MS,
        String(status.startedAt),
      )
      assert.ok((status.uptimeSeconds ?? -1) >= 0)
    },
  },
  {
    title: 'A death MUST show in `status`: in the last exit, and in the count where deaths are counted.',
    async run(bench) {
      const {profile, sample} = await bench.install()
      const before = await bench.one(profile)
      const [pid] = sample.alivePids()
      await sample.crash('SIGKILL')
      await bench.eventually('the process of before is not shown', async () => (await bench.one(profile)).pid !== pid)
      const after = await bench.one(profile)
      // Windows has no signals: what is killed there has ended with 1.
      const {code, signal} = after.lastExit ?? {}
      assert.equal(signal ?? code, process.platform === 'win32' ? 1 : 'SIGKILL')
      if (bench.capabilities.restartCount) assert.equal(after.restarts, (before.restarts ?? 0) + 1)
    },
  },
  {
    title: 'A gateway that waits to be started again MUST be shown as `backoff`, without a pid.',
    exempt: needs('backoff'),
    async run(bench) {
      const restart = {...bench.restartPolicy, delayMs: A_MINUTE_MS, maxDelayMs: A_MINUTE_MS}
      const {profile, sample} = await bench.install({request: {restart, userSet: []}})
      await sample.crash(1)
      await bench.eventually('backoff shows', async () => (await bench.one(profile)).state === 'backoff')
      assert.equal((await bench.one(profile)).pid, null)
      assert.deepEqual(sample.alivePids(), [])
    },
  },
  {
    title: '`wanted` MUST be what was asked for last, whatever became of it.',
    async run(bench) {
      const {profile, sample} = await bench.install({start: false})
      const wanted = async (): Promise<string | undefined> => (await bench.rawOne(profile))?.wanted
      assert.equal(await wanted(), 'down')
      await bench.manager.start(profile, bench.patience)
      assert.equal(await wanted(), 'up')
      await sample.crash('SIGKILL')
      assert.equal(await wanted(), 'up')
      await bench.manager.stop(profile, bench.patience)
      assert.equal(await wanted(), 'down')
      await bench.manager.start(profile, bench.patience)
      assert.equal(await wanted(), 'up')
    },
  },
  {
    title: '`isRunning` MUST be true exactly when `status` says `running`.',
    async run(bench) {
      const restart = {...bench.restartPolicy, delayMs: A_MINUTE_MS, maxDelayMs: A_MINUTE_MS}
      const {profile, sample} = await bench.install({request: {restart, userSet: []}})
      assert.equal(await bench.raw.isRunning(profile), true)
      if (bench.capabilities.backoff !== 'none') {
        await sample.crash(1)
        await bench.eventually('the death shows', async () => (await bench.one(profile)).state !== 'running')
        assert.equal(await bench.raw.isRunning(profile), false)
      }
      await bench.manager.stop(profile, bench.patience)
      assert.equal(await bench.raw.isRunning(profile), false)
      assert.equal(await bench.manager.isRunning(profile), false)
    },
  },
  {
    title: '`status` MUST reject rather than leave gateways out when it could not look.',
    exempt: needsHook('silence'),
    async run(bench) {
      await bench.install({start: false})
      const speak = await bench.options.silence?.()
      try {
        await rejection('HSVC_BACKEND_UNAVAILABLE', bench.manager.status())
      } finally {
        await speak?.()
      }
    },
  },
  ...logs,
]
