import {existsSync, mkdirSync, readdirSync, renameSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import anyTest, {type ExecutionContext} from 'ava'
import {eventually, hasS6, isSupervised} from './s6-scandir.js'
import {SlotFixture} from './slot-fixture.js'

function test(title: string, run: (t: ExecutionContext) => Promise<void>): void {
  if (hasS6) anyTest(title, run)
  else anyTest.skip(`${title} (skipped: needs s6)`, run)
}

/** Somebody else's slot that runs, whose ./finish takes its time, says that it is done, and ends with a code. */
async function runForeign(t: ExecutionContext, finishCode: number) {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const staged = join(fixture.scandir.path, '.staged')
  const done = join(fixture.root, 'done')
  mkdirSync(staged)
  const scripts = {run: 'exec sleep 1000', finish: `sleep 0.3; : > '${done}'; exit ${String(finishCode)}`}
  for (const [name, script] of Object.entries(scripts))
    writeFileSync(join(staged, name), `#!/bin/sh\n${script}\n`, {mode: 0o755})
  renameSync(staged, fixture.slot)
  t.teardown(async () => {
    if (existsSync(fixture.slot)) await fixture.scandir.removeService(`gateway-${fixture.profile}`)
  })
  fixture.scandir.rescan()
  await eventually('it is supervised', () => isSupervised(fixture.slot))
  const {pid} = await fixture.reaches('running')
  return {fixture, pid, done}
}

test('restart brings up a foreign gateway whose finish leaves it down', async t => {
  const {fixture, pid} = await runForeign(t, 125)
  await fixture.manager.restart(fixture.profile)
  const again = await fixture.reaches('running')
  t.not(again.pid, pid)
  t.is(again.origin, 'foreign')
})

test('start brings up a foreign gateway whose finish is about to leave it down', async t => {
  const {fixture, pid} = await runForeign(t, 125)
  await fixture.manager.stop(fixture.profile)
  await eventually('s6-supervise has heard of it', async () => (await fixture.status()).wanted === 'down')
  await fixture.manager.start(fixture.profile)
  await fixture.reaches('running', row => row.pid !== pid)
  t.pass()
})

test('stop lets the finish of a foreign gateway do its work', async t => {
  const {fixture, done} = await runForeign(t, 0)
  await fixture.manager.stop(fixture.profile)
  await fixture.reaches('stopped')
  t.true(existsSync(done))
})

test('adopting a foreign gateway lets its finish do its work', async t => {
  const {fixture, done} = await runForeign(t, 0)
  await fixture.manager.install(fixture.spec(), {adopt: true})
  t.true(existsSync(done))
  t.like(await fixture.status(), {origin: 'installed', state: 'stopped', wanted: 'down'})
})

test('a foreign slot that is there again after each boot is kept once, and one that differs is kept too', async t => {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const adopt = async (script: string, isDown: boolean) => {
    const staged = join(fixture.scandir.path, '.staged')
    mkdirSync(join(staged, 'log'), {recursive: true})
    writeFileSync(join(staged, 'run'), script, {mode: 0o755})
    writeFileSync(join(staged, 'log', 'run'), '#!/bin/sh\nexec s6-log 1\n', {mode: 0o755})
    if (isDown) writeFileSync(join(staged, 'down'), '')
    renameSync(staged, fixture.slot)
    await fixture.manager.install(fixture.spec(), {adopt: true})
    await fixture.manager.uninstall(fixture.profile)
    return readdirSync(join(fixture.root, 'hermes-svc', 'gateways', fixture.profile, 's6')).length
  }
  const [one, other] = ['#!/bin/sh\nexec sleep 1000\n', '#!/bin/sh\nexec sleep 2000\n']
  const kept = []
  for (const [script, isDown] of [
    [one, false],
    [one, false],
    [one, true],
    [one, false],
    [other, true],
    [one, true],
  ] as const)
    kept.push(await adopt(script, isDown))
  t.deepEqual(kept, [1, 1, 2, 2, 3, 3])
  t.is(fixture.warnings.filter(warning => warning.includes('is kept in')).length, 3)
})
