import type {ExecutionContext} from 'ava'
import {type FakeWindows, FAILURE, type Ran} from './fake-windows.js'
import {
  createTask,
  encodeTask,
  eventually,
  fakeTest,
  HEARTBEAT,
  logonTrigger,
  renderTask,
  startFake,
  type TaskParts,
  writeTask,
} from './fixture.js'

function create(fake: FakeWindows, content?: string | Buffer, ...more: string[]): Promise<Ran> {
  return fake.answer('schtasks', '/Create', '/TN', 'a', '/XML', writeTask(fake, content), ...more)
}

async function assertFails(t: ExecutionContext, fake: FakeWindows, parts: TaskParts, failure: number): Promise<void> {
  const {code} = await create(fake, renderTask(fake, parts), '/F', '/HRESULT')
  t.is(code, failure, JSON.stringify(parts))
  t.is(fake.task('a'), undefined)
}

fakeTest('a task is made from a file of UTF-16 with a byte order mark, and of nothing else', async t => {
  const fake = startFake(t)
  const xml = renderTask(fake)
  const utf8 = Buffer.from(xml)
  const bare = encodeTask(xml).subarray(2)
  const labelled = encodeTask(xml.replace('UTF-16', 'UTF-8'))
  const torn = encodeTask(xml.slice(0, -20))
  for (const bytes of [utf8, bare, labelled, torn, encodeTask(xml).subarray(0, -1)]) {
    const {code, stderr} = await create(fake, bytes)
    t.is(code, 1)
    t.regex(stderr, /^ERROR: The task XML is malformed\./)
  }
  t.deepEqual(fake.tasks(), [])
  const {code, stdout, stderr} = await create(fake, xml)
  t.deepEqual([code, stderr], [0, ''])
  t.is(stdout, 'SUCCESS: The scheduled task "a" has successfully been created.\r\n')
  t.like(fake.task('A'), {name: 'a', isEnabled: true, isRunning: false, pid: null, lastResult: 0x4_1303})
  t.is(
    (await fake.answer('schtasks', '/Create', '/TN', 'b', '/XML', '/nowhere', '/HRESULT')).code,
    FAILURE.fileNotFound,
  )
})

fakeTest('a definition is refused for what Windows refuses it for', async t => {
  const fake = startFake(t)
  const late = HEARTBEAT.replace('PT5M', 'PT30S')
  const moved = HEARTBEAT.replace(/(<StartBoundary>.*<\/StartBoundary>)(.*)(<\/TimeTrigger>)/, '$2$1$3')
  const bad: readonly (readonly [TaskParts, number])[] = [
    [{settings: '<Enabled>maybe</Enabled>'}, FAILURE.invalidValue],
    [{settings: '<ExecutionTimeLimit>0</ExecutionTimeLimit>'}, FAILURE.invalidValue],
    [{settings: '<Priority>11</Priority>'}, FAILURE.invalidValue],
    [{settings: '<Enabled>true</Enabled><Enabled>true</Enabled>'}, FAILURE.unexpectedNode],
    [{settings: '<Speed>1</Speed>'}, FAILURE.unexpectedNode],
    [{settings: '<RestartOnFailure><Interval>PT1M</Interval></RestartOnFailure>'}, FAILURE.missingNode],
    [
      {settings: '<RestartOnFailure><Interval>PT1M</Interval><Count>256</Count></RestartOnFailure>'},
      FAILURE.invalidValue,
    ],
    [{triggers: late}, FAILURE.invalidValue],
    [{triggers: moved}, FAILURE.unexpectedNode],
    [{triggers: '<TimeTrigger></TimeTrigger>'}, FAILURE.missingNode],
    [{triggers: logonTrigger(fake).repeat(49)}, FAILURE.unexpectedNode],
    [{command: ''}, FAILURE.invalidValue],
    [{command: `/${'x'.repeat(260)}`}, FAILURE.invalidValue],
    [{principal: '<UserId>VM\\nobody</UserId>'}, FAILURE.accountUnknown],
  ]
  await Promise.all(bad.map(([parts, failure]) => assertFails(t, fake, parts, failure)))
  const xml = renderTask(fake)
  const texts: readonly (readonly [string, number])[] = [
    [xml.replace('mit/task', 'mit/tusk'), FAILURE.wrongNamespace],
    [xml.replace('Context="Author"', 'Context="Writer"'), FAILURE.invalidValue],
    [xml.replace('version="1.4"', 'version="9.9"'), FAILURE.invalidValue],
    [xml.replace(/<Actions.*<\/Actions>/s, ''), FAILURE.missingNode],
    [xml.replace(/<Exec>.*<\/Exec>/s, ''), FAILURE.missingNode],
  ]
  for (const [text, failure] of texts) t.is((await create(fake, text, '/HRESULT')).code, failure, text)
})

