import type {ExecutionContext} from 'ava'
import {containerTest, type Variant, VERSIONS} from './container-test.js'
import {REPOSITORY} from './container.js'
import {eventually} from '../../testing/dist/eventually.js'
import type {Supervised} from './supervised.js'

const VERIFY = ['/opt/node', `${REPOSITORY}/packages/cli/bin/run.cjs`, 'backend', 'verify', 's6', '--json']
const LONGEST_MS = 540_000
/** Somewhat fewer than bind s6, so that a run which was cut short shows. */
const LEAST_SENTENCES = 60
/** What only a program beside the CLI could do; packages/backend-s6 has tests with all of these. */
const NO_HOOK = /^no \w+ was given$/
const NOT_OF_S6 = /capabilities/

interface VerifiedSentence {
  readonly title: string
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly reason: string | null
}

interface Verification {
  readonly tests: readonly VerifiedSentence[]
}

// The newest version of s6 has the shorter tests.
const FIRST: Variant = {as: 'root', scandirOwner: 'root', user: 'root'}
const PLACES = [FIRST, {as: 'user', scandirOwner: 'hermes', user: 'hermes'} as const, ...VERSIONS.slice(0, 1)]

/** Every path where gateways leave something. */
async function files(s6: Supervised): Promise<string> {
  return await s6.root('sh', '-c', 'find /opt/data /run /tmp -printf "%p %y %m %u\\n" | sort')
}

async function assertKeepsTheContract(t: ExecutionContext, s6: Supervised): Promise<VerifiedSentence[]> {
  const before = await files(s6)
  const {stdout, stderr, code} = await s6.container.exec(VERIFY, {user: s6.user, timeoutMs: LONGEST_MS})
  const {tests} = JSON.parse(stdout || '{"tests":[]}') as Verification
  const reasons = (result: string): string[] =>
    tests.filter(each => each.result === result).map(({title, reason}) => `${title} ${reason ?? ''}`)
  t.deepEqual(reasons('failed'), [])
  t.is(code, 0, stderr)
  t.true(reasons('passed').length >= LEAST_SENTENCES, `only ${String(reasons('passed').length)} sentences were tried`)
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
  containerTest('s6 keeps the contract', place, keepsTheContract, true)
}
