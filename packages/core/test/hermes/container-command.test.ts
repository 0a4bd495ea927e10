import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {hermesArguments, isDashboard, isGatewayRun, readContainerCommand} from '../../dist/hermes/container-command.js'
import {temporaryDirectory} from '../temporary-directory.js'

for (const [argv, expected] of [
  [
    ['/init', '/opt/hermes/docker/main-wrapper.sh', 'gateway', 'run'],
    ['gateway', 'run'],
  ],
  [['sh', '/run/rc.init', 'top', '/opt/main-wrapper.sh', 'hermes', 'dashboard'], ['dashboard']],
  [['/opt/main-wrapper.sh', '/opt/entrypoint-dispatch.sh', '/usr/bin/hermes', 'chat'], ['chat']],
  [
    ['/init', 'gateway', 'run'],
    ['gateway', 'run'],
  ],
  [['/init'], []],
  [['/opt/main-wrapper.sh'], []],
  [[], []],
] as const)
  test(`the command line ${JSON.stringify(argv)} asks hermes for ${JSON.stringify(expected)}`, t => {
    t.deepEqual(hermesArguments(argv), expected)
  })

test('a container shows the dashboard when that is the first thing that it is asked for', t => {
  t.true(isDashboard(['main-wrapper.sh', 'dashboard', '--host', '0.0.0.0']))
  for (const argv of [['main-wrapper.sh', 'serve'], ['main-wrapper.sh', 'gateway', 'dashboard'], []])
    t.false(isDashboard(argv), argv.join(' '))
})

test('a container runs the gateway as its command unless it opts out', t => {
  const run = ['main-wrapper.sh', 'gateway', 'run']
  t.true(isGatewayRun(run, {}))
  t.true(isGatewayRun([...run, '--replace'], {HERMES_GATEWAY_NO_SUPERVISE: 'no'}))
  t.false(isGatewayRun([...run, '--no-supervise'], {}))
  for (const value of ['1', 'true', 'YES']) t.false(isGatewayRun(run, {HERMES_GATEWAY_NO_SUPERVISE: value}))
  t.false(isGatewayRun(['main-wrapper.sh', 'gateway', 'status'], {}))
})

test('the command is found in whatever process has it, and is else that of process 1', t => {
  const proc = temporaryDirectory(t)
  const add = (pid: number, ...argv: string[]): void => {
    mkdirSync(join(proc, String(pid)))
    writeFileSync(join(proc, String(pid), 'cmdline'), argv.map(word => `${word}\0`).join(''))
  }
  add(1, 's6-svscan', '--', '/run/service')
  mkdirSync(join(proc, '7'))
  mkdirSync(join(proc, 'self'))
  t.deepEqual(readContainerCommand(proc), ['s6-svscan', '--', '/run/service'])
  add(20, 'sh', '/run/rc.init', 'top', '/opt/main-wrapper.sh', 'dashboard')
  t.true(isDashboard(readContainerCommand(proc)))
  t.deepEqual(readContainerCommand(join(proc, 'nothing')), [])
})