fakeTest('a trigger for everybody needs an administrator, one for the user does not', async t => {
  const fake = startFake(t)
  const denied = [
    '<LogonTrigger><Enabled>true</Enabled></LogonTrigger>',
    '<LogonTrigger><UserId>S-1-5-21-1-2-3-1002</UserId></LogonTrigger>',
    '<BootTrigger></BootTrigger>',
  ]
  for (const triggers of denied) await assertFails(t, fake, {triggers}, FAILURE.accessDenied)
  await assertFails(t, fake, {principal: '<RunLevel>HighestAvailable</RunLevel>'}, FAILURE.accessDenied)
  for (const user of [fake.settings.sid, 'VM\\zoë', 'ZOË']) {
    await createTask(fake, 'a', {triggers: `<LogonTrigger><UserId>${user}</UserId></LogonTrigger>`})
  }
  fake.setElevated(true)
  for (const triggers of denied) await createTask(fake, 'a', {triggers})
})

fakeTest('what an administrator made the user may read, and change only where it says so', async t => {
  const fake = startFake(t)
  fake.setElevated(true)
  await createTask(fake, 'a')
  const descriptor = `<SecurityDescriptor>D:(A;;FA;;;BA)(A;;FA;;;${fake.settings.sid})</SecurityDescriptor>`
  await createTask(fake, 'b', {registration: descriptor})
  fake.setElevated(false)
  t.is((await fake.answer('schtasks', '/Query', '/TN', 'a')).code, 0)
  const changes = [['/Run'], ['/End'], ['/Change', '/DISABLE'], ['/Delete', '/F']]
  for (const [verb = '', ...rest] of changes) {
    const {code, stderr} = await fake.answer('schtasks', verb, '/TN', 'a', ...rest)
    t.deepEqual([code, stderr], [1, 'ERROR: Access is denied.\r\n'], verb)
  }
  t.is((await create(fake, undefined, '/F', '/HRESULT')).code, FAILURE.accessDenied)
  t.is((await fake.answer('schtasks', '/Delete', '/F', '/TN', 'b')).code, 0)
})

fakeTest('without /F an existing task is asked about, as long as nobody answers', async t => {
  const fake = startFake(t)
  await createTask(fake, 'a')
  const path = writeTask(fake, renderTask(fake, {args: '1'}))
  t.is((await fake.answer('schtasks', '/Create', '/TN', 'a', '/XML', path)).code, 1)
  const asked = fake.open('schtasks', '/Create', '/TN', 'a', '/XML', path)
  let said = ''
  asked.stdout?.on('data', (part: Buffer) => (said += part.toString()))
  await eventually('it asks', () => said.endsWith('(Y/N)? '))
  t.is(asked.exitCode, null)
  t.regex(fake.task('a')?.xml ?? '', /<Arguments>1000</)
  asked.stdin?.write('y\n')
  await eventually('it is done', () => asked.exitCode === 0)
  t.regex(fake.task('a')?.xml ?? '', /<Arguments>1</)
  t.is((await fake.answer('schtasks', '/Delete', '/TN', 'a')).code, 1)
  t.is((await fake.answer('schtasks', '/Delete', '/TN', 'a', '/F')).code, 0)
  t.deepEqual(fake.tasks(), [])
})

fakeTest('a name is one of a file in the root folder', async t => {
  const fake = startFake(t)
  for (const name of ['a/b', 'a:b', 'a\\b', 'a"', 'x'.repeat(239)]) {
    const {code} = await fake.answer('schtasks', '/Create', '/TN', name, '/XML', writeTask(fake), '/HRESULT')
    t.is(code, FAILURE.invalidName, name)
  }
  await createTask(fake, '\\a b')
  t.is(fake.task('a b')?.name, 'a b')
  for (const option of ['/TR', '/NOPE', '/TN']) {
    const {code, stderr} = await create(fake, undefined, option, 'x')
    t.is(code, 1)
    t.true(stderr.includes(option), option)
  }
  t.is((await create(fake, undefined, '/NP', '/IT')).code, 1)
})
