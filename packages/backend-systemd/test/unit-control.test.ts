import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {restart} from './plain-gateway.js'
import {lives, unitTests, type UnitFixture, watch} from './unit-fixture.js'
import {eventually} from './user-manager.js'

const test = unitTests()

function commandLine(pid: number | null): string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')
      .split('\0')
      .slice(0, -1)
  } catch {
    return []
  }
}

/** The manager has taken a job on when it answers, and the process of before may still be there. */
async function untilItSleeps(fixture: UnitFixture, seconds: string, profile = fixture.profile): Promise<void> {
  await eventually(`${profile} sleeps ${seconds}`, async () => {
    const {state, pid} = await fixture.status(profile)
    return state === 'running' && commandLine(pid).join(' ') === `/bin/sleep ${seconds}`
  })
}

function edit(fixture: UnitFixture, from: string, to: string): void {
  const text = readFileSync(fixture.unit(), 'utf8')
  if (!text.includes(from)) throw new Error(`expected ${from} in ${text}`)
  writeFileSync(fixture.unit(), text.replace(from, to))
}

for (const verb of ['start', 'restart'] as const) {
  test(`${verb} of a masked unit is refused with the command that unmasks it`, async (t, fixture) => {
    const {manager, profile, systemd} = fixture
    systemd.systemctl('mask', `hermes-svc-${profile}.service`)
    const error = await t.throwsAsync(manager[verb](profile), {message: /is masked/})
    t.like(error, {
      code: 'HSVC_PERMISSION_DENIED',
      hint: `to allow it: systemctl --user unmask hermes-svc-${profile}.service`,
    })
  })

  test(`${verb} of a unit that was edited into one that systemd cannot read has failed, and says how it is put right`, async (t, fixture) => {
    const {manager, profile} = fixture
    await manager.install(fixture.spec())
    edit(fixture, 'ExecStart=/bin/sleep 1000', 'ExecStart="/bin/sleep')
    const error = await t.throwsAsync(manager[verb](profile), {message: /cannot read its definition/})
    t.like(error, {code: 'HSVC_START_FAILED'})
    t.regex((error as {hint?: string}).hint ?? '', new RegExp(`gateway install ${profile} --force`))
  })
}

test('given up after as many failures as it may have, it has failed, until a start by hand begins anew', async (t, fixture) => {
  const {manager, profile} = fixture
  const starts = join(fixture.root, 'starts')
  const count = () => readFileSync(starts, 'utf8').length
  await manager.install(
    fixture.spec({
      argv: ['/bin/sh', '-c', `printf x >> ${starts}; exit 3`],
      ...restart({delayMs: 20, maxDelayMs: 20, giveUpAfter: 3}),
    }),
  )
  // Otherwise start would have units read, and the limit of starts is forgotten with that.
  fixture.systemd.systemctl('daemon-reload')
  for (const round of [1, 2]) {
    await manager.start(profile)
    t.like(await fixture.reaches('failed'), {wanted: 'up', restarts: 3, lastExit: {code: 3, signal: null}})
    t.is(count(), 3 * round)
  }
})

test('new units need no reload, however many there are', async (t, fixture) => {
  const {socket, manager} = await watch(t, fixture)
  const profiles = Array.from({length: 10}, (_, index) => `${fixture.profile}-${String(index)}`)
  await Promise.all(profiles.map(profile => manager.install(fixture.spec({profile}))))
  await Promise.all(profiles.map(profile => manager.start(profile)))
  for (const profile of profiles) await fixture.reaches('running', profile)
  t.is(socket.count('StartUnit'), 10)
  t.is(socket.count('Reload'), 0)
})

test('units that are changed at the same time share reloads', async (t, fixture) => {
  const {socket, manager} = await watch(t, fixture)
  const profiles = Array.from({length: 10}, (_, index) => `${fixture.profile}-${String(index)}`)
  await Promise.all(profiles.map(profile => fixture.run({profile})))
  await Promise.all(profiles.map(profile => manager.install(fixture.spec({profile, argv: ['/bin/sleep', '2000']}))))
  t.true(socket.count('Reload') > 0)
  t.true(socket.count('Reload') < profiles.length / 2, String(socket.count('Reload')))
  await Promise.all(profiles.map(profile => manager.restart(profile)))
  for (const profile of profiles) await t.notThrowsAsync(untilItSleeps(fixture, '2000', profile))
})

for (const verb of ['restart', 'start'] as const) {
  test(`a drop-in, new or changed, is what the next ${verb} goes by`, async (t, fixture) => {
    const {manager, profile} = fixture
    await fixture.run()
    for (const seconds of ['3000', '4000']) {
      if (verb === 'start') await manager.stop(profile)
      fixture.writeDropIn(fixture.unit(), `[Service]\nExecStart=\nExecStart=/bin/sleep ${seconds}\n`)
      await manager[verb](profile)
      await t.notThrowsAsync(untilItSleeps(fixture, seconds))
    }
    const {kept} = await manager.uninstall(profile)
    t.true(kept.includes(`${fixture.unit()}.d`))
    t.true(existsSync(`${fixture.unit()}.d`))
  })

  test(`a unit that was edited by hand is what the next ${verb} goes by`, async (t, fixture) => {
    const {manager, profile} = fixture
    await fixture.run()
    if (verb === 'start') await manager.stop(profile)
    edit(fixture, '/bin/sleep 1000', '/bin/sleep 5000')
    await manager[verb](profile)
    await t.notThrowsAsync(untilItSleeps(fixture, '5000'))
  })
}

test('start leaves a process alone whose definition has changed', async (t, fixture) => {
  const {pid} = await fixture.run()
  edit(fixture, '/bin/sleep 1000', '/bin/sleep 5000')
  t.like(await fixture.manager.start(fixture.profile), {pid, state: 'running'})
  t.true(lives(pid))
})

test('start does not wait for the delay of one that waits to be started again', async (t, fixture) => {
  const {manager, profile} = fixture
  const marker = join(fixture.root, 'marker')
  const script = `test -e ${marker} && exec /bin/sleep 1000; exit 1`
  await manager.install(fixture.spec({argv: ['/bin/sh', '-c', script], ...restart({delayMs: 3_600_000})}))
  await manager.start(profile)
  await fixture.reaches('backoff')
  writeFileSync(marker, '')
  await manager.start(profile)
  t.like(await fixture.reaches('running'), {wanted: 'up'})
})

test('stop lasts over a start of everything that is enabled, and start undoes it', async (t, fixture) => {
  const {manager, profile, systemd} = fixture
  await fixture.run()
  await manager.stop(profile)
  t.false(existsSync(fixture.link()))
  systemd.systemctl('daemon-reload')
  systemd.systemctl('start', 'default.target')
  t.like(await fixture.reaches('stopped'), {wanted: 'down', pid: null})
  await manager.start(profile)
  t.true(existsSync(fixture.link()))
})
