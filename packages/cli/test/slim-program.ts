import {cpSync, mkdirSync, realpathSync, symlinkSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import type {ExecutionContext} from 'ava'
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
export function slimProgram(t: ExecutionContext, ...beside: readonly string[]): {machine: Machine; bin: string} {
  const machine = new Machine(t)
  const modules = machine.path('slim', 'node_modules')
  const program = join(modules, 'hermes-svc')
  mkdirSync(program, {recursive: true})
  for (const part of ['bin', 'bundle', 'package.json'])
    cpSync(join(packageRoot, part), join(program, part), {recursive: true})
  const needed = [
    '@hermes-svc/core',
    '@oclif/core',
    '@oclif/plugin-help',
    '@oclif/plugin-not-found',
    'cosmiconfig',
    ...beside,
  ]
  for (const name of needed) {
    mkdirSync(dirname(join(modules, name)), {recursive: true})
    symlinkSync(directoryOf(name), join(modules, name), 'junction')
  }
  return {machine, bin: join(program, 'bin', 'run.cjs')}
}
