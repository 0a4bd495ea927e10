import {serviceError} from '@hermes-svc/core'
import test from 'ava'
import {BaseCommand} from '../dist/base-command.js'
import GatewayInstall from '../dist/commands/gateway/install.js'
import GatewayList from '../dist/commands/gateway/list.js'
import GatewayLogs from '../dist/commands/gateway/logs.js'
import GatewayRegister from '../dist/commands/gateway/register.js'
import GatewayStart from '../dist/commands/gateway/start.js'
import GatewayStatusCommand from '../dist/commands/gateway/status.js'
import GatewayUninstall from '../dist/commands/gateway/uninstall.js'
import {config, fakeHost, forgetHost, output} from './fake-host.js'
import {gateway} from './samples.js'
import {schemaProblems} from './schemas.js'

test.serial.afterEach.always(forgetHost)

test.serial('the common flags reach the host, and --backend every manager that is asked for', async t => {
  const {opened, managerFor, overview} = fakeHost()
  await output(() => GatewayStart.run(['coder', '--backend', 's6', '--config', '/c.json'], config))
  t.like(opened.firstCall.args[0] as object, {backend: 's6', config: '/c.json'})
  t.deepEqual(managerFor.args, [['coder', {backend: 's6'}]])
  await output(() => GatewayList.run(['--backend', 's6'], config))
  t.deepEqual(overview.firstCall.args, [undefined, {backend: 's6'}])
})

test.serial('start waits as long as --timeout says, or not at all', async t => {
  const {start} = fakeHost()
  await output(() => GatewayStart.run(['coder', '--timeout', '2m', '--no-wait'], config))
  const [profile, options] = start.firstCall.args as [string, {timeoutMs: number; wait: boolean; signal: AbortSignal}]
  t.is(profile, 'coder')
  t.deepEqual([options.timeoutMs, options.wait, options.signal.aborted], [120_000, false, false])
  await output(() => GatewayStart.run(['coder'], config))
  t.like(start.secondCall.args[1] as object, {wait: true})
})

test.serial('a name given twice is done once', async t => {
  const {start} = fakeHost()
  await output(() => GatewayStart.run(['coder', 'ops', 'coder'], config))
  t.deepEqual(
    start.args.map(([profile]) => profile as string),
    ['coder', 'ops'],
  )
})

test.serial('start --all leaves foreign gateways alone', async t => {
  const {start} = fakeHost([
    gateway({profile: 'a'}),
    gateway({profile: 'b', origin: 'foreign'}),
    gateway({profile: 'c', origin: 'registered'}),
  ])
  await output(() => GatewayStart.run(['--all'], config))
  t.deepEqual(
    start.args.map(([profile]) => profile as string),
    ['a', 'c'],
  )
})

test.serial('start --all goes by the first of the rows that a profile has, and starts it once', async t => {
  const {start} = fakeHost([
    gateway({profile: 'a'}),
    gateway({profile: 'a', scope: 'system', origin: 'foreign'}),
    gateway({profile: 'b', origin: 'foreign'}),
    gateway({profile: 'b', scope: 'system'}),
    gateway({profile: 'c'}),
    gateway({profile: 'c', scope: 'system'}),
  ])
  await output(() => GatewayStart.run(['--all'], config))
  t.deepEqual(
    start.args.map(([profile]) => profile as string),
    ['a', 'c'],
  )
})

test.serial('list and status show a profile that two scopes have twice', async t => {
  const rows = [gateway({backend: 'systemd'}), gateway({backend: 'systemd', scope: 'system', state: 'stopped'})]
  fakeHost(rows)
  const {stdout: table} = await output(() => GatewayList.run([], config))
  t.regex(table, /coder .*systemd user\ncoder .*systemd system/)
  const {stdout: details} = await output(() => GatewayStatusCommand.run(['coder'], config))
  t.regex(details, /service: .*\(systemd user\)[^]*service: .*\(systemd system\)/)
  for (const run of [() => GatewayList.run(['--json'], config), () => GatewayStatusCommand.run(['--json'], config)]) {
    const {stdout} = await output(run)
    const document = JSON.parse(stdout) as {gateways: unknown}
    t.is(schemaProblems('gateways', document), '')
    t.deepEqual(document.gateways, JSON.parse(JSON.stringify(rows)))
  }
})

test.serial('status exits by the first of the rows that a profile has', async t => {
  const own = gateway({backend: 'systemd'})
  const other = gateway({backend: 'systemd', scope: 'system'})
  const stopped = {state: 'stopped', pid: null} as const
  for (const [rows, code] of [
    [[own, {...other, ...stopped}], 0],
    [[{...own, ...stopped}, other], 3],
    [[own, {...other, profile: 'ops', ...stopped}], 3],
  ] as const) {
    fakeHost(rows)
    await output(() => GatewayStatusCommand.run([], config))
    t.is(process.exitCode, code)
  }
})

