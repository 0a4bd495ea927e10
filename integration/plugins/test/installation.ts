import {mkdirSync, readdirSync, readFileSync, statSync, symlinkSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import type {Run} from '../../testing/dist/program-run.js'
import type {LoopbackRegistry} from './registry.js'

/** How much an installation takes. */
export interface InstalledSize {
  /** Bytes in files, without npm's own note of what it installed. */
  readonly bytes: number
  readonly packages: number
}

/** The program as npm installed it from the registry, in a directory of its own, with an account's places beside it. */
export class Installation {
  readonly directory: string
  readonly #registry: LoopbackRegistry
  readonly #modules: string
  readonly #bin: string

  private constructor(registry: LoopbackRegistry, directory: string, modules: string, bin: string) {
    this.#registry = registry
    this.directory = directory
    this.#modules = join(directory, modules)
    this.#bin = join(directory, bin)
  }

  /** Runs `npm install` with these arguments in an empty directory of that name. */
  static async make(registry: LoopbackRegistry, name: string, ...args: readonly string[]): Promise<Installation> {
    const directory = join(registry.directory, name)
    const isGlobal = args.includes('--global')
    for (const part of ['home', 'root']) mkdirSync(join(directory, part), {recursive: true})
    const prefix = isGlobal ? ['--prefix', directory] : []
    const {code, stderr} = await registry.run('npm', ['install', ...prefix, ...args], {cwd: directory})
    if (code !== 0) throw new Error(`npm install ${args.join(' ')} ended with ${String(code)}: ${stderr}`)
    return isGlobal
      ? new Installation(registry, directory, 'lib/node_modules', 'bin/hermes-svc')
      : new Installation(registry, directory, 'node_modules', 'node_modules/.bin/hermes-svc')
  }

  /** The same program, called by a symbolic link. */
  linkedAt(path: string): Installation {
    mkdirSync(dirname(join(this.directory, path)))
    symlinkSync(this.#bin, join(this.directory, path))
    return new Installation(this.#registry, this.directory, relative(this.directory, this.#modules), path)
  }

  /** The packages of this project beside the program, without their scope. */
  ownPackages(): string[] {
    return readdirSync(join(this.#modules, '@hermes-svc')).sort()
  }

  has(name: string): boolean {
    return statSync(join(this.#modules, name), {throwIfNoEntry: false}) !== undefined
  }

  size(): InstalledSize {
    const note = join(this.#modules, '.package-lock.json')
    const files = readdirSync(this.#modules, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile())
    const bytes = files.map(({parentPath, name}) => statSync(join(parentPath, name)).size)
    const {packages} = JSON.parse(readFileSync(note, 'utf8')) as {packages: object}
    const total = bytes.reduce((sum, one) => sum + one, 0)
    return {bytes: total - statSync(note).size, packages: Object.keys(packages).length}
  }

  /** Runs the program as an account that has nothing yet. */
  async run(...argv: readonly string[]): Promise<Run> {
    const env = {
      HOME: join(this.directory, 'home'),
      HERMES_HOME: join(this.directory, 'root'),
      HERMES_SVC_START_SETTLE: '100ms',
    }
    return await this.#registry.run(this.#bin, argv, {env, cwd: this.directory})
  }

  /** What it prints with `--json`, whole; an answer that has anything on standard error is no answer. */
  async json(...argv: readonly string[]): Promise<Record<string, unknown>> {
    const {stdout, stderr} = await this.run(...argv, '--json')
    if (stderr !== '') throw new Error(`expected nothing on standard error, got ${stderr}`)
    return JSON.parse(stdout) as Record<string, unknown>
  }
}
