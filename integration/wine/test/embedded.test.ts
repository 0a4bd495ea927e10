// The CLI with real processes of Windows, as far as Wine has them: node.exe, its job objects, share modes and named pipes.
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {whyNotWine} from './wine.js'
import {WineMachine} from './wine-machine.js'

const reason = whyNotWine()
const onWine = reason === '' ? test.serial : test.serial.skip
const skipped = reason === '' ? '' : ` (skipped: ${reason})`

let machine: WineMachine

if (reason === '') {
  test.before(async () => {
    machine = await WineMachine.start({HERMES_SVC_BACKEND: 'embedded'})
  })
  test.after.always(() => {
    machine.remove()
  })
}

/** Installs with a command of the user's own. */
async function install(t: ExecutionContext, profile: string, ...more: readonly string[]): Promise<void> {
  const {code, stderr} = await machine.run(['gateway', 'install', profile, ...more, '--', ...machine.argv(profile)])
  t.is(code, 0, stderr)
}

onWine(`a gateway is installed, listed, restarted when it dies, stopped and uninstalled${skipped}`, async t => {
  await install(t, 'one', '--env', 'TOKEN=sesame')
  const first = await machine.word('one')
  const listed = await machine.row('one')
  t.like(listed, {backend: 'embedded', state: 'running', wanted: 'up', pid: first.pid, origin: 'installed'})
  t.is(first.env['TOKEN'], 'sesame')
  t.is(first.cwd.toLowerCase(), machine.windowsRoot.toLowerCase())
  t.truthy(first.env['APPDATA'])

  machine.order('one', 7)
  const second = await machine.word('one', first.pid)
  t.like(await machine.row('one'), {
    state: 'running',
    pid: second.pid,
    restarts: 1,
    lastExit: {code: 7, signal: null},
  })
  await machine.kill(second.pid)
  const third = await machine.word('one', second.pid)
  t.like(await machine.row('one'), {state: 'running', pid: third.pid, restarts: 2})
  const {stdout} = await machine.run(['gateway', 'logs', 'one'])
  t.is(stdout.split('\n').filter(line => line.includes('one is up')).length, 3)

  const stopped = await machine.json(['gateway', 'stop', 'one'])
  t.like(stopped.gateways?.[0], {state: 'stopped', wanted: 'down', pid: null})
  t.deepEqual([machine.gateways(), machine.runners()], [[], []])
  const removed = await machine.run(['gateway', 'uninstall', 'one'])
  t.is(removed.code, 0, removed.stderr)
  t.deepEqual(machine.stateFiles(), [])
})

onWine(`a gateway ends with its runner, and the next start gives it another${skipped}`, async t => {
  await install(t, 'two')
  const {pid} = await machine.word('two')
  for (const each of machine.runners()) process.kill(each, 'SIGKILL')
  await eventually('the gateway is gone', () => machine.gateways().length === 0)
  t.like(await machine.row('two'), {state: 'stopped', wanted: 'up', pid: null})
  const started = await machine.json(['gateway', 'start', 'two'])
  t.is(started.code, 0, JSON.stringify(started))
  t.is(started.gateways?.[0]?.pid, (await machine.word('two', pid)).pid)
  t.is((await machine.run(['gateway', 'uninstall', 'two'])).code, 0)
})

/** Programs as npm installs them: one for sh, which is none for Windows, and a batch file beside it. */
function installHermes(): string {
  const directory = join(machine.directory, 'bin')
  mkdirSync(directory)
  writeFileSync(join(directory, 'hermes'), '#!/bin/sh\n')
  const line = `"${machine.nodeProgram}" "${machine.path('gateway.js')}" %2 %*`
  writeFileSync(join(directory, 'hermes.cmd'), ['@echo off', line, ''].join('\r\n'))
  return machine.path('bin')
}

onWine(`Hermes behind a batch file is told of its stop, and ends in order${skipped}`, async t => {
  machine.createProfile('ops')
  const installed = await machine.run(['gateway', 'install', 'ops'], {WINEPATH: installHermes()})
  t.is(installed.code, 0, installed.stderr)
  const {pid, args} = await machine.word('ops')
  t.deepEqual(args, ['-p', 'ops', 'gateway', 'run'])
  t.not((await machine.row('ops')).pid, pid, 'what is supervised is the batch file')
  const restarted = await machine.json(['gateway', 'restart', 'ops'])
  t.like(restarted.gateways?.[0], {state: 'running', lastExit: {code: 0, signal: null}}, JSON.stringify(restarted))
  await machine.word('ops', pid)
  const stopped = await machine.json(['gateway', 'stop', 'ops'])
  t.like(stopped.gateways?.[0], {state: 'stopped', lastExit: {code: 0, signal: null}}, JSON.stringify(stopped))
  const {stdout} = await machine.run(['gateway', 'logs', 'ops'])
  t.is(stdout.split('\n').filter(line => line.includes('ops heeds')).length, 2)
  t.is((await machine.run(['gateway', 'uninstall', 'ops'])).code, 0)
})

onWine(`the contract on changes at the same time is kept${skipped}`, async t => {
  const {code, stdout} = await machine.run(['backend', 'verify', 'embedded', '--only', 'concurrency'])
  t.is(code, 0, stdout)
})

onWine(`values are in no file outside of the account’s own directories${skipped}`, async t => {
  mkdirSync(join(machine.drive, 'shared'))
  const env = {HERMES_HOME: 'C:\\shared'}
  const args = ['gateway', 'install', 'one', '--no-start', '--env', 'TOKEN=sesame', '--', ...machine.argv('one')]
  const {code, stderr} = await machine.run(args, env)
  t.is(code, 0, stderr)
  const [row] = (await machine.json(['gateway', 'list'], env)).gateways ?? []
  t.regex(row?.definition ?? '', /^C:\\users\\/)
  t.is((await machine.run(['gateway', 'uninstall', 'one'], env)).code, 0)
})

onWine(`names that are devices of Windows are refused${skipped}`, async t => {
  const answer = await machine.json(['gateway', 'install', 'nul', '--', ...machine.argv('nul')])
  t.like(answer, {code: 64, error: {code: 'HSVC_INVALID_PROFILE'}})
})
