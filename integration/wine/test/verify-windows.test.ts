// Chapters of the contract, as `backend verify` holds the windows backend to them with real processes of Windows and the fake Task
// Scheduler. The others bound how long a verb may take: Wine keeps them too, but not beside other tests. The fake machines under Linux
// have them all (packages/backend-windows).
import test from 'ava'
import {FakeScheduler, whyNotScheduler} from './fake-scheduler.js'
import {WineMachine} from './wine-machine.js'

const CHAPTERS = ['values', 'foreign', 'planning', 'capability', 'naming']

/** On two processors that others use as well. Milliseconds. */
const LONGEST_MS = 15 * 60_000
/** What a verb takes there is mostly Wine's start of node.exe, once for the CLI's runner and once for the gateway. */
const PATIENCE = ['--timeout', '2m']

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
      ['backend', 'verify', 'windows', '--only', chapter, ...PATIENCE],
      {},
      LONGEST_MS,
    )
    t.log(stdout)
    t.is(code, 0, `${stdout}${stderr}`)
    t.deepEqual(machine.gateways(), [])
  })
}
