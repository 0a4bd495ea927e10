import test from 'ava'
import {FAULT_PROFILES, type FaultProfile} from '../fake-launchd/fake-launchd.js'
import {whyNoFakeLaunchd} from '../fake-launchd/fixture.js'
import type {JobScope} from '../../dist/launchd-facts.js'
import {startFakeMac} from './fake-mac.js'
import {play, type Scenario, titleOf} from './scenario.js'

const LONGEST_MS = 1_800_000

/** What kind of fake Mac it is, and how often what is repeated is done at most. */
export interface FakePlay {
  readonly profile: FaultProfile
  readonly scope?: JobScope
  readonly mostRounds?: number
}

/** Makes one test of each scenario, one after the other; skipped, with the reason in the title, where there is no fake launchd. */
export function playOnFake(
  scenarios: readonly Scenario[],
  {profile, scope = 'user', mostRounds = Infinity}: FakePlay,
): void {
  for (const scenario of scenarios) {
    const rounds = Math.min(scenario.rounds, mostRounds)
    const title = `${titleOf(scenario, rounds)} [fake launchd, ${profile}, ${scope}]`
    if (whyNoFakeLaunchd !== '') {
      test.skip(`${title} (skipped: ${whyNoFakeLaunchd})`, () => undefined)
      continue
    }
    test.serial(title, async t => {
      t.timeout(LONGEST_MS)
      const {launchd, mac} = await startFakeMac(scope, FAULT_PROFILES[profile])
      t.teardown(async () => {
        if (!t.passed) t.log(`the seed of this fake launchd was ${String(launchd.seed)}`)
        await launchd.remove()
      })
      await t.notThrowsAsync(async () => t.log(await play(mac, scenario, rounds)))
      t.deepEqual(launchd.doubles(), [], 'no label ran in two domains')
      t.deepEqual(launchd.jobs(), [], 'nothing is loaded any more')
    })
  }
}
