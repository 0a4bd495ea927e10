import {readFileSync} from 'node:fs'
import {unitTests, watch} from './unit-fixture.js'
import {eventually} from './user-manager.js'

const test = unitTests()

test('a listing asks for all loaded units at once and then only what each state needs, by one connection', async (t, fixture) => {
  const names = (state: string, count: number) =>
    Array.from({length: count}, (_, index) => `${fixture.profile}-${state}-${String(index)}`)
  const running = names('running', 5)
  const stopped = names('stopped', 20)
  const failed = names('failed', 3)
  await Promise.all(running.map(profile => fixture.run({profile})))
  await Promise.all(stopped.map(profile => fixture.manager.install(fixture.spec({profile}))))
  for (const profile of failed) {
    await fixture.manager.install(fixture.spec({profile, argv: ['/bin/sh', '-c', 'exit 78']}))
    await fixture.manager.start(profile)
    await fixture.reaches('failed', profile)
  }
  const {socket, manager} = await watch(t, fixture)

  const rows = await manager.status()

  t.deepEqual(
    rows.map(({profile}) => profile),
    [...failed, ...running, ...stopped].sort(),
  )
  for (const state of ['running', 'stopped', 'failed'] as const)
    t.is(
      rows.filter(row => row.state === state && row.profile.includes(`-${state}-`)).length,
      names(state, {running: 5, stopped: 20, failed: 3}[state]).length,
    )
  t.is(socket.calls.length, 1)
  t.deepEqual([...new Set(socket.calls.flat())].sort(), ['Get', 'ListUnitsByPatterns'])
  t.is(socket.count('ListUnitsByPatterns'), 1)
  // Version and search path of the manager, four of each that runs, five of each that failed.
  t.is(socket.count('Get'), 2 + 4 * running.length + 5 * failed.length)
  socket.forgetCalls()
  await manager.status(stopped)
  t.deepEqual(socket.calls, [['ListUnitsByPatterns']])
})

test('who asks for one each at the same time shares a conversation, and is told of his own', async (t, fixture) => {
  const profiles = Array.from({length: 6}, (_, index) => `${fixture.profile}-${String(index)}`)
  await Promise.all(profiles.map(profile => fixture.manager.install(fixture.spec({profile}))))
  const {socket, manager} = await watch(t, fixture)
  await manager.status([`${fixture.profile}-0`])
  socket.forgetCalls()

  const rows = await Promise.all([...profiles, 'not-there'].map(profile => manager.status([profile])))

  t.deepEqual(
    rows.map(each => each.map(({profile}) => profile)),
    [...profiles.map(profile => [profile]), []],
  )
  t.is(socket.count('ListUnitsByPatterns'), 1)
})

test('units that Hermes made show for profiles of this root, whatever they are called, and not for those of another', async (t, fixture) => {
  const {manager, root, systemd} = fixture
  fixture.writeForeign('', [`Environment="HERMES_HOME=${root}"`, 'ExecStart=/bin/sleep 1000'])
  fixture.writeForeign('abc123', [`Environment=HERMES_HOME=${root}/profiles/writer`, 'ExecStart=/bin/sleep 1000'])
  fixture.writeForeign('other', ['Environment=HERMES_HOME=/elsewhere', 'ExecStart=/bin/sleep 1000'])
  fixture.writeForeign('deeper', [`Environment=HERMES_HOME=${root}/profiles/a/b`, 'ExecStart=/bin/sleep 1000'])
  fixture.writeForeign('reader')
  systemd.systemctl('daemon-reload')
  systemd.systemctl('start', 'hermes-gateway-abc123.service')

  t.deepEqual(
    (await manager.status()).map(({profile, service, origin, state}) => [profile, service, origin, state]),
    [
      ['default', 'hermes-gateway.service', 'foreign', 'stopped'],
      ['reader', 'hermes-gateway-reader.service', 'foreign', 'stopped'],
      ['writer', 'hermes-gateway-abc123.service', 'foreign', 'running'],
    ],
  )
})

test('verbs that act on units that Hermes made change their state, never their text', async (t, fixture) => {
  const {manager, profile} = fixture
  const path = fixture.writeForeign(profile)
  const text = readFileSync(path, 'utf8')
  await manager.start(profile)
  const {pid} = await fixture.reaches('running')
  await manager.restart(profile)
  await eventually('another process', async () => {
    const row = await fixture.status(profile)
    return row.state === 'running' && row.pid !== pid
  })
  await manager.stop(profile)
  t.like(await fixture.reaches('stopped'), {origin: 'foreign', wanted: 'down'})
  const error = await t.throwsAsync(manager.uninstall(profile), {message: /somebody else/})
  t.like(error, {code: 'HSVC_ALREADY_EXISTS'})
  t.is(readFileSync(path, 'utf8'), text)
  t.deepEqual(fixture.files(), [])
})
