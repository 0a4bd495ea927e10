import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {type FakeWindows, type Ran} from './fake-windows.js'
import {createTask, eventually, fakeTest, lives, runningPid, script, startFake, written} from './fixture.js'

function runScript(fake: FakeWindows, name: string, lines: readonly string[], ...options: string[]): Promise<Ran> {
  const path = join(fake.directory, name)
  writeFileSync(path, lines.join('\r\n'))
  return fake.run('wscript', '//B', '//Nologo', ...options, path)
}

fakeTest('whoami tells the SID of the user in the code page of the console', async t => {
  const fake = startFake(t)
  const {code, stdout, stdoutBytes} = await fake.answer('whoami', '/user', '/fo', 'csv', '/nh')
  t.is(code, 0)
  t.is(stdout, `"vm\\zoë","${fake.settings.sid}"\r\n`)
  t.true(stdoutBytes.includes(0x89))
  t.is((await fake.answer('whoami', '/nope')).code, 1)
})

fakeTest('net helpmsg has the words that schtasks has, byte for byte', async t => {
  for (const language of ['en', 'de', 'ru', 'ja', 'made-up'] as const) {
    const fake = startFake(t, {language, faults: {denies: ['create']}})
    const {code, stdoutBytes} = await fake.answer('net', 'helpmsg', '5')
    t.is(code, 0)
    t.regex(stdoutBytes.toString('latin1'), /^\r\n.+\r\n\r\n$/)
    const {stderrBytes} = await fake.answer('schtasks', '/Create', '/TN', 'a', '/XML', 'x')
    t.true(stderrBytes.includes(Buffer.from(stdoutBytes.toString('latin1').trim(), 'latin1')), language)
  }
  t.is((await startFake(t).run('net', 'helpmsg', '12345')).code, 2)
})

fakeTest('taskkill ends a process, with /T a tree, and says when there is none', async t => {
  const fake = startFake(t)
  await createTask(fake, 'a', script(fake, 'sleep 1000 & echo $! > $OUT; wait'))
  await fake.answer('schtasks', '/Run', '/TN', 'a')
  const pid = await runningPid(fake, 'a')
  const child = Number(await eventually('it has a child', () => written(fake).trim()))
  t.is((await fake.answer('taskkill', '/PID', String(pid))).code, 1)
  t.true(lives(pid))
  t.is((await fake.answer('taskkill', '/PID', String(pid), '/T', '/F')).code, 0)
  await eventually('both are gone', () => !lives(pid) && !lives(child))
  t.is((await fake.answer('taskkill', '/PID', String(pid), '/F')).code, 128)
})

fakeTest('wscript runs the VBScript of launchers', async t => {
  const fake = startFake(t)
  mkdirSync(join(fake.directory, 'dir'))
  const out = join(fake.directory, 'dir', 'out')
  const {code} = await runScript(fake, 'a.vbs', [
    '\' a comment with "quotes"',
    'Option Explicit',
    'Dim shell, files, item, code, text',
    'Set shell = CreateObject("WScript.Shell")',
    'Set files = CreateObject("Scripting.FileSystemObject")',
    'For Each item In Array("/bin/sh", "/bin/" & Chr(115) & ChrW(&H6c) & "eep") \' both',
    '  If Not files.FileExists(item) Then WScript.Quit 3',
    'Next',
    'If files.FileExists("/no") Or files.FolderExists("/no") Then',
    '  WScript.Quit 4',
    'ElseIf files.FolderExists("/bin") And 1 + 1 = 2 Then',
    '  text = "%LOCALAPPDATA%"',
    'Else',
    '  WScript.Quit 5',
    'End If',
    `shell.CurrentDirectory = "${join(fake.directory, 'dir')}"`,
    'code = shell.Run("""/bin/sh"" -c ""echo $1 > out; exit 9"" x " & _',
    '  text, 0, True)',
    'WScript.Quit code',
  ])
  t.deepEqual(fake.scriptErrors(), [])
  t.is(code, 9)
  t.is(readFileSync(out, 'utf8'), `${fake.places.localAppData}\n`)
  t.deepEqual(fake.flashes(), [])
})

