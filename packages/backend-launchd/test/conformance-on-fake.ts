import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {conformance, type ForeignGateway} from '@hermes-svc/core/conformance'
import {renderPlist} from '../dist/plist.js'
import {FakeLaunchd, type FakeLaunchdOptions, FAULT_PROFILES, type FaultProfile} from './fake-launchd/fake-launchd.js'
import {whyNoFakeLaunchd} from './fake-launchd/fixture.js'
import {backend, chooseMac} from './fake-mac.js'

/** For all of them: the tests of the suite wait for each other, and each is timed from the beginning. */
const LONGEST_MS = 3_600_000

/** An agent as Hermes itself would make it, defined and not loaded. */
function makeForeignAgent(mac: FakeLaunchd, profile: string, argv: readonly string[]): ForeignGateway {
  const label = `ai.hermes.gateway-${profile}`
  const marker = `somebody else's ${profile}`
  const keys = {Label: label, ProgramArguments: argv, WorkingDirectory: '/', RunAtLoad: true, KeepAlive: true}
  const sessions = '<key>LimitLoadToSessionType</key><array><string>Aqua</string><string>Background</string></array>'
  const text = renderPlist(keys).replace('<dict>', `<dict><!-- ${marker} -->${sessions}`)
  const path = join(mac.agents, `${label}.plist`)
  mkdirSync(mac.agents, {recursive: true})
  writeFileSync(path, text, {mode: 0o644})
  return {
    marker,
    untouched: () => Promise.resolve(readFileSync(path, 'utf8') === text),
    remove() {
      const uid = String(process.getuid?.())
      for (const domain of ['gui', 'user']) mac.run('bootout', `${domain}/${uid}/${label}`)
      rmSync(path, {force: true})
      return Promise.resolve()
    },
  }
}

/** The faults of several profiles at once. */
function merge(profiles: readonly FaultProfile[]): FakeLaunchdOptions {
  return profiles.reduce<FakeLaunchdOptions>((merged, profile) => {
    const next = FAULT_PROFILES[profile]
    return {...merged, ...next, faults: {...merged.faults, ...next.faults}}
  }, {})
}

/**
 * The contract as a test suite, on a fake Mac with the faults of some profiles. With `killsInstalls` installs are also
 * killed at each of their steps, which takes as long as all the rest.
 */
export async function conformanceOnFake(
  profiles: readonly FaultProfile[],
  {killsInstalls = false} = {},
): Promise<void> {
  const label = `[fake launchd, ${profiles.join(' and ')}]`
  if (whyNoFakeLaunchd !== '') {
    test.skip(`conformance ${label} (skipped: ${whyNoFakeLaunchd})`, () => undefined)
    return
  }
  const mac = await FakeLaunchd.start(merge(profiles))
  test.after.always(() => mac.remove())
  test.serial.afterEach.always(t => {
    if (!t.passed) t.log(`chances are drawn from the seed ${String(mac.seed)}`)
  })
  chooseMac(mac)
  conformance({
    backend,
    ...(killsInstalls ? {module: new URL('fake-mac.js', import.meta.url).href} : {}),
    prefix: 'launchd-conformance',
    scope: 'user',
    // A verb that runs out of time must have come to what it does: with every answer late that takes a second.
    timing: {quietMs: 300, shortVerbMs: 1500, deadlineMs: 60_000},
    repeat: 3,
    runsTools: true,
    reboot: () => mac.reboot(),
    foreign: (name, argv) => Promise.resolve(makeForeignAgent(mac, name, argv)),
    silence() {
      const end = mac.silence()
      return Promise.resolve(() => {
        end()
        return Promise.resolve()
      })
    },
    test(title, run) {
      test(`${title} ${label}`, async t => {
        t.timeout(LONGEST_MS)
        await t.notThrowsAsync(run)
      })
    },
  })
  test(`No label ever ran in two domains. ${label}`, t => {
    t.deepEqual(mac.doubles(), [])
  })
}
