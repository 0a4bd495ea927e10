import {type ChildProcess, spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {GatewayStatus} from '@hermes-svc/core'
import type {ExecutionContext} from 'ava'
import {type Answer, parseAnswer, rowOf, withJson} from '../../testing/dist/answer.js'
import {collectRun, type Run} from '../../testing/dist/program-run.js'

const BIN = fileURLToPath(new URL('../../../packages/cli/bin/run.cjs', import.meta.url))
const RUN_MS = 120_000

function commandOf(pid: string): string {
  try {
    // A zombie has an empty command line, and so is not counted.
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}

function parentOf(pid: string): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? ''
  } catch {
    return ''
  }
}

/** A profile root of one test's own, the real CLI for it, and the processes that the operating system has for it. */
export class Machine {
  readonly directory: string
  readonly root: string
  readonly #extra: Record<string, string>

  constructor(t: ExecutionContext, extra: Record<string, string> = {}, directory?: string) {
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'hsvc-i-'))
    this.root = join(this.directory, 'root')
    this.#extra = extra
    mkdirSync(this.root)
    // The operating system tells by this path which gateways are ours.
    writeFileSync(join(this.directory, 'gateway.sh'), 'echo up; while :; do sleep 1; done\n')
    t.teardown(() => {
      this.killAll()
      if (directory === undefined) rmSync(this.directory, {recursive: true, force: true})
    })
  }

  /** What a gateway runs here; `name` ends in its command line. */
  argv(name = 'one'): string[] {
    return ['/bin/sh', join(this.directory, 'gateway.sh'), name]
  }

  get env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.directory,
      TMPDIR: tmpdir(),
      HERMES_HOME: this.root,
      HERMES_SVC_DATA_DIR: join(this.directory, 'data'),
      HERMES_SVC_START_SETTLE: '100ms',
      HERMES_SVC_STOP_TIMEOUT: '3s',
      HERMES_SVC_RESTART_DELAY: '100ms',
      ...this.#extra,
    }
  }

  spawn(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    return spawn(process.execPath, [BIN, ...args], {
      cwd: '/',
      env: {...this.env, ...env},
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  async run(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
    const child = this.spawn(args, env)
    return await collectRun(child, '', RUN_MS)
  }

  async json(args: readonly string[], env: Record<string, string> = {}): Promise<Answer> {
    return parseAnswer(args, await this.run(withJson(args), env))
  }

  async install(profile: string, ...more: string[]): Promise<Run> {
    return await this.run(['gateway', 'install', profile, ...more, '--', ...this.argv(profile)])
  }

  /** The one gateway's row; throws when the answer is not whole or not that one. */
  async row(profile: string): Promise<GatewayStatus> {
    return rowOf(await this.json(['gateway', 'list']), profile)
  }

  /** Pids of gateways, as the operating system has them. */
  gateways(name?: string): number[] {
    return this.#pids(command => {
      const words = command.split('\0')
      return (
        words[0] === '/bin/sh' &&
        words[1] === join(this.directory, 'gateway.sh') &&
        (name === undefined || words[2] === name)
      )
    })
  }

  /** Pids of runners of this root. */
  runners(): number[] {
    return this.#pids(command => command.includes('runner/bundle/main.cjs') && command.includes(this.root))
  }

  /** Every file under the state directory, but for a claim that was killed while empty: the next verb removes it after 10 s. */
  stateFiles(): string[] {
    const state = join(this.root, 'hermes-svc')
    try {
      return readdirSync(state, {recursive: true, encoding: 'utf8'})
        .filter(name => !(name.startsWith('locks/.staging-') && statSync(join(state, name)).size === 0))
        .filter(name => !statSync(join(state, name)).isDirectory())
        .sort()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  killAll(): void {
    for (const pid of [...this.runners(), ...this.gateways()]) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  #pids(matches: (command: string) => boolean): number[] {
    const found = readdirSync('/proc').filter(name => /^\d+$/.test(name) && matches(commandOf(name)))
    // A shell that has forked, and not yet become the program it runs, still looks like its parent.
    return found.filter(pid => !found.includes(parentOf(pid))).map(Number)
  }
}
