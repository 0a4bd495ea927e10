import test from 'ava'
import {FAULT_PROFILES} from '../../../packages/backend-launchd/dist-test/fake-launchd/fake-launchd.js'
import {whyNoFakeLaunchd} from '../../../packages/backend-launchd/dist-test/fake-launchd/fixture.js'
import {startFakeMac} from '../../../packages/backend-launchd/dist-test/scenarios/fake-mac.js'
import {skipOnMac, testOnMac} from './test-on-mac.js'

const LABEL = '[fake launchd, unlucky]'

// What is tried on a real Mac, in all its rounds, on a machine where a label outlives its process and every answer is late.
// The contract has tests of its own here.
if (whyNoFakeLaunchd === '') {
  const {mac, place, launchd} = await startFakeMac('user', FAULT_PROFILES.unlucky)
  await testOnMac({
    mac,
    label: LABEL,
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
