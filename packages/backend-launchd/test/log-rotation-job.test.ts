import {chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {createToolRunner, type ToolRunner} from '@hermes-svc/core'
import {jobLabel, launcherPath, ownDirectory, plistName} from '../dist/job-paths.js'
import type {Domain} from '../dist/launchd-facts.js'
import {LaunchdServiceManager} from '../dist/launchd-service-manager.js'
import {renderPlist} from '../dist/plist.js'
import {eventually, fakeTest} from './fake-launchd/fixture.js'
import {RotationFixture} from './rotation-fixture.js'

const uid = String(process.getuid?.())
const userDomain = `user/${uid}` as Domain

/** What belongs to a gateway is not looked at: a definition of ours is by its launcher. */
function defineGateway({context, mac}: RotationFixture, profile: string): string {
  const launcher = launcherPath(ownDirectory(context.paths.gateways, profile), profile)
  const label = jobLabel(profile)
  const path = join(mac.agents, plistName(label))
  const text = renderPlist({
    Label: label,
    ProgramArguments: [launcher, 'ab12', '-', '/bin/sleep'],
    WorkingDirectory: '/',
    RunAtLoad: true,
    KeepAlive: true,
  })
  writeFileSync(path, text, {mode: 0o644})
  return path
}

/** The words that the job is to be started with. */
function words({place, context}: RotationFixture): string[] {
  return [place.script, context.paths.logs]
}

fakeTest('the job is made, loaded and run at once, and no verb shows it', async t => {
  const fixture = await RotationFixture.create(t)
  const log = fixture.log('coder')
  log.write(11)
  await fixture.ensure()
  t.deepEqual(fixture.domains, ['gui'])
  t.deepEqual(fixture.loaded, words(fixture))
  await eventually('the log is rotated', () => log.archives.length === 1)
  t.deepEqual(fixture.files.length, 3)
  t.deepEqual(await new LaunchdServiceManager('launchd', fixture.context, fixture.places).status(), [])
  t.deepEqual(fixture.warnings, [])
})

fakeTest('made again it changes nothing, and asks launchd once', async t => {
  const fixture = await RotationFixture.create(t)
  await fixture.ensure()
  const facts = await fixture.machine.facts()
  const before = [fixture.mac.calls().length, ...fixture.files.map(path => statSync(path).mtimeMs)]
  await fixture.job().ensure('user', facts)
  t.deepEqual(fixture.callsSince(before[0] ?? 0), ['print'])
  t.deepEqual([before[0], ...fixture.files.map(path => statSync(path).mtimeMs)], before)
})

fakeTest('what was changed or taken away comes back', async t => {
  const fixture = await RotationFixture.create(t)
  await fixture.ensure()
  const {script, plist, label} = fixture.place
  writeFileSync(script, 'exit 1\n')
  await fixture.ensure()
  t.true(statSync(script).size > 1000)
  chmodSync(script, 0o644)
  await fixture.ensure()
  t.is(statSync(script).mode & 0o777, 0o755)
  writeFileSync(join(dirname(plist), `.staging-${basename(plist)}.abc`), 'half')
  writeFileSync(plist, 'half a pl')
  await fixture.ensure()
  t.deepEqual(readdirSync(dirname(plist)), [basename(plist)])
  t.deepEqual(fixture.loaded, words(fixture))
  fixture.mac.run('bootout', `gui/${uid}/${label}`)
  fixture.mac.run('disable', `gui/${uid}/${label}`)
  await eventually('it is unloaded', () => fixture.domains.length === 0)
  await fixture.ensure()
  t.deepEqual(fixture.domains, ['gui'])
  t.deepEqual(fixture.warnings, [])
})

fakeTest('another plan replaces what launchd has, also where launchd takes its time', async t => {
  const fixture = await RotationFixture.create(t)
  await fixture.ensure()
  const facts = await fixture.machine.facts()
  for (const bootstrapBusyCode of [5, 37] as const) {
    fixture.mac.setFaults({teardownMs: 900, bootstrapBusyCode, spuriousBootstrapFailures: 1})
    const logs = join(facts.root, `to-${String(bootstrapBusyCode)}`)
    await fixture.job().ensure('user', {...facts, logs})
    t.deepEqual(fixture.loaded, [fixture.place.script, logs])
  }
  t.deepEqual(fixture.warnings, [])
})

fakeTest('installed from another session it moves there, and is never in two', async t => {
  const fixture = await RotationFixture.create(t)
  await fixture.ensure()
  const facts = await fixture.machine.facts()
  await fixture.job().ensure('user', {...facts, user: {...facts.user, domain: userDomain}})
  t.deepEqual(fixture.domains, ['user'])
  t.deepEqual(fixture.mac.doubles(), [])
})

/** Ends with an error at the call of that number, as if we had been killed. */
function dyingAt(number: number, tools: ToolRunner): ToolRunner & {readonly isDead: () => boolean} {
  let left = number
  return {
    isDead: () => left <= 0,
    run(...given) {
      left -= 1
      return left <= 0 ? Promise.reject(new Error('killed')) : tools.run(...given)
    },
    lines: (...given) => tools.lines(...given),
  }
}

fakeTest('killed at any call, the next install has launchd by what is on disk', async t => {
  const fixture = await RotationFixture.create(t)
  const facts = await fixture.machine.facts()
  const plans = [facts, {...facts, logs: join(facts.root, 'elsewhere')}]
  let isKilled = true
  for (let number = 1; isKilled; number += 1) {
    const [before, planned] = number % 2 === 1 ? plans : plans.toReversed()
    if (before === undefined || planned === undefined) return
    await fixture.job().ensure('user', before)
    const tools = dyingAt(number, createToolRunner(fixture.context.env))
    await fixture.job({tools}).ensure('user', planned)
    isKilled = tools.isDead()
    await fixture.job().ensure('user', planned)
    t.deepEqual(fixture.loaded, [fixture.place.script, planned.logs], String(number))
    t.deepEqual(fixture.warnings.splice(0), isKilled ? ['logs are not rotated: killed'] : [])
  }
})

fakeTest('where it fails there is a warning, and no more', async t => {
  const fixture = await RotationFixture.create(t)
  const {label} = fixture.place
  fixture.mac.setFaults({loginItemsOff: [label]})
  await fixture.ensure()
  const why = 'allow hermes-log-rotation in System Settings, General, Login Items & Extensions'
  t.deepEqual(fixture.warnings, [`logs are not rotated: launchd does not take gui/${uid}/${label}; ${why}`])
  const other = fixture.another()
  mkdirSync(other.place.plist)
  await other.ensure()
  t.regex(other.warnings.join(), /^logs are not rotated: EISDIR/)
})

fakeTest('whoever aborts hears no more of it', async t => {
  const fixture = await RotationFixture.create(t)
  const facts = await fixture.machine.facts()
  const controller = new AbortController()
  controller.abort()
  await t.throwsAsync(fixture.job().ensure('user', facts, controller.signal))
  t.deepEqual(fixture.warnings, [])
})

fakeTest('with the last gateway it goes, whole, and with what launchd noted of it', async t => {
  const fixture = await RotationFixture.create(t)
  const other = fixture.another()
  await fixture.ensure()
  await other.ensure()
  defineGateway(other, 'coder')
  const path = defineGateway(fixture, 'writer')
  t.deepEqual(await fixture.remove(), [])
  t.deepEqual(fixture.domains, ['gui'])
  writeFileSync(path, 'somebody else’s')
  const {plist, directory, label} = fixture.place
  fixture.mac.run('disable', `user/${uid}/${label}`)
  t.deepEqual(await fixture.remove(), [plist, directory])
  t.deepEqual([fixture.domains, fixture.files], [[], []])
  t.false(fixture.mac.run('print-disabled', `user/${uid}`).stdout.includes(`"${label}" => disabled`))
  t.deepEqual(await fixture.remove(), [])
  t.deepEqual([other.domains, other.files.length], [['gui'], 3])
})

fakeTest('daemons have a daemon for it, whose script is not in the profile root', async t => {
  const fixture = await RotationFixture.create(t, 'system', {root: true})
  await fixture.ensure()
  t.deepEqual(fixture.domains, ['system'])
  t.deepEqual(fixture.loaded, [fixture.place.script, fixture.places.logs])
  const {plist, script, directory} = fixture.place
  t.true(script.startsWith(`${fixture.places.support}/`))
  t.deepEqual(await fixture.remove(), [plist, directory, dirname(directory)])
  t.false(existsSync(dirname(directory)))
  t.deepEqual(fixture.domains, [])
})