fakeTest('wscript runs the JScript of launchers', async t => {
  const fake = startFake(t, {vbscript: false})
  const lines = [
    'var shell = new ActiveXObject("WScript.Shell"), files = new ActiveXObject("Scripting.FileSystemObject")',
    'if (!files.FileExists("/bin/sh")) WScript.Quit(3)',
    'WScript.Quit(shell.Run("/bin/sh -c \\"exit 8\\"", 0, true))',
  ]
  t.is((await runScript(fake, 'a.js', lines)).code, 8)
  t.is((await runScript(fake, 'b.txt', lines, '//E:JScript')).code, 8)
  t.is((await runScript(fake, 'a.vbs', ['Option Explicit', 'WScript.Quit 0'])).code, 1)
  t.regex(fake.scriptErrors()[0] ?? '', /a\.vbs: there is no engine vbscript$/)
})

fakeTest('a script that does not wait ends before what it started, which lives on', async t => {
  const fake = startFake(t)
  const out = join(fake.directory, 'out')
  const {code} = await runScript(fake, 'a.vbs', [
    'Option Explicit',
    'Dim shell',
    'Set shell = CreateObject("WScript.Shell")',
    `shell.Run "/bin/sh -c ""echo $$ > ${out}; exec sleep 1000""", 0, False`,
  ])
  t.is(code, 0)
  t.true(lives(Number(await eventually('it runs', () => existsSync(out) && readFileSync(out, 'utf8').trim()))))
})

fakeTest('wscript fails where Windows would, and where it knows no better', async t => {
  const fake = startFake(t)
  const shell = ['Option Explicit', 'Dim s', 'Set s = CreateObject("WScript.Shell")']
  const bad: Readonly<Record<string, readonly string[]>> = {
    'no-explicit.vbs': ['WScript.Quit 0'],
    'undeclared.vbs': ['Option Explicit', 'x = 1'],
    'without-set.vbs': ['Option Explicit', 'Dim s', 's = CreateObject("WScript.Shell")'],
    'open-string.vbs': ['Option Explicit', 'WScript.Quit "'],
    'no-program.vbs': [...shell, 's.Run "/no/such/program", 0, True'],
    'no-member.vbs': [...shell, 's.Walk "x"'],
    'no-object.vbs': ['Option Explicit', 'Dim s', 'Set s = CreateObject("Excel.Application")'],
    'not-ascii.vbs': ['Option Explicit', "' é"],
    'too-new.js': ['const a = 1'],
    'comma.js': ['var a = [1,]'],
  }
  for (const [name, lines] of Object.entries(bad)) t.is((await runScript(fake, name, lines)).code, 1, name)
  t.is(fake.scriptErrors().length, Object.keys(bad).length)
  t.is((await fake.run('wscript', '//B', '/no/such.vbs')).code, 1)
  await runScript(fake, 'shows.vbs', [...shell, 's.Run "/bin/true", 1, True'])
  t.deepEqual(fake.flashes(), ['/bin/true'])
})

fakeTest('a logon runs the scripts in the Startup folder, and shows everything else there', async t => {
  const fake = startFake(t)
  const out = join(fake.directory, 'out')
  const {startup} = fake.places
  writeFileSync(join(startup, 'desktop.ini'), '')
  writeFileSync(join(startup, 'a.js'), `new ActiveXObject("WScript.Shell").Run("/bin/cp /dev/null ${out}", 0, false)`)
  await fake.reboot()
  await eventually('it ran', () => existsSync(out))
  t.deepEqual(fake.flashes(), [])
  writeFileSync(join(startup, 'a.js.tmp'), '')
  t.deepEqual(fake.startupEntries(), ['a.js', 'a.js.tmp', 'desktop.ini'])
  await fake.reboot()
  t.deepEqual(fake.flashes(), [join(startup, 'a.js.tmp')])
})
