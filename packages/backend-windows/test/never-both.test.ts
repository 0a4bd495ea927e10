import {type BackendContext, serviceError, type ServiceManager} from '@hermes-svc/core'
import {type WindowsFixture, windowsTest as test} from './windows-fixture.js'

/** A manager whose schtasks is given up on when it is asked this, without the 15 seconds of that, and does it all the same. */
function withSilence(fixture: WindowsFixture, verb: '/Create' | '/Query'): ServiceManager {
  const {fake, context} = fixture
  const run: BackendContext['tools']['run'] = async (file, args, options) => {
    if (args[0] !== verb) return await context.tools.run(file, args, options)
    await fake.run('schtasks', ...args)
    throw serviceError('HSVC_TIMEOUT', 'schtasks does not answer')
  }
  return fixture.create({tools: {...context.tools, run}})
}

test('beside a task that can be neither changed nor removed no entry is made', async (t, fixture) => {
  const {fake, manager, service} = fixture
  fake.setElevated(true)
  await manager.install(fixture.spec())
  fake.setElevated(false)
  const changed = fixture.spec({description: 'another'})
  await t.throwsAsync(manager.install(changed), {code: 'HSVC_PERMISSION_DENIED'})
  t.truthy(fake.task(service))
  t.deepEqual(fake.startupEntries(), [])
})

test('beside a task that schtasks says nothing of no entry is made', async (t, fixture) => {
  const {fake, manager} = fixture
  await manager.install(fixture.spec())
  const changed = fixture.spec({description: 'another'})
  await t.throwsAsync(withSilence(fixture, '/Query').install(changed), {code: 'HSVC_TIMEOUT'})
  t.deepEqual(fake.startupEntries(), [])
  await manager.uninstall('coder')
  t.deepEqual(fake.tasks(), [])
})

test('uninstall removes a task that was made after all when schtasks was given up on', async (t, fixture) => {
  const {fake, manager, service} = fixture
  await withSilence(fixture, '/Create').install(fixture.spec())
  t.deepEqual([fake.startupEntries().length, fake.tasks().length], [1, 1])
  t.true((await manager.uninstall('coder')).removed.includes(service))
  t.deepEqual([fake.startupEntries(), fake.tasks()], [[], []])
})
