import {FAILURE} from './fake-windows.js'
import {createTask, fakeTest, HEARTBEAT, logonTrigger, startFake, writeTask} from './fixture.js'

fakeTest('the exit code tells whether there is a task, whatever the language', async t => {
  for (const language of ['en', 'ja', 'made-up'] as const) {
    const fake = startFake(t, {language})
    t.is((await fake.answer('schtasks', '/Query', '/TN', 'a')).code, 1)
    t.is((await fake.answer('schtasks', '/Query', '/TN', 'a', '/HRESULT')).code, FAILURE.fileNotFound)
    t.is((await fake.answer('schtasks', '/Query')).code, 0)
    await createTask(fake, 'a')
    t.is((await fake.answer('schtasks', '/query', '/tn', 'A')).code, 0)
  }
})

fakeTest('XML comes back rearranged: users in another form, defaults left out, with a URI', async t => {
  const fake = startFake(t)
  const settings = '<Enabled>true</Enabled><Priority>7</Priority><StartWhenAvailable>true</StartWhenAvailable>'
  await createTask(fake, 'a', {
    settings,
    triggers: `${logonTrigger(fake)}${HEARTBEAT}`,
    principal: '<UserId>zoë</UserId>',
    registration: '<Description>&lt;ü&gt; &amp; 方</Description>',
  })
  const {stdout, stdoutBytes} = await fake.answer('schtasks', '/Query', '/TN', 'a', '/XML')
  t.true(stdout.startsWith('<?xml version="1.0" encoding="UTF-16"?>\r\n<Task version="1.4" xmlns="'))
  // Bytes of the code page 437, which has no 方.
  t.true(stdoutBytes.includes(Buffer.from('&lt;\x81&gt; &amp; ?</Description>', 'latin1')))
  t.regex(stdout, /<URI>\\a<\/URI>/)
  t.regex(stdout, new RegExp(`<Principal id="Author">\\s*<UserId>${fake.settings.sid}</UserId>`))
  t.regex(stdout, /<LogonTrigger>\s*<Enabled>true<\/Enabled>\s*<UserId>VM\\Zoë<\/UserId>/)
  t.notRegex(stdout, /Priority/)
  t.regex(stdout, /<StartWhenAvailable>true/)
  t.true(stdout.indexOf('<Principals>') < stdout.indexOf('<Settings>'))
  await fake.answer('schtasks', '/Change', '/TN', 'a', '/DISABLE')
  t.regex(fake.task('a')?.xml ?? '', /<Settings>\s*<StartWhenAvailable>true<\/StartWhenAvailable>\s*<Enabled>false</)
  await fake.answer('schtasks', '/Change', '/TN', 'a', '/ENABLE')
  t.notRegex(fake.task('a')?.xml ?? '', /<Settings>.*<Enabled>.*<\/Settings>/s)
  const again = writeTask(fake, fake.task('a')?.xml)
  t.is((await fake.answer('schtasks', '/Create', '/TN', 'b', '/XML', again)).code, 0)
})

fakeTest('rows have a column for the last result, and there is one for each trigger', async t => {
  const fake = startFake(t, {language: 'ru'})
  await createTask(fake, 'a', {triggers: `${logonTrigger(fake)}${HEARTBEAT}`})
  const {stdout, stdoutBytes} = await fake.answer('schtasks', '/Query', '/TN', 'a', '/V', '/FO', 'CSV', '/NH')
  const rows = stdout.trimEnd().split('\r\n')
  t.is(rows.length, 2)
  const fields = rows[0]?.slice(1, -1).split('","') ?? []
  t.is(fields.length, 28)
  t.like(fields, {0: 'VM', 1: '\\a', 3: 'Готово', 6: '267011'})
  t.false(stdoutBytes.includes(Buffer.from('Готово')))
  const list = await fake.answer('schtasks', '/Query', '/TN', 'a', '/V', '/FO', 'LIST')
  t.regex(list.stdout, /^Прошлый результат: +267011\r$/m)
  t.is((await fake.answer('schtasks', '/Query', '/FO', 'LIST', '/NH')).code, 1)
  const table = await fake.answer('schtasks', '/Query')
  t.regex(table.stdout, /^Имя задачи +Время следующего запуска +Состояние\s*\r\n=/)
})

fakeTest('an old Windows has another label, and does not know /HRESULT', async t => {
  const old = startFake(t, {windows: 'old'})
  const now = startFake(t)
  for (const [fake, label, code] of [
    [old, 'Last Run Result:', 1],
    [now, 'Last Result:', FAILURE.fileNotFound],
  ] as const) {
    await createTask(fake, 'a')
    const {stdout} = await fake.answer('schtasks', '/Query', '/TN', 'a', '/V', '/FO', 'LIST')
    t.true(stdout.includes(label))
    t.is((await fake.answer('schtasks', '/Query', '/TN', 'b', '/HRESULT')).code, code)
    t.is((await fake.answer('schtasks', '/Query', '/TN', 'a', '/HRESULT')).code === 0, fake === now)
  }
})
