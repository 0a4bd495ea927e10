// The fake Task Scheduler as programs of Windows: what only real processes of Windows show of it.
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {FakeScheduler, whyNotScheduler} from './fake-scheduler.js'
import {WineMachine} from './wine-machine.js'

const reason = whyNotScheduler()
const onWine = reason === '' ? test.serial : test.serial.skip
const skipped = reason === '' ? '' : ` (skipped: ${reason})`

/** A log-off and a logon, beside other tests. Milliseconds. */
const LONGEST_MS = 600_000

let machine: WineMachine
let scheduler: FakeScheduler

if (reason === '') {
  test.before(async () => {
    machine = await WineMachine.start()
    scheduler = await FakeScheduler.install(machine)
  })
  test.after.always(() => {
    machine.remove()
  })
}

/** Runs in node.exe, with `run(program, ...args)` for programs of System32 and `report(value)` for what is told in the end. */
async function inWindows(code: string): Promise<unknown> {
  const lines = [
    "import {spawn, spawnSync} from 'node:child_process'",
    "import {writeFileSync} from 'node:fs'",
    "import {setTimeout as delay} from 'node:timers/promises'",
    "const system = 'C:\\\\windows\\\\system32\\\\'",
    'const run = (program, ...args) => {',
    "  const {status, stdout, stderr} = spawnSync(system + program + '.exe', args, {encoding: 'latin1'})",
    '  return {status, stdout, stderr}',
    '}',
    "const report = value => writeFileSync('C:\\\\test\\\\report.json', JSON.stringify(value))",
    code,
  ]
  writeFileSync(join(machine.directory, 'inside.js'), lines.join('\n'))
  const {code: status, stderr} = await machine.node([machine.path('inside.js')])
  if (status !== 0) throw new Error(`expected a script to end, got ${String(status)}: ${stderr}`)
  return JSON.parse(readFileSync(join(machine.directory, 'report.json'), 'utf8'))
}

/** A definition whose action is node.exe with these arguments. */
const DEFINE = String.raw`
const define = (name, args, triggers = '') => {
  const xml = '<?xml version="1.0" encoding="UTF-16"?>' +
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">' +
    '<Triggers>' + triggers + '</Triggers><Actions><Exec><Command>' + process.execPath + '</Command><Arguments>' + args + '</Arguments></Exec></Actions></Task>'
  writeFileSync('C:\\test\\task.xml', Buffer.from('\ufeff' + xml, 'utf16le'))
  return run('schtasks', '/Create', '/F', '/TN', name, '/XML', 'C:\\test\\task.xml').status
}`

onWine(`an exit code after /HRESULT has all of its bits${skipped}`, async t => {
  const report = await inWindows(`report([
    run('schtasks', '/Query', '/TN', 'none', '/HRESULT').status,
    run('schtasks', '/Query', '/TN', 'none').status,
    run('whoami', '/user', '/fo', 'csv', '/nh').stdout,
    run('net', 'helpmsg', '5').stdout,
  ])`)
  const [numbered, plain, user, words] = report as [number, number, string, string]
  t.deepEqual([numbered, plain], [0x8007_0002, 1])
  t.regex(user, /^".+\\.+","S-1-5-21-[\d-]+"\r\n$/)
  t.is(words, '\r\nAccess is denied.\r\n\r\n')
})

onWine(`what a task starts gets its words, and lives until /End${skipped}`, async t => {
  const report = await inWindows(String.raw`${DEFINE}
    const code = "require('fs').writeFileSync('C:/test/words.json', JSON.stringify(process.argv));setInterval(() => 0, 1000)"
    define('words', '-e "' + code.replaceAll('&', '&amp;').replaceAll('>', '&gt;') + '" "two words" %SystemRoot% a\\\\"b"')
    const started = run('schtasks', '/Run', '/TN', 'words').status
    const column = () => run('schtasks', '/Query', '/TN', 'words', '/V', '/FO', 'CSV', '/NH').stdout.split('","')[6]
    const {existsSync} = await import('node:fs')
    while (!existsSync('C:/test/words.json')) await delay(20)
    const running = column()
    const ended = run('schtasks', '/End', '/TN', 'words').status
    while (column() === running) await delay(20)
    report([started, running, ended, column()])`)
  t.deepEqual(report, [0, '267009', 0, '267014'])
  const [, ...words] = JSON.parse(readFileSync(join(machine.directory, 'words.json'), 'utf8')) as string[]
  t.deepEqual(words, ['two words', 'C:\\windows', 'a\\b'])
})

onWine(`who ends a program ends the fake behind it, and what that was asked is not done${skipped}`, async t => {
  const report = await inWindows(`${DEFINE}
    define('asked', '-v')
    const asking = spawn(system + 'schtasks.exe', ['/Delete', '/TN', 'asked'], {stdio: 'pipe'})
    await new Promise(resolve => asking.stdout.once('data', resolve))
    asking.kill()
    await new Promise(resolve => asking.once('exit', resolve))
    report(run('schtasks', '/Query', '/TN', 'asked').status)`)
  t.is(report, 0)
  t.deepEqual(machine.processes('program-main'), [])
})

onWine(`taskkill /T ends a process with what it has started${skipped}`, async t => {
  const report = await inWindows(`
    const inner = 'setInterval(() => 0, 1000)'
    const outer = 'require("child_process").spawn(process.execPath, ["-e", "' + inner + '"], {detached: true, stdio: "ignore"});' +
      'console.log("up");' + inner
    const parent = spawn(process.execPath, ['-e', outer])
    await new Promise(resolve => parent.stdout.once('data', resolve))
    const killed = run('taskkill', '/PID', String(parent.pid), '/T', '/F')
    const again = run('taskkill', '/PID', String(parent.pid), '/T', '/F')
    report([killed.status, killed.stdout.trim().split('\\r\\n').length, again.status])`)
  t.deepEqual(report, [0, 2, 128])
})

onWine(`a logon starts tasks, whose pids of before mean nothing any more${skipped}`, async t => {
  t.timeout(LONGEST_MS)
  const running = async () => (await scheduler.tasks()).filter(({isRunning}) => isRunning).map(({name}) => name)
  await inWindows(String.raw`${DEFINE}
    const sleep = '-e "setInterval(() =&gt; 0, 1000)"'
    const [, sid] = /"(S-[^"]*)"/.exec(run('whoami', '/user', '/fo', 'csv', '/nh').stdout)
    define('once', sleep)
    define('at-logon', sleep, '<LogonTrigger><UserId>' + sid + '</UserId></LogonTrigger>')
    report(['once', 'at-logon'].map(name => run('schtasks', '/Run', '/TN', name).status))`)
  t.deepEqual(await running(), ['at-logon', 'once'])
  machine.logoff()
  await machine.logon()
  t.deepEqual(await scheduler.logOn(), ['at-logon'])
  t.deepEqual(await running(), ['at-logon'])
})
