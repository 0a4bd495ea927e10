import {spawnSync} from 'node:child_process'
import {unitTests, watch} from './unit-fixture.js'

const test = unitTests()

test('a manager that was started anew between two questions is asked by a new connection', async (t, fixture) => {
  const {manager, profile, systemd} = fixture
  const {pid} = await fixture.run()
  await systemd.reboot()
  const row = await fixture.reaches('running')
  t.not(row.pid, pid)
  t.like(await manager.stop(profile), {wanted: 'down'})
})

test('a manager that is gone is unreachable, and is asked again as soon as it is back', async (t, fixture) => {
  const {manager, systemd} = fixture
  t.deepEqual(await manager.status(), [])
  await systemd.stop()
  const error = await t.throwsAsync(manager.status(), {message: /expected the user manager of root to listen/})
  t.like(error, {code: 'HSVC_BACKEND_UNAVAILABLE'})
  await systemd.start()
  t.deepEqual(await manager.status(), [])
})

test('all questions of one backend object go by one connection, also those that are asked at once', async (t, fixture) => {
  await fixture.run()
  const {socket, manager} = await watch(t, fixture)
  await Promise.all([manager.status(), manager.status(), manager.isRunning(fixture.profile)])
  await manager.restart(fixture.profile)
  t.is(socket.calls.length, 1)
})

test('a connection that is open does not keep the process alive', async (t, fixture) => {
  await fixture.run()
  const module = (name: string) => JSON.stringify(import.meta.resolve(name))
  const script = `
    const {backend} = await import(${module('../dist/index.js')})
    const {suiteContext} = await import(${module('@hermes-svc/core/conformance')})
    const [row] = await backend.create(suiteContext(${JSON.stringify(fixture.root)})).status()
    process.stdout.write(row.state)`
  const {status, stdout, stderr} = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: {...fixture.context.env},
    encoding: 'utf8',
    timeout: 60_000,
  })
  t.deepEqual({status, stdout, stderr}, {status: 0, stdout: 'running', stderr: ''})
})
