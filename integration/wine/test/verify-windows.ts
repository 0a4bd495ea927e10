import test from 'ava'
import {conformance, type Group} from '@hermes-svc/core/conformance'
import {backend} from '../../../packages/backend-windows/dist/index.js'
import {FakeScheduler, whyNotScheduler} from './fake-scheduler.js'
import {WineMachine} from './wine-machine.js'

/** On two processors that others use as well. Milliseconds. */
const LONGEST_MS = 30 * 60_000
/** What a verb takes there is mostly Wine's start of node.exe, once for the runner and once for the gateway. */
const PATIENCE = ['--timeout', '4m']
/** What nobody can do for `backend verify`, such as a log-off, which would end it. */
const NOT_ASKED = /^no .* was given$/

/** Of atomicity, what does not kill an install before each of its steps. */
const QUICK: Readonly<Partial<Record<Group, string>>> = {atomicity: 'that is rejected MUST'}

interface Verification {
  readonly tests: readonly {readonly title: string; readonly result: string; readonly reason: string | null}[]
}

/** The sentences of the contract as `backend verify` has them for this backend. */
const {entries: SENTENCES} = conformance({backend, module: import.meta.url, test: () => undefined})

function whySkipped(exempt: string | null, isTaken: boolean): string | null {
  if (exempt !== null) return NOT_ASKED.test(exempt) ? `${exempt} to \`backend verify\`` : null
  return isTaken ? null : 'starts hundreds of processes of Wine, each of which takes seconds'
}

/**
 * Holds the windows backend to chapters of the contract, by `backend verify` with real processes of Windows and the fake Task
 * Scheduler. What is not tried is skipped, with the reason; what the backend does not offer binds it nowhere.
 */
export function verifyUnderWine(chapters: readonly Group[]): void {
  const reason = whyNotScheduler()
  const skipped = reason === '' ? '' : ` (skipped: ${reason})`
  const onWine = reason === '' ? test.serial : test.serial.skip
  let machine: WineMachine
  if (reason === '') {
    test.before(async () => {
      machine = await WineMachine.start()
      const scheduler = await FakeScheduler.install(machine)
      await scheduler.serve()
    })
    test.after.always(() => {
      machine.remove()
    })
  }
  for (const chapter of chapters) {
    const only = QUICK[chapter] ?? `${chapter}: `
    const tried: string[] = []
    for (const {group, title, exempt} of SENTENCES.filter(each => each.group === chapter)) {
      const why = whySkipped(exempt, `${group}: ${title}`.includes(only))
      if (why !== null) test.skip(`${title} [Wine] (skipped: ${why})`, () => undefined)
      else if (exempt === null) tried.push(title)
    }
    if (tried.length === 0) continue
    onWine(`the windows backend keeps the contract on ${chapter}${skipped}`, async t => {
      t.timeout(LONGEST_MS)
      const args = ['backend', 'verify', 'windows', '--only', only, ...PATIENCE, '--json']
      const {code, stdout, stderr} = await machine.run(args, {}, LONGEST_MS)
      t.not(stdout, '', stderr)
      const {tests} = JSON.parse(stdout) as Verification
      const failed = tests.filter(({result}) => result === 'failed')
      t.deepEqual(failed, [], stderr)
      const passed = tests.filter(({result}) => result === 'passed').map(({title}) => title)
      // The last one is about the suite.
      t.deepEqual(passed.slice(0, -1), tried)
      t.is(code, 0, stderr)
      t.deepEqual(machine.processes('sample-gateway'), [])
    })
  }
}
