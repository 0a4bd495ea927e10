import {fakeTest} from '../../../packages/backend-launchd/dist-test/fake-launchd/fixture.js'
import {askAll} from '../../../packages/backend-launchd/dist-test/scenarios/facts/facts.js'
import {startFakeMac} from '../../../packages/backend-launchd/dist-test/scenarios/fake-mac.js'
import {playOnFake} from '../../../packages/backend-launchd/dist-test/scenarios/play-on-fake.js'
import {SCENARIOS} from '../../../packages/backend-launchd/dist-test/scenarios/scenarios.js'

const LONGEST_MS = 180_000

for (const profile of ['flaky', 'old-macos', 'no-gui'] as const) playOnFake(SCENARIOS, {profile, mostRounds: 1})
playOnFake(SCENARIOS, {profile: 'calm', scope: 'system', mostRounds: 1})

fakeTest('the fake launchd answers root as our documentation has it', async t => {
  t.timeout(LONGEST_MS)
  const {launchd, mac} = await startFakeMac('system')
  t.teardown(() => launchd.remove())
  const findings = await askAll(mac, 4)
  const wrong = findings.filter(({verdict}) => verdict !== 'as expected' && verdict !== 'not asked')
  t.deepEqual(
    wrong.map(({fact, got}) => `${fact.question}: ${got}`),
    [],
  )
})
