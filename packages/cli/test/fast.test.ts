// What is answered without oclif is answered as with it.
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {type ArgumentShapes, readCall} from '../dist/fast/argument-shapes.js'
import {Machine, packageRoot, type Run} from './program.js'

const WITNESS = join(packageRoot, 'test', 'fixtures', 'oclif-witness.cjs')
/** Any of oclif's variables makes oclif answer. */
const BY_OCLIF = {OCLIF_COLUMNS: '80'}
const FAST = {OCLIF_COLUMNS: undefined}

type Env = Record<string, string | undefined>

function machineWithToy(t: ExecutionContext): Machine {
  const machine = new Machine(t)
  machine.link()
  for (const name of ['coder', 'ops', 'web-1', 'web-2']) {
    mkdirSync(machine.path('root', 'profiles', name), {recursive: true})
    writeFileSync(machine.path('root', 'profiles', name, 'SOUL.md'), '')
  }
  return machine
}

async function machineWithGateways(t: ExecutionContext): Promise<Machine> {
  const machine = machineWithToy(t)
  for (const [name, ...flags] of [['coder'], ['web-1', '--no-start'], ['web-2', '--port', '8123']] as const) {
    const {code, stderr} = await machine.run(['gateway', 'install', name, ...flags, '--', 'node', '-e', '0'])
    t.is(code, 0, stderr)
  }
  return machine
}

/** Runs it, and says who answered. */
async function witnessed(machine: Machine, argv: readonly string[], env: Env): Promise<{by: string; run: Run}> {
  const word = machine.path(`witness-${String(Math.random())}`)
  const options = {NODE_OPTIONS: `--require=${WITNESS}`, WITNESS: word}
  const run = await machine.run(argv, {env: {...env, ...options}})
  return {by: readFileSync(word, 'utf8'), run}
}

/** On a busy machine the toy may miss the deadline of a plugin's import; that says nothing of either way. */
async function inTime(machine: Machine, argv: readonly string[], env: Env): Promise<{by: string; run: Run}> {
  for (let round = 1; ; round += 1) {
    const seen = await witnessed(machine, argv, env)
    if (round === 5 || !`${seen.run.stdout}${seen.run.stderr}`.includes('did not end within 500 ms')) return seen
  }
}

async function sameBothWays(t: ExecutionContext, machine: Machine, argv: readonly string[], env: Env = {}) {
  const [fast, slow] = await Promise.all([
    inTime(machine, argv, {...env, ...FAST}),
    inTime(machine, argv, {...env, ...BY_OCLIF}),
  ])
  t.deepEqual([fast.by, slow.by], ['fast', 'oclif'], argv.join(' '))
  t.deepEqual(fast.run, slow.run, argv.join(' '))
  t.notThrows(() => JSON.parse(fast.run.stdout) as unknown, argv.join(' '))
  return fast.run
}

test('list and status are the same byte for byte, whatever is asked of them', async t => {
  const machine = await machineWithGateways(t)
  const lines = [
    'gateway list --json',
    'gateway:list --json',
    'gateway list --json --state running',
    'gateway list --state stopped --json --state failed',
    'gateway list --json --wanted down',
    'gateway list --json --backend toy',
    'gateway list --json --backend s6',
    'gateway list --json --backend nonsense',
    'gateway status --json',
    'gateway:status --json coder',
    'gateway status coder --json',
    'gateway status coder web-1 --json',
    'gateway status --json web-1 web-1',
    'gateway status web-* --json',
    'gateway status nobody-* --json',
    'gateway status nobody --json',
    'gateway status nobody coder --json',
    'gateway status ../x --json',
    'gateway status CODER --json',
    'gateway status --json --wanted up coder web-1',
    'gateway status --json --state running',
    'gateway status --json --config none.json',
  ]
  const runs = await Promise.all(lines.map(line => sameBothWays(t, machine, line.split(' '))))
  t.deepEqual([...new Set(runs.map(({code}) => code))].sort(), [0, 3, 4, 64, 69, 78])
})

test('so they are with a configuration, good or bad', async t => {
  const machine = await machineWithGateways(t)
  const file = machine.path('config.file')
  const configurations = [
    '{}',
    '{"backend": "toy"}',
    '\uFEFF{"backend": "toy"}',
    '{"backend": 7}',
    '{"backend": "toy"',
    '{"$import": "other.json"}',
    '{"nonsense": true}',
    'null',
    '[]',
    '',
    'backend: toy\n',
    'backend: [\n',
  ]
  for (const extension of ['json', 'yaml']) {
    for (const [index, text] of configurations.entries()) {
      const path = `${file}.${String(index)}.${extension}`
      writeFileSync(path, text)
      await sameBothWays(t, machine, ['gateway', 'list', '--json', '--config', path])
    }
  }
  const argv = ['gateway', 'list', '--json']
  await sameBothWays(t, machine, argv, {HERMES_SVC_CONFIG: machine.path('config.file.1.json')})
  await sameBothWays(t, machine, argv, {HERMES_SVC_CONFIG: machine.path('config.file.4.json')})
  await sameBothWays(t, machine, argv, {HERMES_SVC_BACKEND: 'nonsense'})
  await sameBothWays(t, machine, argv, {HERMES_SVC_START_SETTLE: 'soon'})
  writeFileSync(machine.path('config', 'config.yaml'), 'backend: toy\n')
  await sameBothWays(t, machine, argv)
})

