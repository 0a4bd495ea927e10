import test, {type ExecutionContext} from 'ava'
import {Lanes, LONGEST_TURN_MS} from '../../testing/dist/lanes.js'
import {type Account, type ContainerOptions, type Starter, whyNoContainer} from './container.js'
import {type Release, RELEASES, TREES} from './rootfs.js'
import {Supervised} from './supervised.js'

const REASONS = {root: whyNoContainer('root'), user: whyNoContainer('user')}

/** Who starts a container for a test that is not about that: root where the tests run as root. */
export const STARTER: Starter = REASONS.root === '' ? 'root' : 'user'

/** One of the ways in which a container with Hermes is found. */
export interface Variant extends Omit<ContainerOptions, 'rootfs'> {
  /** Who uses the CLI. */
  readonly user: Account
  /** The Debian release whose s6 is there; that of this machine when there is none. */
  readonly release?: Release
}

/** As a plain s6-overlay image is, and root asks. */
export const OF_ROOT: Variant = {as: STARTER, scandirOwner: 'root', user: 'root'}

/** As Hermes' image is, and its account asks. */
export const OF_HERMES: Variant = {as: STARTER, scandirOwner: 'hermes', user: 'hermes'}

/** The variants that a user meets: who started the container, whose the scan directory is, who asks. */
export const VARIANTS: readonly Variant[] = (['root', 'user'] as const).flatMap(as => [
  {as, scandirOwner: 'root', user: 'root'},
  {as, scandirOwner: 'hermes', user: 'root'},
  {as, scandirOwner: 'hermes', user: 'hermes'},
])

/** The other versions of s6, as Hermes' account meets them. */
export const VERSIONS: readonly Variant[] = RELEASES.map(release => ({...OF_HERMES, as: 'root', release}))

/** Containers of one test file at a time: their tests wait half of the time, and two files run side by side. */
const LANES = new Lanes(2)

/**
 * A test in a container of its own, two at a time in its file unless it `waitsMostly` and so may run beside all others;
 * skipped, saying why, where there can be none.
 */
export function containerTest(
  title: string,
  variant: Variant,
  implementation: (t: ExecutionContext, s6: Supervised) => Promise<void>,
  waitsMostly = false,
): void {
  const {as, scandirOwner, user, release} = variant
  const s6 = release === undefined ? '' : `, s6 of ${release}`
  const place = `started by ${as}, /run/service of ${scandirOwner}, used by ${user}${s6}`
  const reason = REASONS[as] || (release === undefined ? '' : TREES.whyNot(release))
  const run = async (t: ExecutionContext): Promise<void> => {
    const options = release === undefined ? variant : {...variant, rootfs: await TREES.prepare(release)}
    await implementation(t, await Supervised.start(t, options, user))
  }
  const inTurn = LANES.next()
  const body = async (t: ExecutionContext): Promise<void> => {
    t.timeout(LONGEST_TURN_MS)
    await (waitsMostly ? run(t) : inTurn(() => run(t)))
  }
  if (reason === '') test(`${title} [${place}]`, body)
  else test.skip(`${title} [${place}] (skipped: ${reason})`, body)
}
