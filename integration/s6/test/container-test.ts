import test, {type ExecutionContext} from 'ava'
import {type Account, type ContainerOptions, type Starter, whyNoContainer} from './container.js'
import {Supervised} from './supervised.js'

const REASONS = {root: whyNoContainer('root'), user: whyNoContainer('user')}

/** Who starts a container for a test that is not about that: root where the tests run as root. */
export const STARTER: Starter = REASONS.root === '' ? 'root' : 'user'

/** One of the ways in which a container with Hermes is found. */
export interface Variant extends ContainerOptions {
  /** Who uses the CLI. */
  readonly user: Account
}

/** The variants that a user meets: who started the container, whose the scan directory is, who asks. */
export const VARIANTS: readonly Variant[] = (['root', 'user'] as const).flatMap(as => [
  {as, scandirOwner: 'root', user: 'root'},
  {as, scandirOwner: 'hermes', user: 'root'},
  {as, scandirOwner: 'hermes', user: 'hermes'},
])

/** A test in a container of its own, one at a time in its file; skipped, saying why, where there can be none. */
export function containerTest(
  title: string,
  variant: Variant,
  implementation: (t: ExecutionContext, supervised: Supervised) => Promise<void>,
): void {
  const {as, scandirOwner, user} = variant
  const place = `started by ${as}, /run/service of ${scandirOwner}, used by ${user}`
  const reason = REASONS[as]
  const body = async (t: ExecutionContext): Promise<void> => {
    t.timeout(300_000)
    const supervised = await Supervised.start(t, variant, user)
    await implementation(t, supervised)
  }
  if (reason === '') test.serial(`${title} [${place}]`, body)
  else test.skip(`${title} [${place}] (skipped: ${reason})`, body)
}
