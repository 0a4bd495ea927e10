import test, {type ExecutionContext} from 'ava'
import {type Account, type ContainerOptions, REPOSITORY, whyNoContainer} from './container.js'
import {eventually} from './eventually.js'
import {prepareRootfs, whyNoRootfs} from './rootfs.js'
import {Supervised} from './supervised.js'

const VERIFY = ['/opt/node', `${REPOSITORY}/packages/cli/bin/run.js`, 'backend', 'verify', 's6', '--json']
const LONGEST_MS = 540_000
/** Far less than the contract has, and far more than a run that was cut short gets through. */
const MOST_SENTENCES = 60
/** What only a program beside the CLI could do; packages/backend-s6 has tests with all of these. */
const NO_HOOK = /^no \w+ was given$/
const NOT_OF_S6 = /capabilities/

interface Place extends ContainerOptions {
  readonly user: Account
  readonly release?: 'trixie' | 'sid'
}

interface Verification {
  readonly failed: number
  readonly tests: {title: string; result: 'passed' | 'failed' | 'skipped'; reason: string | null}[]
}

const PLACES: readonly Place[] = [
  {as: 'root', scandirOwner: 'root', user: 'root'},
  {as: 'root', scandirOwner: 'hermes', user: 'hermes'},
  {as: 'user', scandirOwner: 'hermes', user: 'hermes'},
  {as: 'root', scandirOwner: 'hermes', user: 'hermes', release: 'trixie'},
  {as: 'root', scandirOwner: 'hermes', user: 'hermes', release: 'sid'},
]

/** Every file but logs of PID 1, so that whatever a run leaves shows. */
async function files(s6: Supervised): Promise<string> {
  return await s6.root('sh', '-c', 'find /opt/data /run /tmp -printf "%p %y %m %u\\n" | sort')
}

async function keepsTheContract(t: ExecutionContext, place: Place): Promise<void> {
  t.timeout(LONGEST_MS)
  const {user, release} = place
  const options = release === undefined ? place : {...place, rootfs: prepareRootfs(release)}
  const s6 = await Supervised.start(t, options, user)
  const before = await files(s6)
  const {stdout, stderr, signal} = await s6.container.exec(VERIFY, {user, timeoutMs: LONGEST_MS})
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
  if (place === PLACES[0]) for (const {title, reason} of withoutHook) t.log(`not tried, ${reason ?? ''}: ${title}`)
  await eventually('no process is left', () => s6.others().length === 0)
  t.is(await files(s6), before)
}

// Side by side: each mostly waits.
for (const place of PLACES) {
  const {as, scandirOwner, user, release} = place
  const version = release === undefined ? '' : `, s6 of ${release}`
  const title = `s6 keeps the contract [started by ${as}, /run/service of ${scandirOwner}, used by ${user}${version}]`
  const reason = whyNoContainer(as) || (release === undefined ? '' : whyNoRootfs(release))
  if (reason === '') test(title, keepsTheContract, place)
  else test.skip(`${title} (skipped: ${reason})`, keepsTheContract, place)
}
