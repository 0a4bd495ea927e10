import test from 'ava'
import {FakeScheduler, whyNotScheduler} from './fake-scheduler.js'
import {WineMachine} from './wine-machine.js'

/** On two processors that others use as well. Milliseconds. */
const LONGEST_MS = 15 * 60_000

/**
 * Tests that `backend verify` holds the windows backend to some chapters of the contract, with real processes of Windows and the fake
 * Task Scheduler.
 */
export function verifyWindows(chapters: readonly string[]): void {
  const reason = whyNotScheduler()
  const onWine = reason === '' ? test.serial : test.serial.skip
  const skipped = reason === '' ? '' : ` (skipped: ${reason})`
  let machine: WineMachine
  if (reason === '') {
    test.before(async () => {
      machine = await WineMachine.start()
      await FakeScheduler.install(machine)
    })
    test.after.always(() => {
      machine.remove()
    })
  }
  for (const chapter of chapters) {
    onWine(`the windows backend keeps the contract on ${chapter}${skipped}`, async t => {
      t.timeout(LONGEST_MS)
      const verify = ['backend', 'verify', 'windows', '--only', chapter]
      const {code, stdout, stderr} = await machine.run(verify, {}, LONGEST_MS)
      t.log(stdout)
      t.is(code, 0, `${stdout}${stderr}`)
      t.deepEqual(machine.gateways(), [])
    })
  }
}