test.serial('install hands over the request and how to carry it out', async t => {
  const {install} = fakeHost()
  const argv = [
    'coder',
    '--port',
    '80',
    '--scope',
    'system',
    '--user',
    'u',
    '--no-autostart',
    '--no-start',
    '--adopt',
    '--force',
    '--timeout',
    '5',
    '--',
    'x',
    '--json',
  ]
  await output(() => GatewayInstall.run(argv, config))
  const [request, options] = install.firstCall.args as [object, object]
  t.deepEqual(request, {
    profile: 'coder',
    argv: ['x', '--json'],
    port: 80,
    scope: 'system',
    account: 'u',
    autostart: false,
  })
  t.like(options, {start: false, adopt: true, force: true, timeoutMs: 5000})
})

test.serial('install says why the gateway does not survive a reboot', async t => {
  const {install} = fakeHost()
  install.resolves(gateway({backend: 'systemd', autostart: false}))
  const {stdout} = await output(() => GatewayInstall.run(['coder'], config))
  t.regex(stdout, /survives reboot: no \(nothing starts systemd user at boot: hermes-svc doctor\)/)
})

test.serial('register hands over the request whole', async t => {
  const {register, manager} = fakeHost()
  const {stdout} = await output(() =>
    GatewayRegister.run(['coder', '--env', 'A=1', '--no-start', '--backend', 's6'], config),
  )
  t.deepEqual(manager.firstCall.args, [{backend: 's6'}])
  const [profile, options] = register.firstCall.args as [string, object]
  t.is(profile, 'coder')
  t.like(options, {request: {profile: 'coder', env: {A: '1'}}, startNow: false})
  t.regex(stdout, /until the container ends/)
})

test.serial('logs asks for 100 lines, or those that the flags name', async t => {
  const {logs} = fakeHost()
  await output(() => GatewayLogs.run(['coder'], config))
  t.like(logs.firstCall.args[1] as object, {lines: 100})
  await output(() => GatewayLogs.run(['coder', '-n', '0', '-f', '--since', '2030-01-31'], config))
  const {lines, follow, since} = logs.secondCall.args[1] as {lines: number; follow: boolean; since: Date}
  t.deepEqual([lines, follow, since.toISOString()], [0, true, '2030-01-31T00:00:00.000Z'])
})

test.serial('a warning goes to stderr once, or into the document, or nowhere when quiet', async t => {
  fakeHost()
  t.is((await output(() => GatewayList.run([], config))).stderr, '! a warning of the host\n')
  t.is((await output(() => GatewayList.run(['--quiet'], config))).stderr, '')
  const {stdout, stderr} = await output(() => GatewayList.run(['--json'], config))
  t.is(stderr, '')
  t.deepEqual((JSON.parse(stdout) as {warnings: string[]}).warnings, ['a warning of the host'])
})

test.serial('a single failure is thrown, several are rows', async t => {
  const {uninstall} = fakeHost()
  uninstall.withArgs('a').rejects(serviceError('HSVC_TIMEOUT', 'too slow'))
  const one = await output(() => GatewayUninstall.run(['a'], config))
  t.like(one.error, {code: 'HSVC_TIMEOUT'})
  const two = await output(() => GatewayUninstall.run(['a', 'b', '--json'], config))
  t.is(process.exitCode, 75)
  t.like(JSON.parse(two.stdout), {
    removed: [{profile: 'b'}],
    errors: [{profile: 'a', code: 'HSVC_TIMEOUT', message: 'too slow'}],
  })
})

test.serial('status exits with the code of an unreadable gateway rather than with 3', async t => {
  const {overview} = fakeHost()
  const errors = [{profile: 'x', code: 'HSVC_NOT_FOUND', message: 'no x'}]
  overview.resolves({
    backend: null,
    scope: null,
    complete: false,
    gateways: [gateway({state: 'stopped'})],
    errors,
    warnings: [],
  })
  await output(() => GatewayStatusCommand.run(['coder', 'x', '--json'], config))
  t.is(process.exitCode, 4)
})

test.serial('a host that cannot be opened is an error document with its exit code', async t => {
  BaseCommand.hostFactory = () =>
    Promise.reject(serviceError('HSVC_CONFIG_INVALID', '/c: expected x, got y', {hint: 'fix'}))
  const {stdout} = await output(() => GatewayList.run(['--json'], config))
  t.is(process.exitCode, 78)
  t.like(JSON.parse(stdout), {schemaVersion: 1, error: {code: 'HSVC_CONFIG_INVALID', hint: 'fix', exitCode: 78}})
})
