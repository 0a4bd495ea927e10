import {cpSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {Machine, packageRoot, type Run} from './program.js'
import {schemaProblems} from './schemas.js'

const NO_REGISTRY = {HERMES_SVC_NPM_REGISTRY: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0'}
const NAME = 'hermes-svc-backend-toy'

function machineWithPackage(t: ExecutionContext): Machine {
  const machine = new Machine(t)
  cpSync(join(packageRoot, 'test', 'fixtures', 'toy-backend'), machine.path('work', 'toy'), {recursive: true})
  return machine
}

function change(machine: Machine, fields: object, backend: object = {}): void {
  const file = machine.path('work', 'toy', 'package.json')
  const packageJson = JSON.parse(readFileSync(file, 'utf8')) as {hermesSvc: {backend: object}}
  const hermesSvc = {backend: {...packageJson.hermesSvc.backend, ...backend}}
  writeFileSync(file, JSON.stringify({...packageJson, ...fields, hermesSvc}))
}

function plugins(machine: Machine, ...argv: string[]): Promise<Run> {
  return machine.run(['plugins', ...argv], {env: NO_REGISTRY})
}

function parse(t: ExecutionContext, run: Run, schema: string, code = 0): Record<string, unknown> {
  t.is(run.code, code, run.stdout + run.stderr)
  t.is(run.stderr, '')
  const document = JSON.parse(run.stdout) as Record<string, unknown>
  t.is(schemaProblems(schema, document), '', run.stdout)
  return document
}

test('a plugin is installed from a directory, listed, used, kept while it holds a gateway, and uninstalled, with JSON only', async t => {
  const machine = machineWithPackage(t)
  t.like(parse(t, await plugins(machine, 'install', './toy', '--json'), 'plugins-installed'), {
    plugins: [{name: NAME, version: '1.2.3', result: 'installed', source: {type: 'directory'}, backend: {kind: 'toy'}}],
  })
  const list = parse(t, await plugins(machine, '--json'), 'plugins')
  t.like(list, {plugins: [{name: NAME, linked: false, backend: 'toy'}]})
  const gateway = await machine.run(['gateway', 'install', 'default', '--json', '--', 'node', '-e', '0'])
  t.like(JSON.parse(gateway.stdout), {backend: 'toy'})
  const kept = parse(t, await plugins(machine, 'uninstall', NAME, '--json'), 'error', 73)
  t.regex((kept['error'] as {message: string}).message, /holds gateways: default/)
  t.like(parse(t, await plugins(machine, 'uninstall', NAME, '--force', '--json'), 'plugins-removed'), {
    removed: [{name: NAME, version: '1.2.3', linked: false}],
  })
  t.deepEqual(parse(t, await plugins(machine, '--json'), 'plugins')['plugins'], [])
  t.deepEqual(readdirSync(machine.path('data', 'plugins')), [])
})

test('what is shown before is on stderr, what became of it on stdout, and an update takes it from where it was', async t => {
  const machine = machineWithPackage(t)
  const {code, stdout, stderr} = await plugins(machine, 'install', './toy')
  t.is(code, 0, stderr)
  t.is(stdout, `✓ ${NAME} 1.2.3 installed · backend toy\n`)
  t.regex(stderr, /from +directory .*toy\n.*brings +backend toy \(contract 1, priority 60/s)
  change(machine, {version: '1.3.0'})
  t.is((await plugins(machine, 'update')).stdout, `✓ ${NAME} 1.3.0 updated (was 1.2.3) · backend toy\n`)
})

const failures: [title: string, code: number, spoil: (machine: Machine) => void][] = [
  ['is for another contract', 69, machine => change(machine, {}, {contract: 2})],
  ['needs a registry that is down', 74, machine => change(machine, {dependencies: {nothing: '1.0.0'}})],
]

test('a failed upgrade leaves the version that was there, whatever fails', async t => {
  const machine = machineWithPackage(t)
  await plugins(machine, 'install', './toy')
  const before = readFileSync(machine.path('data', 'package.json'), 'utf8')
  for (const [title, code, spoil] of failures) {
    rmSync(machine.path('work', 'toy'), {recursive: true})
    cpSync(join(packageRoot, 'test', 'fixtures', 'toy-backend'), machine.path('work', 'toy'), {recursive: true})
    change(machine, {version: '1.3.0'})
    spoil(machine)
    const run = await plugins(machine, 'install', './toy')
    t.is(run.code, code, `${title}: ${run.stderr}`)
    t.is(run.stdout, '')
    t.is(readFileSync(machine.path('data', 'package.json'), 'utf8'), before, title)
    t.is(readdirSync(machine.path('data', 'plugins')).length, 1, title)
  }
  t.like(JSON.parse((await machine.run(['backend', 'list', '--json'])).stdout), {backend: 'toy'})
})

test('a plugin is linked and unlinked by its directory; of several some may fail', async t => {
  const machine = machineWithPackage(t)
  const linked = parse(t, await plugins(machine, 'link', 'toy', '--json'), 'plugins-linked')
  t.like(linked, {linked: [{name: NAME, root: machine.path('work', 'toy')}]})
  const update = await plugins(machine, 'update', NAME)
  t.is(update.code, 64, update.stderr)
  t.regex(update.stderr, /linked from/)
  const both = parse(t, await plugins(machine, 'unlink', 'nope', './toy', '--json'), 'plugins-removed', 64)
  t.like(both, {removed: [{name: NAME, linked: true}], errors: [{plugin: 'nope', code: 'HSVC_INVALID_SPEC'}]})
})

test('nothing to update and nothing to reset are no failures, and write nothing', async t => {
  const machine = new Machine(t)
  for (const verb of ['update', 'reset']) t.is((await plugins(machine, verb)).code, 0)
  t.deepEqual(readdirSync(machine.path('data')), [])
})
