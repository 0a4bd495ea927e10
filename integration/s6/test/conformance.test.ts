import test, {type ExecutionContext} from 'ava'
import {containerTest, type Variant, VERSIONS} from './container-test.js'
import {REPOSITORY} from './container.js'
import {eventually} from './eventually.js'
import type {Supervised} from './supervised.js'

const VERIFY = ['/opt/node', `${REPOSITORY}/packages/cli/bin/run.js`, 'backend', 'verify', 's6', '--json']
const LONGEST_MS = 540_000
/** Far less than the contract has, and far more than a run that was cut short gets through. */
const MOST_SENTENCES = 60
/** What only a program beside the CLI could do; packages/backend-s6 has tests with all of these. */
const NO_HOOK = /^no \w+ was given$/
const NOT_OF_S6 = /capabilities/

interface VerifiedSentence {
  readonly title: string
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly reason: string | null
}

interface Verification {
  readonly failed: number
  readonly tests: readonly VerifiedSentence[]
}

const OF_HERMES: Variant = {as: 'root', scandirOwner: 'hermes', user: 'hermes'}
const FIRST: Variant = {as: 'root', scandirOwner: 'root', user: 'root'}
const PLACES = [FIRST, OF_HERMES, {...OF_HERMES, as: 'user'} as const, ...VERSIONS]

/** Every file but logs of PID 1, so that whatever a run leaves shows. */
async function files(s6: Supervised): Promise<string> {
  return await s6.root('sh', '-c', 'find /opt/data /run /tmp -printf "%p %y %m %u\\n" | sort')
}

async function assertKeepsTheContract(t: ExecutionContext, s6: Supervised): Promise<VerifiedSentence[]> {
  const before = await files(s6)
  const {stdout, stderr, signal} = await s6.container.exec(VERIFY, {user: s6.user, timeoutMs: LONGEST_MS})
  t.is(signal, null, stderr)
  const {tests, failed} = JSON.parse(stdout) as Verification
  const reasons = (result: string): string[] =>
    tests.filter(each => each.result === result).map(({title, reason}) => `${title} ${reason ?? ''}`)
  t.deepEqual(reasons('failed'), [])
  t.is(failed, 0)
  t.true(reasons('passed').length >= MOST_SENTENCES, `only ${String(reasons('passed').length)} sentences were tried`)
  const skipped = tests.filter(({result}) => result === 'skipped')
  const withoutHook = skipped.filter(({reason}) => NO_HOOK.test(reason ?? ''))
  t.deepEqual(
    skipped.filter(each => !withoutHook.includes(each) && !NOT_OF_S6.test(each.reason ?? '')),
    [],
  )
  await eventually('no process is left', () => s6.others().length === 0)
  t.is(await files(s6), before)
  return withoutHook
}

for (const place of PLACES) {
  const keepsTheContract = async (t: ExecutionContext, s6: Supervised): Promise<void> => {
    const notTried = await assertKeepsTheContract(t, s6)
    if (place === FIRST) for (const {title, reason} of notTried) t.log(`not tried, ${reason ?? ''}: ${title}`)
  }
  // Side by side: each mostly waits.
  containerTest('s6 keeps the contract', place, keepsTheContract, test)
}
