// The windows backend with real processes of Windows, its launchers run by Wine's own script host.
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import {userInfo} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {FakeScheduler, whyNotScheduler} from './fake-scheduler.js'
import {WineMachine} from './wine-machine.js'

const reason = whyNotScheduler()
const onWine = reason === '' ? test.serial : test.serial.skip
const skipped = reason === '' ? '' : ` (skipped: ${reason})`

/** On two processors that others use as well. Milliseconds. */
const LONGEST_MS = 20 * 60_000
/** A verb waits for several starts of node.exe. */
const PATIENCE = ['--timeout', '3m']

let machine: WineMachine
let scheduler: FakeScheduler

if (reason === '') {
  test.before(async () => {
    machine = await WineMachine.start()
    scheduler = await FakeScheduler.install(machine)
    await scheduler.serve()
  })
  test.after.always(() => {
    machine.remove()
  })
}

onWine(`a gateway of a task outlives a logoff, is restarted, and stays down after a stop${skipped}`, async t => {
  t.timeout(LONGEST_MS)
  machine.createProfile('one')
  await does(t, 'install', 'one', '--', ...machine.argv('one'))
  const first = await machine.word('one')
  t.like(await machine.row('one'), {
    backend: 'windows',
    state: 'running',
    wanted: 'up',
    pid: first.pid,
    autostart: true,
  })
  t.like(await scheduler.tasks(), {0: {name: 'hermes-svc-one', isEnabled: true, isRunning: true}, length: 1})
  t.deepEqual(await scheduler.tick(), [])

  t.deepEqual(await logOffAndOn(t), ['hermes-svc-one'])
  const second = await machine.word('one', first.pid)
  t.like(await machine.row('one'), {state: 'running', pid: second.pid})

  machine.order('one', 7)
  const third = await machine.word('one', second.pid)
  t.like(await machine.row('one'), {state: 'running', pid: third.pid, lastExit: {code: 7, signal: null}})

  await does(t, 'stop', 'one')
  await eventually('the launcher has ended', async () => !(await scheduler.tasks())[0]?.isRunning)
  t.deepEqual(await scheduler.tick(), [])
  t.deepEqual(await logOffAndOn(t), [])
  t.like(await machine.row('one'), {state: 'stopped', wanted: 'down', pid: null})

  await does(t, 'uninstall', 'one')
  t.deepEqual([await scheduler.tasks(), machine.gateways(), machine.stateFiles()], [[], [], []])
})

/** Does something to a gateway that has to work; gives what was said on standard error. */
async function does(t: ExecutionContext, verb: string, profile: string, ...more: readonly string[]): Promise<string> {
  const {code, stderr} = await machine.run(['gateway', verb, profile, ...PATIENCE, ...more])
  t.is(code, 0, stderr)
  return stderr
}

/** Ends the session and begins another. Gives the names of the tasks that are started then. */
async function logOffAndOn(t: ExecutionContext): Promise<string[]> {
  machine.logoff()
  t.deepEqual(machine.gateways(), [])
  await machine.logon()
  const started = await scheduler.logOn()
  await scheduler.serve()
  return started
}

onWine(`where no task may be made, the Startup folder starts it at the next logon${skipped}`, async t => {
  t.timeout(LONGEST_MS)
  await scheduler.setFaults({denies: ['create', 'delete', 'change', 'run', 'end']})
  machine.createProfile('two')
  const said = await does(t, 'install', 'two', '--', ...machine.argv('two'))
  t.regex(said, /Startup folder/)
  const first = await machine.word('two')
  const roaming = join(machine.drive, 'users', userInfo().username, 'AppData', 'Roaming')
  const startup = join(roaming, 'Microsoft', 'Windows', 'Start Menu', 'Programs', 'StartUp')
  t.deepEqual([readdirSync(startup).length, await scheduler.tasks()], [1, []])
  t.deepEqual(await logOffAndOn(t), [])
  const second = await machine.word('two', first.pid)
  t.like(await machine.row('two'), {state: 'running', pid: second.pid})
  await does(t, 'uninstall', 'two')
  t.deepEqual([readdirSync(startup), machine.gateways(), machine.stateFiles()], [[], [], []])
})

/** A task as Hermes makes it, whose launcher does not wait for the gateway. */
function writeHermesTask(name: string, profile: string): string {
  const scripts = join(machine.root, 'profiles', profile, 'gateway-service')
  mkdirSync(scripts)
  const words = machine.argv(profile).map(word => `""${word}""`)
  const lines = [`CreateObject("WScript.Shell").Run "${words.join(' ')}", 0, False`, '']
  writeFileSync(join(scripts, `${name}.vbs`), lines.join('\r\n'))
  const launcher = `${machine.windowsRoot}\\profiles\\${profile}\\gateway-service\\${name}.vbs`
  const exec = `<Command>C:\\windows\\system32\\wscript.exe</Command><Arguments>//B //Nologo "${launcher}"</Arguments>`
  const xml = [
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<Task version="1.4" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    `<Triggers></Triggers><Actions><Exec>${exec}</Exec></Actions></Task>`,
  ]
  writeFileSync(join(machine.directory, 'task.xml'), Buffer.from(`\ufeff${xml.join('\r\n')}`, 'utf16le'))
  return machine.path('task.xml')
}

onWine(
  `a task of Hermes’ own is started and stopped, and taken over only when that is asked for${skipped}`,
  async t => {
    t.timeout(LONGEST_MS)
    const name = 'Hermes_Gateway_three'
    await scheduler.setFaults({denies: []})
    machine.createProfile('three')
    const xml = writeHermesTask(name, 'three')
    const schtasks = String.raw`C:\windows\system32\schtasks.exe`
    t.is((await machine.wine(schtasks, ['/Create', '/F', '/TN', name, '/XML', xml])).code, 0)
    t.like(await machine.row('three'), {origin: 'foreign', service: name, state: 'stopped'})
    await does(t, 'start', 'three')
    const {pid} = await machine.word('three')
    t.like(await machine.row('three'), {origin: 'foreign', state: 'running', pid})

    const command = ['--', ...machine.argv('three')]
    t.is((await machine.run(['gateway', 'install', 'three', ...command])).code, 73)
    t.is((await machine.run(['gateway', 'uninstall', 'three'])).code, 73)
    await does(t, 'stop', 'three')
    t.deepEqual(machine.gateways(), [])
    t.like(await scheduler.tasks(), {0: {name, isEnabled: false}, length: 1})

    await does(t, 'install', 'three', '--adopt', ...command)
    t.like(await machine.row('three'), {
      origin: 'installed',
      state: 'running',
      pid: (await machine.word('three', pid)).pid,
    })
    t.deepEqual(
      (await scheduler.tasks()).map(each => each.name),
      ['hermes-svc-three'],
    )
    t.true(machine.stateFiles().some(path => path.includes('replaced') && path.endsWith(`${name}.xml`)))
    await does(t, 'uninstall', 'three')
    t.deepEqual([await scheduler.tasks(), machine.gateways()], [[], []])
  },
)
