import {chmodSync, chownSync} from 'node:fs'
import {findProblems} from '../dist/find-problems.js'
import {jobTest as test} from './job-fixture.js'
import {onMac, placesOf} from './fake-mac.js'

test('a definition that launchd would refuse to load is a problem, with what mends it', async (t, fixture) => {
  await fixture.manager.install(fixture.spec())
  const problems = () => findProblems(onMac(fixture.mac, fixture.context), placesOf(fixture.mac))
  t.deepEqual(problems(), [])

  chmodSync(fixture.agent(), 0o664)
  const [problem] = problems()
  t.like(problem, {severity: 'error', hint: 'hermes-svc gateway install coder --force writes it anew'})
  t.regex(problem?.message ?? '', /expected nobody else to write it, got mode 0664$/)

  await fixture.manager.install(fixture.spec(), {force: true})
  t.deepEqual(problems(), [])
  if (process.getuid?.() === 0) {
    chownSync(fixture.agent(), 64_999, 64_999)
    t.regex(problems()[0]?.message ?? '', /expected uid 0 to own it, got 64999$/)
  }
})
