import type {ChildProcess} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {Run} from '../../testing/dist/program-run.js'
import type {LoopbackRegistry} from './registry.js'

const PROGRAM = fileURLToPath(new URL('../../../packages/cli/bin/run.cjs', import.meta.url))

/** How the program is run. */
export interface AccountRun {
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
}

/** An account that has nothing yet, and uses the program in the network of a registry. */
export class Account {
  readonly directory: string
  readonly #registry: LoopbackRegistry

  constructor(registry: LoopbackRegistry) {
    this.#registry = registry
    this.directory = mkdtempSync(join(registry.directory, 'account-'))
    for (const name of ['home', 'root', 'data']) mkdirSync(join(this.directory, name))
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts)
  }

  get #env(): Record<string, string> {
    return {
      HOME: this.path('home'),
      HERMES_HOME: this.path('root'),
      HERMES_SVC_DATA_DIR: this.path('data'),
      HERMES_SVC_CONFIG_DIR: this.path('config'),
      HERMES_SVC_CACHE_DIR: this.path('cache'),
      HERMES_SVC_START_SETTLE: '1ms',
    }
  }

  #options({env, uid}: AccountRun) {
    return {env: {...this.#env, ...env}, cwd: this.directory, ...(uid !== undefined && {uid})}
  }

  async run(argv: readonly string[], options: AccountRun = {}): Promise<Run> {
    return await this.#registry.run(process.execPath, [PROGRAM, ...argv], this.#options(options))
  }

  /** On a terminal, with what somebody types there. */
  async onTerminal(argv: readonly string[], typed: string): Promise<Run> {
    const words = [process.execPath, PROGRAM, ...argv].map(word => `'${word}'`)
    const options = {...this.#options({}), input: typed}
    return await this.#registry.run('script', ['-qec', words.join(' '), '/dev/null'], options)
  }

  start(argv: readonly string[]): ChildProcess {
    return this.#registry.spawn(process.execPath, [PROGRAM, ...argv], this.#options({}))
  }

  /** What `plugins --json` says of each, as NAME@VERSION. */
  async plugins(): Promise<string[]> {
    const {stdout} = await this.run(['plugins', '--json'])
    const {plugins} = JSON.parse(stdout) as {plugins: {name: string; version: string}[]}
    return plugins.map(({name, version}) => `${name}@${version}`)
  }

  /** The backend that a new gateway would get. */
  async chosen(...argv: string[]): Promise<string | null> {
    const {stdout} = await this.run(['backend', 'detect', '--json', ...argv])
    return (JSON.parse(stdout) as {backend: string | null}).backend
  }

  /** Trees of plugins on disk, named or not. */
  trees(): string[] {
    const directory = this.path('data', 'plugins')
    return existsSync(directory) ? readdirSync(directory) : []
  }
}
