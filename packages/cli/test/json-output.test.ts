import {mkdirSync, writeFileSync} from 'node:fs'
import test, {type ExecutionContext} from 'ava'
import {Machine, type Run} from './program.js'
import {schemaNames, schemaProblems} from './schemas.js'

function parse(t: ExecutionContext, run: Run, schema: string, code = 0): Record<string, unknown> {
  t.is(run.code, code, run.stdout + run.stderr)
  const document = JSON.parse(run.stdout) as Record<string, unknown>
  t.is(schemaProblems(schema, document), '', run.stdout)
  return document
}

function machineWithToy(t: ExecutionContext): Machine {
  const machine = new Machine(t)
  machine.link()
  for (const name of ['coder', 'ops']) {
    mkdirSync(machine.path('root', 'profiles', name), {recursive: true})
    writeFileSync(machine.path('root', 'profiles', name, 'SOUL.md'), '')
  }
  return machine
}

const command = ['--', 'node', '-e', '0']

test('every published schema is valid, and each is held against an output here or in a test of plugins', t => {
  const held = [
    'candidates',
    'configuration',
    'doctor',
    'error',
    'gateways',
    'log-line',
    'plan',
    'plugins',
    'plugins-installed',
    'plugins-linked',
    'plugins-removed',
    'reconcile',
    'removed',
    'verification',
  ]
  t.deepEqual(schemaNames.sort(), held)
})

test('the life of a gateway prints JSON of its schema at every step', async t => {
  const machine = machineWithToy(t)
  const run = async (schema: string, ...argv: string[]) => parse(t, await machine.run(argv), schema)
  const plan = await run(
    'plan',
    'gateway',
    'install',
    'coder',
    '--dry-run',
    '--json',
    '--env',
    'TOKEN=s3cret',
    ...command,
  )
  t.like(plan, {change: 'create', backend: 'toy', spec: {scope: 'container'}})
  t.false(JSON.stringify(plan).includes('s3cret'))
  const installed = await run(
    'gateways',
    'gateway',
    'install',
    'coder',
    '--json',
    '--env',
    'TOKEN=s3cret',
    '--port',
    '8080',
    ...command,
  )
  t.like(installed, {backend: 'toy', scope: 'container', complete: true, errors: []})
  t.like((installed['gateways'] as object[])[0], {profile: 'coder', state: 'running', port: 8080, origin: 'installed'})
  t.false(JSON.stringify(installed).includes('s3cret'))
  for (const verb of ['stop', 'start', 'restart']) {
    const {gateways} = await run('gateways', 'gateway', verb, 'coder', '--json')
    t.like((gateways as object[])[0], {profile: 'coder', state: verb === 'stop' ? 'stopped' : 'running'})
  }
  t.like(await run('gateways', 'gateway:list', '--json'), {gateways: [{profile: 'coder', drift: null}]})
  t.like(await run('gateways', 'gateway', 'status', 'coder', '--json'), {gateways: [{profile: 'coder', drift: false}]})
  t.like(await run('gateways', 'gateway', 'register', 'ops', '--json', ...command), {
    gateways: [{profile: 'ops', origin: 'registered'}],
  })
  t.like(await run('reconcile', 'gateway', 'reconcile', '--json'), {
    actions: [{profile: 'coder', action: 'none'}],
    dryRun: false,
  })
  t.like(await run('removed', 'gateway', 'unregister', 'ops', '--json'), {
    removed: [{profile: 'ops', removed: ['ops']}],
  })
  const {removed} = await run('removed', 'gateway', 'uninstall', 'coder', 'nobody', '--json')
  t.like(removed, [{profile: 'coder'}, {profile: 'nobody', removed: []}])
  t.deepEqual((await run('gateways', 'gateway', 'list', '--json'))['gateways'], [])
})

