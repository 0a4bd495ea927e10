import {type BackendContext, serviceError} from '@hermes-svc/core'
import anyTest from 'ava'
import {Schtasks} from '../dist/schtasks.js'
import {taskResultOf} from '../dist/task-results.js'
import type {FaultProfile} from './fake-windows/fake-windows.js'
import {FAULT_PROFILES} from './fake-windows/fake-windows.js'
import {createTask, writeTask} from './fake-windows/fixture.js'
import {type WindowsFixture, windowsTest} from './windows-fixture.js'

function client({fake, context}: WindowsFixture): Schtasks {
  return new Schtasks(context, fake.pathOf('schtasks'), fake.places.system32)
}

anyTest('exit codes are read as HRESULTs, signed or not, or as Win32 errors', t => {
  for (const code of [0x80070005, -2147024891, 5]) t.is(taskResultOf(code), 'denied', String(code))
  for (const code of [0x80070002, -2147024894, 2, 0x80070003, 3]) t.is(taskResultOf(code), 'absent', String(code))
  for (const code of [0x8004130b, 0x80041315, -2147216619, 0x800706be]) t.is(taskResultOf(code), 'failed', String(code))
  // What may be said of /HRESULT itself says nothing of a task.
  for (const code of [1, 0x80004005, -2147467259, 0x80070057, 87]) t.is(taskResultOf(code), 'unclear', String(code))
  t.is(taskResultOf(0), 'done')
})

const LANGUAGES: readonly FaultProfile[] = ['calm', 'old-windows', 'japanese', 'made-up-language']

for (const profile of LANGUAGES) {
  windowsTest(
    `a denial is told from other failures, and a task from none, on a Windows that is ${profile}`,
    async (t, fixture) => {
      const schtasks = client(fixture)
      t.is(await schtasks.read('a'), 'absent')
      t.false(await schtasks.remove('a'))
      fixture.fake.setFaults({denies: ['create']})
      const path = writeTask(fixture.fake)
      t.like(await schtasks.create('a', path), {outcome: 'unavailable', why: 'denied'})
      fixture.fake.setFaults({denies: []})
      t.deepEqual(await schtasks.create('a', path), {outcome: 'registered'})
      const found = await schtasks.read('a')
      t.true(typeof found !== 'string' && found.xml.startsWith('<Task'))
      fixture.fake.setFaults({denies: ['change', 'delete']})
      await t.throwsAsync(schtasks.disable('a'), {code: 'HSVC_PERMISSION_DENIED'})
      await t.throwsAsync(schtasks.remove('a'), {code: 'HSVC_PERMISSION_DENIED'})
      fixture.fake.setFaults({denies: []})
      await t.throwsAsync(schtasks.create('a', writeTask(fixture.fake, '<Task/>')), {code: 'HSVC_TOOL_FAILED'})
    },
    FAULT_PROFILES[profile],
  )
}

for (const profile of ['calm', 'old-windows'] as const) {
  windowsTest(
    `a query that fails is asked again, and not taken for a task that is not there, on a Windows that is ${profile}`,
    async (t, fixture) => {
      const {fake} = fixture
      const schtasks = client(fixture)
      await createTask(fake, 'a')
      fake.setFaults({spuriousErrors: 3})
      t.not(await schtasks.read('a'), 'absent')
      fake.setFaults({spuriousErrors: {chance: 1}})
      for (const asked of [schtasks.read('a'), schtasks.remove('a')])
        await t.throwsAsync(asked, {code: 'HSVC_TOOL_FAILED'})
      t.truthy(fake.task('a'))
    },
    FAULT_PROFILES[profile],
  )
}

windowsTest(
  'a task that is not there is not there, also where its number comes with the second try',
  async (t, fixture) => {
    const {fake, context} = fixture
    let calls = 0
    const run: BackendContext['tools']['run'] = async (file, args, options) => {
      calls += 1
      if (calls === 2) fake.setFaults({spuriousErrors: 1})
      return await context.tools.run(file, args, options)
    }
    const tools = {...context.tools, run}
    const schtasks = new Schtasks({...context, tools}, fake.pathOf('schtasks'), fake.places.system32)
    t.false(await schtasks.remove('a'))
    t.is(calls, 3)
  },
)

windowsTest('a verb that is aborted kills the schtasks that it waits for', async (t, fixture) => {
  fixture.fake.setFaults({hangs: true})
  const controller = new AbortController()
  const asked = client(fixture).read('a', controller.signal)
  setTimeout(() => {
    controller.abort()
  }, 300)
  await t.throwsAsync(asked, {code: 'HSVC_ABORTED'})
})

windowsTest('one that did not answer is not asked for a while, and then asked again', async (t, {fake, context}) => {
  let [isSilent, calls, now] = [true, 0, 0]
  const run: BackendContext['tools']['run'] = async (file, args, options) => {
    calls += 1
    if (isSilent) throw serviceError('HSVC_TIMEOUT', 'schtasks does not answer')
    return await context.tools.run(file, args, options)
  }
  const replaced = {...context, tools: {...context.tools, run}, clock: {...context.clock, monotonic: () => now}}
  const schtasks = new Schtasks(replaced, fake.pathOf('schtasks'), fake.places.system32)
  for (let time = 0; time < 2; time += 1) await t.throwsAsync(schtasks.read('a'), {code: 'HSVC_TIMEOUT'})
  t.is(calls, 1)
  isSilent = false
  now = 60_000
  t.is(await schtasks.read('a'), 'absent')
})
