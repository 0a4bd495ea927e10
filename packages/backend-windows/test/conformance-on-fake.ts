import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {BackendContext, ServiceManager} from '@hermes-svc/core'
import test from 'ava'
import {conformance} from '@hermes-svc/core/conformance'
import {backend as real} from '../dist/index.js'
import {backend, chooseWindows, onWindows} from './fake-host.js'
import {FakeWindows, type FakeWindowsOptions, FAULT_PROFILES, type FaultProfile} from './fake-windows/fake-windows.js'
import {whyNoFakeWindows} from './fake-windows/fixture.js'
import {makeForeignGateway} from './foreign-gateway.js'
import {inProcessTools} from './fake-windows/in-process-tools.js'

/** Letters of a profile that tell it from others. */
const SHORT = 8
const LONGEST_MS = 3_600_000

/** As long as a caller is told to wait that gets no answer. Milliseconds. */
const SILENCE_MS = 500

/** Its programs are functions of this process, which saves most of the time. */
function createInProcess(fake: FakeWindows, context: BackendContext): ServiceManager {
  const there = onWindows(fake, context)
  return real.create({...there, tools: inProcessTools(fake, there, fake.faults.hangs ? SILENCE_MS : Infinity)})
}

/** The faults of several profiles at once. */
function merge(profiles: readonly FaultProfile[]): FakeWindowsOptions {
  return profiles.reduce<FakeWindowsOptions>((merged, profile) => {
    const next = FAULT_PROFILES[profile]
    return {...merged, ...next, faults: {...merged.faults, ...next.faults}}
  }, {})
}

/** The contract as a test suite, on a fake Windows with the faults of some profiles; installs are killed with `killsInstalls`. */
export function conformanceOnFake(profiles: readonly FaultProfile[], {killsInstalls = false} = {}): void {
  const label = `[fake Windows, ${profiles.join(' and ')}]`
  if (whyNoFakeWindows !== '') {
    test.skip(`conformance ${label} (skipped: ${whyNoFakeWindows})`, () => undefined)
    return
  }
  const prefix = `windows-${profiles.join('-').slice(0, SHORT)}`
  // Of this suite alone: a log-off ends all that was started with a path below.
  const roots = [join(tmpdir(), `${prefix}-${process.pid.toString(36)}-`)]
  const fake = FakeWindows.create({...merge(profiles), roots})
  test.after.always(() => fake.remove())
  test.serial.afterEach.always(t => {
    if (!t.passed) t.log(`chances are drawn from the seed ${String(fake.seed)}`)
  })
  conformance({
    backend: {
      ...backend,
      detect: context => real.detect(onWindows(fake, context)),
      create: context => createInProcess(fake, context),
    },
    ...(killsInstalls ? {module: new URL('fake-host.js', import.meta.url).href} : {}),
    prefix,
    scope: 'user',
    // A verb that runs out of time must have come to what it does, which takes some calls of schtasks.
    timing: {quietMs: 500, settleMs: 400, shortVerbMs: 1500, deadlineMs: 60_000},
    repeat: 3,
    reboot: () => fake.reboot(),
    foreign: (profile, argv, root) => makeForeignGateway(fake, root, profile, argv),
    test(title, run) {
      // One after the other, and so are the suites of several machines in one file.
      test.serial(`${title} ${label}`, async t => {
        t.timeout(LONGEST_MS)
        chooseWindows(fake)
        await t.notThrowsAsync(run)
      })
    },
  })
  test.serial(`Nobody saw a window. ${label}`, t => {
    t.deepEqual(fake.flashes(), [])
    t.deepEqual(fake.scriptErrors(), [])
  })
}