test('backends, configuration and the doctor print JSON of their schemas', async t => {
  const machine = machineWithToy(t)
  const run = async (schema: string, ...argv: string[]) => parse(t, await machine.run(argv), schema)
  const [listed, detected] = [
    await run('candidates', 'backend', 'list', '--json'),
    await run('candidates', 'backend', 'detect', '--json'),
  ]
  t.like(listed, {backend: 'toy', scope: 'container'})
  const toyOf = ({candidates}: Record<string, unknown>) =>
    (candidates as {kind: string}[]).find(({kind}) => kind === 'toy')
  t.like(toyOf(listed), {source: 'linked', capabilities: {logs: 'file'}})
  t.like(toyOf(detected), {evidence: [{fact: 'toys are there', path: '/toys', value: 'yes'}]})
  t.false(Object.hasOwn(toyOf(detected) ?? {}, 'capabilities'))
  const {values} = await run('configuration', 'config', 'show', '--json', '--backend', 'toy')
  t.deepEqual((values as object[])[0], {key: 'backend', value: 'toy', origin: '--backend'})
  await run('doctor', 'doctor', '--json')
})

test('log lines are one JSON object a line, of several profiles too', async t => {
  const machine = machineWithToy(t)
  for (const name of ['coder', 'ops']) await machine.run(['gateway', 'install', name, ...command])
  const {code, stdout} = await machine.run(['gateway', 'logs', 'coder', 'ops', '--json'])
  t.is(code, 0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as object)
  t.is(lines.length, 4)
  for (const line of lines) t.is(schemaProblems('log-line', line), '')
  t.like(lines[2], {profile: 'ops', text: '\u001b[31mfirst'})
})

test('a batch keeps what succeeded, has a row for each failure, and exits with the first one', async t => {
  const machine = machineWithToy(t)
  await machine.run(['gateway', 'install', 'coder', ...command])
  const batch = parse(t, await machine.run(['gateway', 'start', 'nobody', 'coder', 'BAD', '--json']), 'gateways', 4)
  t.like(batch, {
    gateways: [{profile: 'coder'}],
    errors: [
      {profile: 'nobody', code: 'HSVC_NOT_FOUND'},
      {profile: 'BAD', code: 'HSVC_INVALID_PROFILE'},
    ],
  })
  const text = await machine.run(['gateway', 'start', 'nobody', 'coder'])
  t.is(text.code, 4)
  t.regex(text.stdout, /^✓ coder running/)
  t.regex(text.stderr, /^✗ .*nobody/)
})

test('status exits 3 when a gateway does not run, and 4 when there is none of the name', async t => {
  const machine = machineWithToy(t)
  await machine.run(['gateway', 'install', 'coder', '--no-start', ...command])
  parse(t, await machine.run(['gateway', 'status', '--json']), 'gateways', 3)
  parse(t, await machine.run(['gateway', 'status', 'coder', 'nobody', '--json']), 'gateways', 4)
  t.like(parse(t, await machine.run(['gateway', 'status', 'nobody', '--json']), 'error', 4), {
    error: {code: 'HSVC_NOT_FOUND', profile: 'nobody'},
  })
})

const failures: [title: string, argv: string[], exitCode: number, code: string][] = [
  ['an unknown command', ['nope', '--json'], 64, 'HSVC_USAGE'],
  ['an unknown command of a topic', ['gateway', 'lst', '--json'], 64, 'HSVC_USAGE'],
  ['an unknown command with a colon', ['gateway:nope', '--json'], 64, 'HSVC_USAGE'],
  ['a topic without a command', ['gateway', '--json'], 64, 'HSVC_USAGE'],
  ['--json before the command', ['--json', 'gateway', 'list'], 64, 'HSVC_USAGE'],
  ['an unknown flag', ['gateway', 'list', '--bogus', '--json'], 64, 'HSVC_USAGE'],
  ['an argument too many', ['gateway', 'install', 'coder', 'more', '--json'], 64, 'HSVC_USAGE'],
  ['a missing argument', ['gateway', 'install', '--json'], 64, 'HSVC_USAGE'],
  ['no profile and no --all', ['gateway', 'stop', '--json'], 64, 'HSVC_USAGE'],
  ['a flag without its value', ['gateway', 'list', '--json', '--backend'], 64, 'HSVC_USAGE'],
  ['a flag given twice', ['gateway', 'list', '--json', '--backend', 'toy', '--backend', 'toy'], 64, 'HSVC_USAGE'],
  ['a port that is none', ['gateway', 'install', 'coder', '--json', '--port', '70000'], 64, 'HSVC_USAGE'],
  ['a bad duration', ['gateway', 'stop', 'coder', '--json', '--timeout', 'soon'], 64, 'HSVC_USAGE'],
  ['a bad variable', ['gateway', 'install', 'coder', '--json', '--env', '1=2'], 64, 'HSVC_USAGE'],
  ['flags of Windows', ['gateway', 'install', 'coder', '--json', '--start-now'], 64, 'HSVC_USAGE'],
  ['a bad profile name', ['gateway', 'start', 'Coder', '--json'], 64, 'HSVC_INVALID_PROFILE'],
  ['a profile that is not there', ['gateway', 'install', 'codr', '--json'], 64, 'HSVC_INVALID_SPEC'],
  ['a backend that is not there', ['gateway', 'list', '--json', '--backend', 'nope'], 69, 'HSVC_NO_BACKEND'],
  ['a gateway that dies', ['gateway', 'install', 'coder', '--json', '--', 'node', 'die'], 3, 'HSVC_START_FAILED'],
  [
    'a configuration file that is not there',
    ['gateway', 'list', '--json', '--config', '/no/such.json'],
    78,
    'HSVC_CONFIG_INVALID',
  ],
]

