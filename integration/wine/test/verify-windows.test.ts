// The contract, sentence by sentence, as `backend verify` holds the windows backend to it with real processes of Windows.
import test from 'ava'
import {FakeScheduler, whyNotScheduler} from './fake-scheduler.js'
import {WineMachine} from './wine-machine.js'

/** On two processors that others use as well. Milliseconds. */
const LONGEST_MS = 25 * 60_000

const reason = whyNotScheduler()
const onWine = reason === '' ? test : test.skip
const skipped = reason === '' ? '' : ` (skipped: ${reason})`

onWine(`the windows backend keeps the contract${skipped}`, async t => {
  t.timeout(LONGEST_MS)
  const machine = await WineMachine.start()
  t.teardown(() => machine.remove())
  await FakeScheduler.install(machine)
  const {code, stdout, stderr} = await machine.run(['backend', 'verify', 'windows'], {}, LONGEST_MS)
  t.log(stdout)
  t.is(code, 0, `${stdout}${stderr}`)
  t.regex(stdout, /\b38 /)
  t.deepEqual(machine.gateways(), [])
})
