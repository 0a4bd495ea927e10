import {spawn} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {LoopbackRegistry} from '../../plugins/dist-test/registry.js'
import {collectRun, type Run} from '../../testing/dist/program-run.js'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const HERE = fileURLToPath(new URL('..', import.meta.url))
const LERNA = join(HERE, 'node_modules', 'lerna', 'dist', 'cli.js')
const LONGEST_MS = 300_000

/** Git that knows nobody, and lerna without a process that stays. */
const ENV = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'somebody',
  GIT_AUTHOR_EMAIL: 'somebody@localhost',
  GIT_COMMITTER_NAME: 'somebody',
  GIT_COMMITTER_EMAIL: 'somebody@localhost',
  NX_DAEMON: 'false',
}

async function runHere(file: string, ...args: readonly string[]): Promise<void> {
  const {code, stderr} = await collectRun(spawn(file, args, {cwd: REPOSITORY, stdio: 'pipe'}), '', LONGEST_MS)
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${String(code)}: ${stderr}`)
}

/** What is read of a package.json. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** A copy of this repository, as it is now, in a git repository of its own; its programs reach the registry only. */
export class Checkout {
  readonly #registry: LoopbackRegistry
  readonly #directory: string

  private constructor(registry: LoopbackRegistry, directory: string) {
    this.#registry = registry
    this.#directory = directory
  }

  static async make(registry: LoopbackRegistry): Promise<Checkout> {
    if (!existsSync(LERNA)) await runHere('npm', 'ci', '--no-audit', '--no-fund', '--prefix', HERE)
    const directory = join(registry.directory, 'checkout')
    mkdirSync(directory)
    const copy = `tar -c --exclude=./.git --exclude='./integration/*/node_modules' . | tar -x -C "$1"`
    await runHere('sh', '-c', copy, 'sh', directory)
    const checkout = new Checkout(registry, directory)
    await checkout.succeed('git', 'init', '--quiet')
    await checkout.commit()
    return checkout
  }

  /** Runs a program in it. */
  async run(file: string, ...args: readonly string[]): Promise<Run> {
    return await this.#registry.run(file, args, {env: ENV, cwd: this.#directory, timeoutMs: LONGEST_MS})
  }

  /** The same for one that has to succeed; resolves with what it prints. */
  async succeed(file: string, ...args: readonly string[]): Promise<string> {
    const {code, stdout, stderr} = await this.run(file, ...args)
    if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${String(code)}: ${stderr}${stdout}`)
    return stdout
  }

  /** What `npm run release:version` does after it has installed lerna. */
  async version(bump: string): Promise<void> {
    await this.succeed(process.execPath, LERNA, 'version', bump, '--yes')
  }

  async publish(...args: readonly string[]): Promise<Run> {
    return await this.run('npm', 'run', '--silent', 'release:publish', '--', '--registry', this.#registry.url, ...args)
  }

  /** Puts a heading of that version into the change log, as whoever releases does. */
  async describe(version: string): Promise<void> {
    const path = join(this.#directory, 'CHANGELOG.md')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace('## [Unreleased]', `## [Unreleased]\n\n## [${version}]`))
    await this.commit()
  }

  async commit(): Promise<void> {
    await this.succeed('git', 'add', '--all')
    await this.succeed('git', 'commit', '--quiet', '--message', 'chore: a change')
  }

  read(path: string): string {
    return readFileSync(join(this.#directory, path), 'utf8')
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.#directory, path), text)
  }

  /** The package.json files of what is published. */
  async manifests(): Promise<Manifest[]> {
    const paths = await this.succeed('git', 'ls-files', 'packages/*/package.json')
    return paths
      .split('\n')
      .filter(path => /^packages\/[^/]+\/package\.json$/.test(path))
      .map(path => JSON.parse(this.read(path)) as Manifest)
  }
}
