// The contract as `backend verify` holds the windows backend to it, with real processes of Windows and the fake Task Scheduler.
import test from 'ava'
import {FakeScheduler, whyNotScheduler} from './fake-scheduler.js'
import {WineMachine} from './wine-machine.js'

/**
 * All but atomicity, which kills installs at every step and takes Wine too long; the fake machines under Linux have that
 * (packages/backend-windows). The longest first.
 */
const CHAPTERS = [
  'lifecycle',
  'observation',
  'install',
  'registration',
  'values',
  'foreign',
  'concurrency',
  'secrets',
  'capability',
  'planning',
  'naming',
]

/** On two processors that others use as well. Milliseconds. */
const LONGEST_MS = 15 * 60_000

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

for (const chapter of CHAPTERS) {
  onWine(`the windows backend keeps the contract on ${chapter}${skipped}`, async t => {
    t.timeout(LONGEST_MS)
    const {code, stdout, stderr} = await machine.run(
      ['backend', 'verify', 'windows', '--only', chapter],
      {},
      LONGEST_MS,
    )
    t.log(stdout)
    t.is(code, 0, `${stdout}${stderr}`)
    t.deepEqual(machine.gateways(), [])
  })
}
