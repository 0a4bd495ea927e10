import {spawn} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {ExecutionContext} from 'ava'

/** The directory of the package under test. */
export const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/** How a run of the program ended. */
export interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** What a run is given. */
export interface RunOptions {
  readonly cwd?: string
  readonly env?: Record<string, string | undefined>
  readonly input?: string
  /** The program, where it is not the one of the package under test. */
  readonly bin?: string
  /** Milliseconds until it is killed. */
  readonly timeoutMs?: number
}

/** More at once would each be slower than what the program grants a plugin. */
const AT_ONCE = 4
const turns: Promise<unknown>[] = Array.from({length: AT_ONCE}, () => Promise.resolve())
let given = 0

/** Does work of one test file, a few pieces at a time. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const place = given++ % AT_ONCE
  const mine = (turns[place] ?? Promise.resolve()).then(work)
  turns[place] = mine.catch(() => undefined)
  return await mine
}

/** A machine of one test's own: places for the program that nobody else has. */
export class Machine {
  readonly directory: string

  constructor(t: ExecutionContext) {
    this.directory = mkdtempSync(join(tmpdir(), 'hsvc-cli-'))
    for (const name of ['home', 'root', 'data', 'config', 'work']) mkdirSync(this.path(name))
    t.teardown(() => {
      rmSync(this.directory, {recursive: true, force: true})
    })
  }

  /** Links plugins as `plugins link` would, by what it writes; without arguments the toy backend. */
  link(...roots: string[]): void {
    const linked = roots.length > 0 ? roots : [join(packageRoot, 'test', 'fixtures', 'toy-backend')]
    const plugins = linked.map(root => {
      const {name} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {name: string}
      return {name, type: 'link', root: this.#own(root)}
    })
    writeFileSync(this.path('data', 'package.json'), JSON.stringify({name: 'data', oclif: {schema: 1, plugins}}))
  }

  /** The same package among this machine's files: where the checkout is another account's, root would not load it from there. */
  #own(root: string): string {
    if (root.startsWith(this.directory)) return root
    const copy = this.path('linked', basename(root))
    cpSync(root, copy, {recursive: true})
    return copy
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts)
  }

  get env(): Record<string, string | undefined> {
    const {PATH} = process.env
    return {
      PATH,
      HOME: this.path('home'),
      HERMES_HOME: this.path('root'),
      HERMES_SVC_DATA_DIR: this.path('data'),
      HERMES_SVC_CONFIG_DIR: this.path('config'),
      HERMES_SVC_START_SETTLE: '1ms',
      OCLIF_COLUMNS: '80',
    }
  }

  /** Starts the real program. */
  spawn(argv: readonly string[], {cwd, env, bin = join(packageRoot, 'bin', 'run.cjs')}: RunOptions = {}) {
    return spawn(process.execPath, [bin, ...argv], {
      cwd: cwd ?? this.path('work'),
      env: {...this.env, ...env},
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }

  /** Runs the real program to its end. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<Run> {
    return await inTurn(() => this.#run(argv, options))
  }

  async #run(argv: readonly string[], options: RunOptions): Promise<Run> {
    const child = this.spawn(argv, options)
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    child.stdin.on('error', () => undefined).end(options.input ?? '')
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 100_000)
    return await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        clearTimeout(timer)
        resolve({code, signal, stdout, stderr})
      })
    })
  }
}
