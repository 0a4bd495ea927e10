import test, {type ExecutionContext} from 'ava'
import {Lanes, LONGEST_TURN_MS} from '../../testing/dist/lanes.js'
import {Machine, whyNoMachine} from './machine.js'
import {type Release, RELEASES, TREES} from './trees.js'

const NO_MACHINE = whyNoMachine()

/** Machines of one test file at a time: their tests wait half of the time, and two files run side by side. */
const LANES = new Lanes(2)

/**
 * A test on a machine of its own that has systemd of that release, two at a time in its file unless it `waitsMostly` and so
 * may run beside all others; skipped, saying why, where there can be none.
 */
export function machineTest(
  title: string,
  {release}: {readonly release: Release},
  implementation: (t: ExecutionContext, machine: Machine) => Promise<void>,
  waitsMostly = false,
): void {
  const reason = NO_MACHINE || TREES.whyNot(release)
  const inTurn = LANES.next()
  const body = async (t: ExecutionContext): Promise<void> => {
    t.timeout(LONGEST_TURN_MS)
    const run = async (): Promise<void> => {
      await implementation(t, await Machine.start(t, await TREES.prepare(release)))
    }
    await (waitsMostly ? run() : inTurn(run))
  }
  if (reason === '') test(`${title} [${release}]`, body)
  else test.skip(`${title} [${release}] (skipped: ${reason})`, body)
}

/** The same test on every release. */
export function machineTests(
  title: string,
  implementation: (t: ExecutionContext, machine: Machine) => Promise<void>,
  waitsMostly = false,
): void {
  for (const release of RELEASES) machineTest(title, {release}, implementation, waitsMostly)
}