test('so they are where something is wrong with records, plugins or the machine', async t => {
  const machine = await machineWithGateways(t)
  const argv = ['gateway', 'list', '--json']
  const record = machine.path('root', 'hermes-svc', 'gateways', 'coder', 'record.json')
  const text = readFileSync(record, 'utf8')
  for (const damaged of [text.slice(0, 40), '{}', text.replace('"schemaVersion": 1', '"schemaVersion": 99'), '']) {
    writeFileSync(record, damaged)
    await sameBothWays(t, machine, argv)
    await sameBothWays(t, machine, ['gateway', 'status', 'coder', '--json'])
  }
  writeFileSync(record, text.replace('"backend": "toy"', '"backend": "gone"'))
  await sameBothWays(t, machine, argv)
  writeFileSync(record, text)
  writeFileSync(machine.path('root', 'hermes-svc', 'toy.json'), '{}')
  await sameBothWays(t, machine, argv)
  const broken = machine.path('linked', 'toy-backend', 'index.js')
  writeFileSync(broken, 'throw new Error("broken on purpose")\n')
  await sameBothWays(t, machine, argv)
  writeFileSync(broken, 'export const backend = {}; console.log("not for the document"); console.warn("said")\n')
  const {stderr} = await sameBothWays(t, machine, argv)
  t.true(stderr.includes('not for the document'))
  writeFileSync(broken, 'process.exit(0)\n')
  t.is((await sameBothWays(t, machine, argv)).code, 1)
  writeFileSync(machine.path('data', 'package.json'), '{"oclif": {"plugins": 7}}')
  await sameBothWays(t, machine, argv)
  writeFileSync(machine.path('data', 'package.json'), '{')
  await sameBothWays(t, machine, argv)
  if (process.getuid?.() !== 0) return
  machine.link()
  chmodSync(machine.path('linked', 'toy-backend'), 0o777)
  await sameBothWays(t, machine, argv)
})

test('so they are without plugins, where they are written past process.stdout, however long they are', async t => {
  const machine = machineWithToy(t)
  writeFileSync(machine.path('data', 'package.json'), '{}')
  const argv = ['gateway', 'list', '--json', '--backend', 'embedded']
  const {code, stderr} = await machine.run([
    'gateway',
    'install',
    'coder',
    '--no-start',
    '--backend',
    'embedded',
    '--',
    'node',
    '-e',
    '0',
  ])
  t.is(code, 0, stderr)
  const gateways = machine.path('root', 'hermes-svc', 'gateways')
  const record = JSON.parse(readFileSync(join(gateways, 'coder', 'record.json'), 'utf8')) as {request: object}
  for (const [upTo, isLong] of [
    [40, false],
    [2000, true],
  ] as const) {
    for (let index = 0; index < upTo; index += 1) {
      const profile = `copy-${String(index)}`
      mkdirSync(join(gateways, profile), {recursive: true})
      const copy = {...record, profile, request: {...record.request, profile}}
      writeFileSync(join(gateways, profile, 'record.json'), JSON.stringify(copy))
    }
    const {stdout} = await sameBothWays(t, machine, argv)
    t.is(stdout.length > 1024 * 1024, isLong)
    t.is((JSON.parse(stdout) as {gateways: unknown[]}).gateways.length, upTo + 1)
  }
})

test('a plugin that may have a say in it leaves it to oclif', async t => {
  const machine = machineWithToy(t)
  const path = machine.path('linked', 'toy-backend', 'package.json')
  const packageJson = JSON.parse(readFileSync(path, 'utf8')) as object
  writeFileSync(path, JSON.stringify({...packageJson, oclif: {hooks: {init: './index.js'}}}))
  t.is((await witnessed(machine, ['gateway', 'list', '--json'], FAST)).by, 'oclif')
  writeFileSync(path, JSON.stringify({...packageJson, oclif: undefined}))
  t.is((await witnessed(machine, ['gateway', 'list', '--json'], FAST)).by, 'oclif')
})

test('every other command line is left to oclif', async t => {
  const machine = machineWithToy(t)
  const lines = [
    'gateway list',
    'gateway list --json --watch=no',
    'gateway list --json --json',
    'gateway list --json --quiet',
    'gateway list --json --verbose',
    'gateway list --json --help',
    'gateway list --json extra',
    'gateway list --json --state odd',
    'gateway list --json --state',
    'gateway list --json --state=running',
    'gateway list --json --backend toy --backend toy',
    'gateway list --json -- x',
    'gateway list --json --wanted --json',
    'gateway lis --json',
    'gateway:list list --json --wanted sideways',
    '--json gateway list',
  ]
  for (const line of lines) t.is((await witnessed(machine, line.split(' '), FAST)).by, 'oclif', line)
  t.is((await witnessed(machine, ['gateway', 'list'], {...FAST, HERMES_SVC_CONTENT_TYPE: 'json'})).by, 'oclif')
})

test('a call has exactly one of the shapes', t => {
  const options = {state: {values: ['a', 'b'], multiple: true}, config: {values: null, multiple: false}}
  const shapes: ArgumentShapes = {'x:list': {takesNames: false, options}, 'x:show': {takesNames: true, options: {}}}
  const read = (line: string) => readCall(line === '' ? [] : line.split(' '), shapes)
  t.deepEqual(read('x list --state a --json --state b'), {id: 'x:list', names: [], values: {state: ['a', 'b']}})
  t.deepEqual(read('x:show one --json two'), {id: 'x:show', names: ['one', 'two'], values: {}})
  const others = ['', 'x', 'x --json', 'x list', 'x:list:list --json', 'x: list --json', 'toString --json']
  const wrong = [
    'x list --json --config',
    'x list --json --config --json',
    'x list --json --toString 1',
    'x show --json -a',
  ]
  for (const line of [...others, ...wrong]) t.is(read(line), null, line)
})
