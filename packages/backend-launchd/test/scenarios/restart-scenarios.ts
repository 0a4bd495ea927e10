import assert from 'node:assert/strict'
import {Durations} from './durations.js'
import {eventually} from './eventually.js'
import type {Scenario} from './scenario.js'
import {PATIENCE, type Site} from './site.js'

const LONGEST_DRAIN_MS = 2000

function anyDrainMs(site: Site): number {
  // Where each process is started at once there is less to wait for.
  return Math.floor(Math.random() * (site.mac.isReal ? LONGEST_DRAIN_MS : LONGEST_DRAIN_MS / 4))
}

/** Gateways that are restarted, by verbs and by launchd, until one would be lost. */
export const RESTART_SCENARIOS: readonly Scenario[] = [
  {
    name: 'changes',
    title:
      'N restarts, each with a changed definition and a gateway that takes its time to end, lose no job and start none twice',
    rounds: 200,
    async play(site, rounds) {
      const gateway = await site.running()
      const took = new Durations()
      let before = await site.assertOne(gateway)
      for (let round = 1; round <= rounds; round += 1) {
        gateway.witness.drain(anyDrainMs(site))
        const word = `round-${String(round)}`
        const status = await took.measure(() => site.install(gateway, [word]))
        assert.equal(status.state, 'running', word)
        const pid = await site.assertOne(gateway)
        assert.notEqual(pid, before, word)
        assert.equal(status.pid, pid, word)
        assert.equal(gateway.witness.starts().at(-1)?.argv.at(-1), word)
        before = pid
      }
      const {length} = gateway.witness.starts()
      assert.equal(length, rounds + 1, 'expected one start for each restart')
      return `${String(length - 1)} processes for ${String(rounds)} restarts, each ${String(took)}; bootstrap answered ${site.tally.answers('bootstrap')}`
    },
  },
  {
    name: 'equal',
    title: 'N restarts of an equal definition are done in place, without loading it anew',
    rounds: 20,
    async play(site, rounds) {
      const gateway = await site.running()
      const took = new Durations()
      let before = await site.assertOne(gateway)
      const loaded = site.tally.count('bootstrap', 0)
      for (let round = 1; round <= rounds; round += 1) {
        gateway.witness.drain(anyDrainMs(site))
        await took.measure(() => site.manager.restart(gateway.profile, PATIENCE))
        const pid = await site.assertOne(gateway)
        assert.notEqual(pid, before)
        before = pid
      }
      assert.equal(site.tally.count('bootstrap', 0), loaded, 'expected no bootstrap')
      // Of a job that was loaded anew it would count from the beginning.
      assert.ok(((await site.print(gateway))?.runs ?? 0) > rounds, 'expected launchd to have counted all its starts')
      return `each ${String(took)}; kickstart -k answered ${site.tally.answers('kickstart -k')}`
    },
  },
  {
    name: 'stop-start',
    title: 'N times stop and then start, back to back: after each stop there is no process, after each start one',
    rounds: 50,
    async play(site, rounds) {
      const gateway = await site.running()
      const [stops, starts] = [new Durations(), new Durations()]
      for (let round = 1; round <= rounds; round += 1) {
        gateway.witness.drain(anyDrainMs(site) / 4)
        await stops.measure(() => site.manager.stop(gateway.profile, PATIENCE))
        await site.assertNone(gateway)
        await starts.measure(() => site.manager.start(gateway.profile, PATIENCE))
        await site.assertOne(gateway)
      }
      assert.equal(gateway.witness.starts().length, rounds + 1)
      return `a stop ${String(stops)}, a start ${String(starts)}; bootstrap answered ${site.tally.answers('bootstrap')}`
    },
  },
  {
    name: 'killed',
    title: 'N times a gateway that is killed by SIGKILL comes back by itself',
    rounds: 10,
    async play(site, rounds) {
      const gateway = await site.running()
      const took = new Durations()
      for (let round = 1; round <= rounds; round += 1) {
        const pid = await site.assertOne(gateway)
        process.kill(pid, 'SIGKILL')
        await took.measure(() => site.another(gateway, pid))
        await eventually('it is shown as running', async () => (await site.status(gateway)).state === 'running')
      }
      const {restarts} = await site.status(gateway)
      assert.equal(restarts, rounds, 'expected each death to be counted')
      return `back after ${String(took)}, with a delay of 1 s between starts`
    },
  },
]
