// The windows backend with real processes of Windows, its launchers run by Wine's own script host.
import {readdirSync} from 'node:fs'
import {userInfo} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {FakeScheduler, whyNotScheduler} from './fake-scheduler.js'
import {WineMachine} from './wine-machine.js'

const reason = whyNotScheduler()
const onWine = reason === '' ? test.serial : test.serial.skip
const skipped = reason === '' ? '' : ` (skipped: ${reason})`

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

onWine(`a gateway of a task outlives a logoff, is restarted, and stays down after a stop${skipped}`, async t => {
  machine.createProfile('one')
  const installed = await machine.run(['gateway', 'install', 'one', '--', ...machine.argv('one')])
  t.is(installed.code, 0, installed.stderr)
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

  machine.logoff()
  t.deepEqual(machine.gateways(), [])
  await machine.logon()
  t.deepEqual(await scheduler.logOn(), ['hermes-svc-one'])
  const second = await machine.word('one', first.pid)
  t.like(await machine.row('one'), {state: 'running', pid: second.pid})

  machine.order('one', 7)
  const third = await machine.word('one', second.pid)
  t.like(await machine.row('one'), {state: 'running', pid: third.pid, lastExit: {code: 7, signal: null}})

  const stopped = await machine.run(['gateway', 'stop', 'one'])
  t.is(stopped.code, 0, stopped.stderr)
  await eventually('the launcher has ended', async () => !(await scheduler.tasks())[0]?.isRunning)
  t.deepEqual(await scheduler.tick(), [])
  t.like(await machine.row('one'), {state: 'stopped', wanted: 'down', pid: null})

  const removed = await machine.run(['gateway', 'uninstall', 'one'])
  t.is(removed.code, 0, removed.stderr)
  t.deepEqual([await scheduler.tasks(), machine.gateways(), machine.stateFiles()], [[], [], []])
})

onWine(`where no task may be made, the Startup folder starts it at the next logon${skipped}`, async t => {
  await scheduler.setFaults({denies: ['create', 'delete', 'change', 'run', 'end']})
  machine.createProfile('two')
  const installed = await machine.run(['gateway', 'install', 'two', '--', ...machine.argv('two')])
  t.is(installed.code, 0, installed.stderr)
  t.regex(installed.stderr, /Startup folder/)
  const first = await machine.word('two')
  const roaming = join(machine.drive, 'users', userInfo().username, 'AppData', 'Roaming')
  const startup = join(roaming, 'Microsoft', 'Windows', 'Start Menu', 'Programs', 'StartUp')
  t.deepEqual([readdirSync(startup).length, await scheduler.tasks()], [1, []])
  machine.logoff()
  await machine.logon()
  t.deepEqual(await scheduler.logOn(), [])
  const second = await machine.word('two', first.pid)
  t.like(await machine.row('two'), {state: 'running', pid: second.pid})
  const removed = await machine.run(['gateway', 'uninstall', 'two'])
  t.is(removed.code, 0, removed.stderr)
  t.deepEqual([readdirSync(startup), machine.gateways(), machine.stateFiles()], [[], [], []])
})
