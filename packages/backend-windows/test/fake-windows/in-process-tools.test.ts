import {rmSync} from 'node:fs'
import {suiteContext} from '@hermes-svc/core/conformance'
import {FAILURE} from './fake-windows.js'
import {createTask, eventually, fakeTest, startFake} from './fixture.js'
import {inProcessTools} from './in-process-tools.js'

fakeTest('programs that are functions answer as processes do, but for the bits of the exit code', async t => {
  const fake = startFake(t, {language: 'ja'})
  const context = suiteContext(fake.directory)
  const tools = inProcessTools(fake, context)
  const schtasks = fake.pathOf('schtasks')
  const failing = [schtasks, ['/Query', '/TN', 'a', '/HRESULT'], {encoding: 'latin1', okExitCodes: [1, 9]}] as const
  const failure = {code: 'HSVC_TOOL_FAILED'}
  const one = await t.throwsAsync<Error & {tool?: {exitCode: number; stderr: string}}>(tools.run(...failing), failure)
  const other = await t.throwsAsync<Error & {tool?: {exitCode: number; stderr: string}}>(
    context.tools.run(...failing),
    failure,
  )
  t.deepEqual({...one.tool, exitCode: FAILURE.fileNotFound & 0xff}, other.tool)
  t.is(one.tool?.exitCode, FAILURE.fileNotFound)
  t.is((await tools.run(schtasks, ['/Query', '/TN', 'a'], {okExitCodes: [1]})).exitCode, 1)
  rmSync(schtasks)
  await t.throwsAsync(tools.run(schtasks, ['/Query']), {code: 'HSVC_TOOL_MISSING'})
})

fakeTest('a caller that waits too long, or is interrupted, is not obeyed later', async t => {
  const fake = startFake(t)
  await createTask(fake, 'a')
  const tools = inProcessTools(fake, suiteContext(fake.directory))
  const speak = fake.silence()
  const remove = [fake.pathOf('schtasks'), ['/Delete', '/F', '/TN', 'a']] as const
  await t.throwsAsync(tools.run(...remove, {timeoutMs: 50}), {code: 'HSVC_TIMEOUT'})
  const hasty = inProcessTools(fake, suiteContext(fake.directory), 50)
  await t.throwsAsync(hasty.run(...remove), {code: 'HSVC_TIMEOUT', message: / within 10 s/})
  const interruption = new AbortController()
  const interrupted = tools.run(...remove, {signal: interruption.signal})
  await eventually('it waits', () => fake.calls().length === 4)
  interruption.abort()
  await t.throwsAsync(interrupted, {code: 'HSVC_ABORTED'})
  speak()
  await tools.run(fake.pathOf('schtasks'), ['/Query', '/TN', 'a'])
  t.not(fake.task('a'), undefined)
})