for (const [title, argv, exitCode, code] of failures) {
  test(`under --json ${title} is an error document and exit code ${String(exitCode)}`, async t => {
    if (process.platform === 'win32' && title === 'flags of Windows') return t.pass()
    const machine = machineWithToy(t)
    const run = await machine.run(argv)
    t.like(parse(t, run, 'error', exitCode), {error: {code, exitCode}})
    t.is(run.stderr, '')
    const plain = await machine.run(argv.filter(word => word !== '--json'))
    if (title !== 'a topic without a command' && title !== '--json before the command') {
      t.is(plain.code, exitCode)
      t.is(plain.stdout, '')
      t.is(plain.stderr.match(/^✗/gm)?.length, 1, plain.stderr)
    }
  })
}

test('--json after -- belongs to the gateway', async t => {
  const machine = machineWithToy(t)
  const {code, stdout} = await machine.run([
    'gateway',
    'install',
    'coder',
    '--',
    'node',
    '-e',
    '0',
    '--json',
    '--',
    'x',
  ])
  t.is(code, 0)
  t.regex(stdout, /^✓ coder running/)
  const failed = await machine.run(['gateway', 'lst', '--', '--json'])
  t.is(failed.stdout, '')
})

test('a failed start is JSON with last exit and log tail, and text with both', async t => {
  const machine = machineWithToy(t)
  const argv = ['gateway', 'install', 'coder', '--', 'node', 'die']
  const {error} = parse(t, await machine.run([...argv.slice(0, 3), '--json', ...argv.slice(3)]), 'error', 3)
  t.like(error, {lastExit: {code: 7}, logTail: ['\u001b[31mfirst', 'second']})
  const {stderr} = await machine.run(argv)
  t.regex(stderr, /last exit: exit 7\n {2}last log lines:\n {4}first\n {4}second/)
})

test('--env takes one value each, so that a profile or argument after it is not swallowed', async t => {
  const machine = machineWithToy(t)
  const run = await machine.run([
    'gateway',
    'install',
    '--env',
    'A=1',
    '--env',
    'B=2',
    'coder',
    '--dry-run',
    '--json',
    ...command,
  ])
  const {spec} = parse(t, run, 'plan')
  const {envKeys} = spec as {envKeys: string[]}
  t.true(envKeys.includes('A') && envKeys.includes('B'))
})

test('--environment-file - reads standard input, and nothing else does', async t => {
  const machine = machineWithToy(t)
  const argv = ['gateway', 'install', 'coder', '--dry-run', '--json', '--environment-file', '-', ...command]
  const {spec} = parse(t, await machine.run(argv, {input: 'FROM_STDIN=1\n'}), 'plan')
  t.true((spec as {envKeys: string[]}).envKeys.includes('FROM_STDIN'))
  t.is((await machine.run(['gateway', 'install', ...command], {input: 'coder\n'})).code, 64)
})
