import {cpSync, mkdirSync, realpathSync, symlinkSync} from 'node:fs'
import {execFile} from 'node:child_process'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {promisify} from 'node:util'
import test, {type ExecutionContext} from 'ava'
import {Machine, packageRoot} from './program.js'

const {resolve} = createRequire(join(packageRoot, 'package.json'))

/** The directory of an installed package: its main file is somewhere in it. */
function directoryOf(name: string): string {
  const main = realpathSync(resolve(name))
  const marker = name.startsWith('@hermes-svc/')
    ? join('packages', name.slice('@hermes-svc/'.length))
    : join('node_modules', name)
  return main.slice(0, main.lastIndexOf(marker) + marker.length)
}

/** The program installed with its required dependencies only, as `npm install --omit=optional` does, and what is named beside it. */
function slimProgram(t: ExecutionContext, ...beside: readonly string[]): {machine: Machine; bin: string} {
  const machine = new Machine(t)
  const modules = machine.path('slim', 'node_modules')
  const program = join(modules, 'hermes-svc')
  mkdirSync(program, {recursive: true})
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(packageRoot, part), join(program, part), {recursive: true})
  const needed = [
    '@hermes-svc/core',
    '@oclif/core',
    '@oclif/plugin-help',
    '@oclif/plugin-not-found',
    '@oclif/plugin-version',
    'cosmiconfig',
    ...beside,
  ]
  for (const name of needed) {
    mkdirSync(dirname(join(modules, name)), {recursive: true})
    symlinkSync(directoryOf(name), join(modules, name), 'junction')
  }
  return {machine, bin: join(program, 'bin', 'run.js')}
}

test('without its optional dependencies the program works, and says nothing of them', async t => {
  const {machine, bin} = slimProgram(t)
  const run = promisify(execFile)
  const options = {env: machine.env, cwd: machine.path('work')}
  const shown = await run(process.execPath, [bin, 'config', 'show'], options)
  t.is(shown.stderr, '')
  const failed = (await t.throwsAsync(
    run(process.execPath, [bin, 'gateway', 'list', '--json'], options),
  )) as unknown as {
    code: number
    stdout: string
    stderr: string
  }
  t.is(failed.code, 69)
  t.is(failed.stderr, '')
  t.like(JSON.parse(failed.stdout), {error: {code: 'HSVC_NO_BACKEND'}})
})

test('a backend that was installed beside a slim program is found, by the program as by the library', async t => {
  const {machine, bin} = slimProgram(t, '@hermes-svc/backend-embedded')
  const run = promisify(execFile)
  const options = {env: machine.env, cwd: machine.path('work')}
  const {stdout, stderr} = await run(process.execPath, [bin, 'backend', 'list', '--json'], options)
  t.is(stderr, '')
  t.like(JSON.parse(stdout), {backend: 'embedded', candidates: [{kind: 'embedded', source: 'bundled'}]})
  const library = pathToFileURL(join(dirname(dirname(bin)), 'dist', 'index.js')).href
  const code = `const {getServiceManager} = await import(${JSON.stringify(library)})
    console.log((await getServiceManager({fallback: true})).kind)`
  const asked = await run(process.execPath, ['--input-type=module', '-e', code], options)
  t.is(asked.stdout, 'embedded\n')
})
