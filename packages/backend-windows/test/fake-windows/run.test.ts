import {join} from 'node:path'
import {FAILURE, RESULT} from './fake-windows.js'
import {
  createTask,
  eventually,
  fakeTest,
  HEARTBEAT,
  lives,
  logonTrigger,
  runningPid,
  script,
  startFake,
  written,
} from './fixture.js'

fakeTest('/Run starts the action with its words and the environment of the session', async t => {
  const fake = startFake(t)
  const command = '%SYSTEMROOT%/../bin/show'
  await createTask(fake, 'a', {
    command: '/bin/sh',
    args: `${script(fake, String.raw`printf '[%s]' \"$0\" \"$1\" \"$LOCALAPPDATA\" > $OUT`).args ?? ''} "two words" %APPDATA%`,
  })
  t.is((await fake.answer('schtasks', '/Run', '/TN', 'a')).code, 0)
  const {appData, localAppData} = fake.places
  await eventually('it has written', () => written(fake).endsWith(']') && written(fake).split('[').length === 4)
  t.is(written(fake), `[two words][${appData}][${localAppData}]`)
  await eventually('it is over', () => fake.task('a')?.lastResult === 0)
  await createTask(fake, 'b', {command})
  t.is((await fake.answer('schtasks', '/Run', '/TN', 'b')).code, 0)
  t.like(fake.task('b'), {isRunning: false, lastResult: RESULT.fileNotFound})
})

fakeTest('a task runs once at a time, and its last result is a number for that', async t => {
  const fake = startFake(t)
  await createTask(fake, 'a', script(fake, 'echo x >> $OUT; sleep 1000; exit 7'))
  const lastResult = async (): Promise<string | undefined> => {
    const {stdout} = await fake.answer('schtasks', '/Query', '/TN', 'a', '/V', '/FO', 'CSV', '/NH')
    return stdout.split('","')[6]
  }
  t.is(await lastResult(), '267011')
  for (let time = 0; time < 2; time += 1) t.is((await fake.answer('schtasks', '/Run', '/TN', 'a')).code, 0)
  const pid = await runningPid(fake, 'a')
  t.is(await lastResult(), '267009')
  t.is((await fake.answer('taskkill', '/F', '/PID', String(pid))).code, 0)
  await eventually('it is over', () => !fake.task('a')?.isRunning)
  t.is(await lastResult(), '1')
  t.is(written(fake), 'x\n')
  await createTask(fake, 'a', script(fake, 'exit 7'))
  t.is(await lastResult(), '1')
  await fake.answer('schtasks', '/Run', '/TN', 'a')
  await eventually('it is over', () => fake.task('a')?.lastResult === 7)
})

fakeTest('/End ends the process of the action and nothing below it', async t => {
  const fake = startFake(t)
  await createTask(fake, 'a', script(fake, 'sleep 1000 & echo $! > $OUT; wait'))
  t.is((await fake.answer('schtasks', '/End', '/TN', 'a', '/HRESULT')).code, FAILURE.notRunning)
  await fake.answer('schtasks', '/Run', '/TN', 'a')
  const pid = await runningPid(fake, 'a')
  const child = Number(await eventually('it has a child', () => written(fake).trim()))
  t.is((await fake.answer('schtasks', '/End', '/TN', 'a')).code, 0)
  await eventually('it is gone', () => !lives(pid))
  t.true(lives(child))
  await eventually('it is over', () => fake.task('a')?.lastResult === RESULT.terminated)
})

fakeTest('what runs goes on when its task is disabled, replaced or deleted', async t => {
  const fake = startFake(t)
  await createTask(fake, 'a')
  await fake.answer('schtasks', '/Run', '/TN', 'a')
  const pid = await runningPid(fake, 'a')
  t.is((await fake.answer('schtasks', '/Change', '/TN', 'a', '/DISABLE')).code, 0)
  t.like(fake.task('a'), {isEnabled: false, isRunning: true, pid})
  t.is((await fake.answer('schtasks', '/Run', '/TN', 'a', '/HRESULT')).code, FAILURE.disabled)
  t.is((await fake.answer('schtasks', '/Change', '/TN', 'a', '/ENABLE')).code, 0)
  await createTask(fake, 'a')
  t.like(fake.task('a'), {isEnabled: true, isRunning: true, pid})
  t.is((await fake.answer('schtasks', '/Delete', '/F', '/TN', 'a')).code, 0)
  t.true(lives(pid))
})

fakeTest('a logon starts what waits for it, and a heartbeat what is not running', async t => {
  const fake = startFake(t)
  await createTask(fake, 'both', {triggers: `${logonTrigger(fake)}${HEARTBEAT}`})
  await createTask(fake, 'future', {triggers: HEARTBEAT.replace('2020', '2999')})
  await createTask(fake, 'never')
  await createTask(fake, 'off', {triggers: `${logonTrigger(fake)}${HEARTBEAT}`, settings: '<Enabled>false</Enabled>'})
  t.deepEqual(await fake.tick(), ['both'])
  t.deepEqual(await fake.tick(), [])
  const first = await runningPid(fake, 'both')
  await fake.logOff()
  t.false(lives(first))
  t.is(fake.task('both')?.lastResult, RESULT.loggedOff)
  t.deepEqual(await fake.tick(), [])
  await fake.answer('schtasks', '/Run', '/TN', 'never')
  t.is(fake.task('never')?.lastResult, RESULT.notLoggedOn)
  await fake.logOn()
  const second = await runningPid(fake, 'both', first)
  await fake.reboot()
  t.false(lives(second))
  await runningPid(fake, 'both', second)
  t.deepEqual(
    fake.tasks().map(({isRunning}) => isRunning),
    [true, false, false, false],
  )
})

fakeTest('a logoff ends what others started in the session, also below other roots', async t => {
  const fake = startFake(t, {roots: ['/no/such/root']})
  await createTask(
    fake,
    'a',
    script(
      fake,
      'env -i setsid sleep 1000 & env -i /bin/sh -c \\"exec sleep 1000\\" /no/such/root/x & echo $! > $OUT; wait',
    ),
  )
  await fake.answer('schtasks', '/Run', '/TN', 'a')
  const pid = Number(await eventually('it has children', () => written(fake).trim()))
  t.true(lives(pid))
  await fake.logOff()
  t.false(lives(pid))
})

fakeTest('a window shows for a program with a console, and not for wscript', async t => {
  const fake = startFake(t)
  await createTask(fake, 'a')
  await createTask(fake, 'b', {command: join('%SystemRoot%', 'System32', 'wscript.exe'), args: '//B //Nologo x.js'})
  for (const name of ['b', 'a']) await fake.answer('schtasks', '/Run', '/TN', name)
  t.deepEqual(fake.flashes(), ['/bin/sleep'])
})
