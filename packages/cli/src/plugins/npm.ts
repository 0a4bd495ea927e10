import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {isServiceError, serviceError, type ToolRunner} from '@hermes-svc/core'
import {npmFailure, parseNpmError} from './npm-failure.js'
import {parseTreeLock, type TreeLock} from './tree-lock.js'

/** How npm is reached. */
export interface NpmOptions {
  readonly tools: ToolRunner
  /** npm-cli.js to run with this Node; null: the npm on PATH. */
  readonly script: string | null
  /** Comes before npm's own configuration; null: that decides. */
  readonly registry: string | null
  readonly signal: AbortSignal
  /** Hears what npm prints besides its answer. */
  readonly debug: (line: string) => void
}

const LONGEST_MS = 15 * 60_000
// How a failure ended is in its JSON, and npm makes exit codes of errno values too.
const ANY_EXIT_CODE = Array.from({length: 256}, (_, code) => code)

/** Settings that must hold whatever the account's own .npmrc says. */
const SETTINGS = [
  '--json',
  '--ignore-scripts',
  '--install-links',
  '--package-lock',
  '--omit=dev',
  // Only what the user named may come from outside the registry: a dependency's repository would be fetched before anybody is asked.
  '--allow-git=root',
  '--allow-remote=root',
  '--allow-file=root',
  '--allow-directory=root',
  '--global=false',
  '--dry-run=false',
  '--audit=false',
  '--fund=false',
  '--update-notifier=false',
  '--progress=false',
  '--loglevel=warn',
  // With npm's own 10 s a registry that is down is told after more than a minute.
  '--fetch-retry-mintimeout=1000',
]

/** The one place that runs npm. Each call is about one package, for messages. Rejects with what npm-failure.ts makes of its errors. */
export class Npm {
  readonly #options: NpmOptions

  constructor(options: NpmOptions) {
    this.#options = options
  }

  /** Decides which versions of a package and its dependencies a tree gets, from metadata alone, and writes that down in it. */
  async resolve(tree: string, spec: string): Promise<TreeLock> {
    writeFileSync(join(tree, 'package.json'), JSON.stringify({private: true}))
    await this.#run(spec, tree, ['install', spec, '--package-lock-only', '--save', '--save-exact'])
    return parseTreeLock(readFileSync(join(tree, 'package-lock.json'), 'utf8'))
  }

  /** All that is known of a package: the registry's metadata, or the package.json in a file or directory. */
  async view(tree: string, spec: string): Promise<unknown> {
    // npm looks for the version of a tarball among its tags, where it is under the default one.
    const tag = spec.startsWith('file:') ? [`--tag=${spec}`] : []
    const answer = await this.#run(spec, tree, ['view', spec, ...tag])
    try {
      return JSON.parse(answer) as unknown
    } catch (cause) {
      throw serviceError('HSVC_UNEXPECTED_OUTPUT', `npm view ${spec}: expected JSON, got other text`, {cause})
    }
  }

  /** Fetches exactly what `resolve` wrote down; npm compares the digests. No code of it runs. */
  async fetch(tree: string, spec: string): Promise<void> {
    await this.#run(spec, tree, ['ci'])
  }

  /** Runs the install scripts of all packages in a tree. */
  async runScripts(tree: string, spec: string): Promise<void> {
    await this.#run(spec, tree, ['rebuild', '--ignore-scripts=false'])
  }

  async #run(spec: string, tree: string, command: readonly string[]): Promise<string> {
    const {tools, script, registry, signal, debug} = this.#options
    const [file, ...first] = script === null ? ['npm'] : [process.execPath, script]
    const where = [`--prefix=${tree}`, ...(registry === null ? [] : [`--registry=${registry}`])]
    // The command's own flags come last, and so they win.
    const args = [...first, ...SETTINGS, ...where, ...command]
    const options = {cwd: tree, signal, timeoutMs: LONGEST_MS, okExitCodes: ANY_EXIT_CODE}
    const {exitCode, stdout, stderr} = await tools.run(file, args, options).catch((error: unknown) => {
      // Its arguments would be printed, and the address of a registry may hold a password.
      if (isServiceError(error)) Reflect.deleteProperty(error, 'tool')
      throw error
    })
    for (const line of stderr.split('\n')) if (line.trim() !== '') debug(line)
    if (exitCode === 0) return stdout
    throw npmFailure(spec, parseNpmError(stdout) ?? {code: `exit code ${String(exitCode)}`, summary: stderr})
  }
}
