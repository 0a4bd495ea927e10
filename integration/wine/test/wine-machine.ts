import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {userInfo} from 'node:os'
import {join, relative} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {GatewayStatus} from '@hermes-svc/core'
import {type Answer, parseAnswer, rowOf, withJson} from '../../testing/dist/answer.js'
import {eventually} from '../../testing/dist/eventually.js'
import type {Run} from '../../testing/dist/program-run.js'
import {newPrefix, wineEnvironment, wineProgram} from './wine.js'
import {type NodeRelease, windowsNode} from './windows-node.js'

const BIN = fileURLToPath(new URL('../../../packages/cli/bin/run.cjs', import.meta.url))
const GATEWAY = fileURLToPath(new URL('../gateway.js', import.meta.url))
/** Long past what a verb takes beside other tests, where each start of node.exe takes seconds. Milliseconds. */
const RUN_MS = 240_000

/** What the gateway of the tests says of itself. */
export interface GatewayWord {
  readonly pid: number
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** The name that Wine has for a path of this machine. */
export function windowsPath(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`
}

/** A Windows machine of a test's own, played by Wine, with a real node.exe and the real CLI on it. */
export class WineMachine {
  readonly prefix: string
  /** Drive C. */
  readonly drive: string
  /** Hermes' root as this machine sees it: where it is by default, in the profile of the account. */
  readonly root: string
  /** The same as Windows names it. */
  readonly windowsRoot: string
  /** A directory for files of tests. */
  readonly directory: string
  /** node.exe, as Windows names it. */
  readonly nodeProgram: string
  readonly #local: string
  readonly #env: Readonly<Record<string, string>>
  #runs = 0

  private constructor(prefix: string, nodeProgram: string, env: Readonly<Record<string, string>>) {
    this.prefix = prefix
    this.#env = env
    this.nodeProgram = nodeProgram
    this.drive = join(prefix, 'drive_c')
    this.#local = join(this.drive, 'users', userInfo().username, 'AppData', 'Local')
    this.root = join(this.#local, 'hermes')
    this.windowsRoot = `C:\\${relative(this.drive, this.root).replaceAll('/', '\\')}`
    this.directory = join(this.drive, 'test')
    for (const path of [this.root, this.directory]) mkdirSync(path, {recursive: true})
    copyFileSync(GATEWAY, join(this.directory, 'gateway.js'))
    writeFileSync(join(this.directory, 'package.json'), '{"type":"module"}\n')
  }

  /** Starts one, with variables that the CLI always has there. Whoever asks calls `remove` in the end. */
  static async start(
    env: Readonly<Record<string, string>> = {},
    release: NodeRelease = '20.20.2',
  ): Promise<WineMachine> {
    const node = await windowsNode(release)
    return new WineMachine(await newPrefix(), windowsPath(node), env)
  }

  /** What a gateway runs here. */
  argv(profile: string, ...args: readonly string[]): string[] {
    return [this.nodeProgram, this.path('gateway.js'), profile, ...args]
  }

  /** The name that Windows has for a file in the directory of the tests. */
  path(name: string): string {
    return `C:\\test\\${name}`
  }

  /** Runs a program of Windows, with variables added to its environment. A pipe of Linux is none for it: its output goes through files. */
  async wine(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    timeoutMs = RUN_MS,
  ): Promise<Run> {
    const out = join(this.prefix, `out.${String((this.#runs += 1))}`)
    const [stdout, stderr] = [openSync(`${out}.1`, 'w'), openSync(`${out}.2`, 'w')]
    const child = spawn(wineProgram(), [program, ...args], {
      cwd: this.directory,
      env: {...wineEnvironment(this.prefix), ...env},
      stdio: ['ignore', stdout, stderr],
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    clearTimeout(timer)
    for (const descriptor of [stdout, stderr]) closeSync(descriptor)
    const [said, complained] = [`${out}.1`, `${out}.2`].map(path => {
      const text = readFileSync(path, 'utf8')
      rmSync(path)
      return text
    }) as [string, string]
    return {code, signal, stdout: said, stderr: complained}
  }

  /** Runs a script with node.exe. */
  async node(args: readonly string[], env: Readonly<Record<string, string>> = {}, timeoutMs?: number): Promise<Run> {
    return await this.wine(this.nodeProgram, args, env, timeoutMs)
  }

  /** Runs the CLI. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}, timeoutMs?: number): Promise<Run> {
    const settings = {
      HERMES_SVC_START_SETTLE: '100ms',
      HERMES_SVC_STOP_TIMEOUT: '5s',
      HERMES_SVC_RESTART_DELAY: '100ms',
    }
    return await this.node([windowsPath(BIN), ...args], {...settings, ...this.#env, ...env}, timeoutMs)
  }

  async json(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return parseAnswer(args, await this.run(withJson(args), env))
  }

  /** The one gateway's row; throws when the answer is not whole or not that one. */
  async row(profile: string): Promise<GatewayStatus> {
    return rowOf(await this.json(['gateway', 'list']), profile)
  }

  /** Makes a profile of Hermes. */
  createProfile(name: string): void {
    mkdirSync(join(this.root, 'profiles', name), {recursive: true})
    writeFileSync(join(this.root, 'profiles', name, 'SOUL.md'), '')
  }

  /** What the gateway said of itself when it came up, once it has. */
  async word(name: string, since: number | null = null): Promise<GatewayWord> {
    const path = join(this.directory, `${name}.json`)
    return await eventually(
      `${name} is up`,
      () => {
        const word = existsSync(path) && (JSON.parse(readFileSync(path, 'utf8')) as GatewayWord)
        return word !== false && word.pid !== since && word
      },
      RUN_MS,
    )
  }

  /** Has a gateway end with an exit code. */
  order(name: string, exitCode: number): void {
    writeFileSync(join(this.directory, `${name}.do`), String(exitCode))
  }

  /** Kills a process by its pid of Windows, with exit code 1. What Linux or Wine's own taskkill kills has ended with 0. */
  async kill(pid: number): Promise<void> {
    const {code, stderr} = await this.node(['-e', `process.kill(${String(pid)}, 'SIGKILL')`])
    if (code !== 0) throw new Error(stderr)
  }

  /** Pids on this machine, not those of Windows, of the processes whose command line has all of the words. */
  processes(...words: readonly string[]): number[] {
    const mark = `WINEPREFIX=${this.prefix}\0`
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .filter(pid => {
        try {
          const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
          // The words of one program of Windows come in one piece, or as they were given.
          const text = command.join(' ')
          return (
            command[0] !== '' &&
            words.every(word => text.includes(word)) &&
            readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark)
          )
        } catch {
          return false
        }
      })
      .map(Number)
  }

  gateways(name = ''): number[] {
    return this.processes('gateway.js', name)
  }

  runners(): number[] {
    return this.processes('main.cjs', 'embedded')
  }

  /** Every file in the directory of state. */
  stateFiles(): string[] {
    const state = join(this.root, 'hermes-svc')
    if (!existsSync(state)) return []
    return readdirSync(state, {recursive: true, encoding: 'utf8'})
      .filter(name => !statSync(join(state, name)).isDirectory())
      .sort()
  }

  /** Ends the session with all of its processes. */
  logoff(): void {
    const env = wineEnvironment(this.prefix)
    for (const flag of ['-k', '-w']) spawnSync('wineserver', [flag], {env, stdio: 'ignore'})
  }

  /** Begins a session, as far as Wine has logons: the Startup folder and the Run keys are run. */
  async logon(): Promise<void> {
    const {code, stderr} = await this.wine('wineboot.exe', [])
    if (code !== 0) throw new Error(`expected a logon, got ${String(code)}: ${stderr}`)
  }

  /** Ends everything and removes the machine. */
  remove(): void {
    this.logoff()
    rmSync(this.prefix, {recursive: true, force: true})
  }
}
