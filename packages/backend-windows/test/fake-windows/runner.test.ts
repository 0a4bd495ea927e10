import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {launchRunner, observeRunner, writeRunnerFiles} from '@hermes-svc/runner'
import type {FakeWindows} from './fake-windows.js'
import {createTask, eventually, fakeTest, lives, logonTrigger, runningPid, startFake} from './fixture.js'

const MAIN = fileURLToPath(import.meta.resolve('@hermes-svc/runner')).replace(/index\.js$/, 'main.js')

/** A gateway that sleeps, in the user's profile, which has letters that no command line of ASCII can hold. */
function define(fake: FakeWindows): string {
  const directory = join(fake.places.localAppData, 'gateways', 'coder', 'windows')
  mkdirSync(join(directory, '..'), {recursive: true})
  const spec = {
    schemaVersion: 1,
    name: 'coder',
    argv: ['/bin/sleep', '1000'],
    cwd: '/',
    restart: {delayMs: 50, maxDelayMs: 50, windowMs: 1000, giveUpAfter: 5, fatalExitCodes: [], cleanExitCodes: []},
    stopTimeoutMs: 1000,
    logs: {directory: join(fake.places.localAppData, 'logs'), sizeBytes: 100_000, files: 2},
    socketDirectories: [],
    labels: {},
  } as const
  writeRunnerFiles(directory, spec, {PATH: '/usr/bin:/bin'})
  return directory
}

/** A launcher that waits for the runner as long as that lives. */
function writeLauncher(directory: string): string {
  const command = `"${process.execPath}" "${MAIN}" "${directory}"`
    .replaceAll('"', '""')
    .replaceAll('ë', '" & ChrW(235) & "')
  const path = join(directory, 'launcher.vbs')
  const lines = ['Option Explicit', 'Dim shell', 'Set shell = CreateObject("WScript.Shell")']
  writeFileSync(path, [...lines, `WScript.Quit shell.Run("${command}", 0, True)`].join('\r\n'))
  return path
}

async function gatewayOf(directory: string, before: number | null = null): Promise<number> {
  return eventually('its gateway runs', () => {
    const pid = observeRunner(directory)?.gateway?.pid
    return pid !== undefined && pid !== before && pid
  })
}

fakeTest('a task is running as long as the runner that its launcher waits for, which outlives /End', async t => {
  const fake = startFake(t)
  const directory = define(fake)
  const args = `//B //Nologo "${writeLauncher(directory)}"`.replaceAll('"', '&quot;')
  await createTask(fake, 'a', {command: '%SystemRoot%/System32/wscript.exe', args, triggers: logonTrigger(fake)})
  await fake.run('schtasks', '/Run', '/TN', 'a')
  const gateway = await gatewayOf(directory)
  const launcher = await runningPid(fake, 'a')
  process.kill(gateway, 'SIGKILL')
  const second = await gatewayOf(directory, gateway)
  t.is(fake.task('a')?.pid, launcher)
  await fake.answer('schtasks', '/End', '/TN', 'a')
  await eventually('the launcher is gone', () => !lives(launcher))
  t.true(lives(second))
  await fake.reboot()
  t.false(lives(second))
  const third = await gatewayOf(directory, second)
  t.true(lives(third))
  t.deepEqual([fake.flashes(), fake.scriptErrors()], [[], []])
})

fakeTest('a runner that was launched by nobody of Windows ends with the session, and its gateway too', async t => {
  const fake = startFake(t)
  const directory = define(fake)
  await launchRunner(directory)
  const gateway = await gatewayOf(directory)
  await fake.logOff()
  t.false(lives(gateway))
  t.is(observeRunner(directory)?.supervised, false)
})
