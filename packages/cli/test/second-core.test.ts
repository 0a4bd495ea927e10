import {cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import test from 'ava'
import {Machine, packageRoot, type Run} from './program.js'

const core = dirname(
  dirname(realpathSync(createRequire(join(packageRoot, 'package.json')).resolve('@hermes-svc/core'))),
)

/** A plugin with its own copy of core, as npm installs one that has core among its dependencies. */
function makePlugin(machine: Machine): string {
  const root = machine.path('own-core')
  const copy = join(root, 'node_modules', '@hermes-svc', 'core')
  mkdirSync(copy, {recursive: true})
  for (const part of ['bundle', 'package.json']) cpSync(join(core, part), join(copy, part), {recursive: true})
  const {dependencies} = JSON.parse(readFileSync(join(core, 'package.json'), 'utf8')) as {dependencies: object}
  for (const name of Object.keys(dependencies)) {
    const place = join(root, 'node_modules', name)
    mkdirSync(dirname(place), {recursive: true})
    symlinkSync(join(packageRoot, '..', '..', 'node_modules', name), place, 'junction')
  }
  const backend = {contract: 1, kind: 'toy', priority: 60, platforms: [process.platform], module: './index.js'}
  const packageJson = {name: 'own-core', version: '1.0.0', type: 'module', exports: './index.js', oclif: {}}
  writeFileSync(join(root, 'package.json'), JSON.stringify({...packageJson, hermesSvc: {backend}}))
  const toy = join(packageRoot, 'test', 'fixtures', 'toy-backend', 'index.js')
  writeFileSync(
    join(root, 'index.js'),
    `import {defineBackend, serviceError} from '@hermes-svc/core'
    import {backend as toy} from ${JSON.stringify(toy)}
    export const backend = defineBackend({...toy, create(context) {
      if (context.error === serviceError) throw new Error('expected two copies of core')
      return {...toy.create(context), async stop(profile) {
        throw serviceError('HSVC_BUSY', profile + ' is busy', {hint: 'wait a little'})
      }}
    }})`,
  )
  return root
}

/** Runs it again while the machine is too busy to load all of core within the time that a plugin has. */
async function runUnhurried(machine: Machine, argv: readonly string[]): Promise<Run> {
  const end = performance.now() + 60_000
  for (;;) {
    const run = await machine.run(argv)
    if (!/did not end within/.test(run.stdout) || performance.now() > end) return run
  }
}

test('a plugin that brings its own copy of core works, and its errors are known by their codes', async t => {
  const machine = new Machine(t)
  machine.link(makePlugin(machine))
  const installed = await runUnhurried(machine, ['gateway', 'install', 'coder', '--json', '--', 'node'])
  t.is(installed.code, 0, installed.stdout + installed.stderr)
  t.like(JSON.parse(installed.stdout), {backend: 'toy', gateways: [{profile: 'coder', state: 'running'}]})
  const {code, stdout} = await runUnhurried(machine, ['gateway', 'stop', 'coder', '--json'])
  t.is(code, 75)
  t.like(JSON.parse(stdout), {
    error: {code: 'HSVC_BUSY', message: 'coder is busy', hint: 'wait a little', backend: 'toy', verb: 'stop'},
  })
})
