import test from 'ava'
import {FAULT_PROFILES} from '../../../packages/backend-launchd/dist-test/fake-launchd/fake-launchd.js'
import {whyNoFakeLaunchd} from '../../../packages/backend-launchd/dist-test/fake-launchd/fixture.js'
import {startFakeMac} from '../../../packages/backend-launchd/dist-test/scenarios/fake-mac.js'
import {skipOnMac, testOnMac} from './test-on-mac.js'

/** All of them take twelve minutes: `HERMES_SVC_ALL_ROUNDS=1` plays them. */
const MOST_ROUNDS = process.env['HERMES_SVC_ALL_ROUNDS'] === '1' ? Infinity : 20
const LABEL = '[fake launchd, unlucky]'

// What is tried on a real Mac, on a machine where a label outlives its process and every answer is late.
// The contract has tests of its own here.
if (whyNoFakeLaunchd === '') {
  const {mac, place, launchd} = await startFakeMac('user', FAULT_PROFILES.unlucky)
  await testOnMac({
    mac,
    label: LABEL,
    mostRounds: MOST_ROUNDS,
    opener: {
      module: new URL('../../../packages/backend-launchd/dist-test/scenarios/fake-mac.js', import.meta.url).href,
      place,
    },
  })
  test.serial.after.always('the fake launchd ends', async t => {
    t.deepEqual(launchd.doubles(), [], 'no label ran in two domains')
    t.deepEqual(launchd.jobs(), [], 'nothing is loaded any more')
    await launchd.remove()
  })
} else {
  skipOnMac(LABEL, whyNoFakeLaunchd)
}
