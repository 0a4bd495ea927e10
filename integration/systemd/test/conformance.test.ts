import {eventually} from '../../testing/dist/eventually.js'
import {Caller, PLACES} from './caller.js'
import {machineTest} from './machine-test.js'

const VERIFY = ['backend', 'verify', 'systemd', '--json']
const LONGEST_MS = 540_000
/** Somewhat fewer than bind systemd, so that a run which was cut short shows. */
const LEAST_SENTENCES = 60
/** What only a program beside the CLI could do; packages/backend-systemd has tests with these. */
const NO_HOOK = /^no \w+ was given$/
const NOT_OF_SYSTEMD = /capabilities/

interface Verification {
  readonly tests: readonly {
    readonly title: string
    readonly result: 'passed' | 'failed' | 'skipped'
    readonly reason: string | null
  }[]
}

for (const {scope, release} of PLACES) {
  machineTest(
    `systemd keeps the contract in the ${scope} scope`,
    {release},
    async (t, machine) => {
      if (scope === 'user') await machine.enableLinger('dev')
      const caller = new Caller(machine, scope)
      const before = await caller.files()
      // Without the impatience that other tests have.
      const env = {HERMES_SVC_START_SETTLE: '', HERMES_SVC_STOP_TIMEOUT: '', HERMES_SVC_RESTART_DELAY: ''}
      const {stdout, stderr, code} = await caller.run(VERIFY, {env, timeoutMs: LONGEST_MS})
      const {tests} = JSON.parse(stdout || '{"tests":[]}') as Verification
      const reasons = (result: string): string[] =>
        tests.filter(each => each.result === result).map(({title, reason}) => `${title} ${reason ?? ''}`)
      t.deepEqual(reasons('failed'), [])
      t.is(code, 0, stderr)
      t.true(
        reasons('passed').length >= LEAST_SENTENCES,
        `only ${String(reasons('passed').length)} sentences were tried`,
      )
      const skipped = tests.filter(({result}) => result === 'skipped')
      const withoutReason = skipped.filter(
        ({reason}) => !NO_HOOK.test(reason ?? '') && !NOT_OF_SYSTEMD.test(reason ?? ''),
      )
      t.deepEqual(withoutReason, [])
      const gateways = (): number =>
        machine.processes().filter(({argv}) => argv.join(' ').includes('conformance')).length
      await eventually('no process is left', () => gateways() === 0)
      t.is(await caller.systemctl('list-units', '--all', '--no-legend', '--plain', 'hermes*'), '')
      t.deepEqual(await caller.files(), before)
    },
    true,
  )
}
