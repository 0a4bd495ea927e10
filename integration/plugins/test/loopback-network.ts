import {type ChildProcess, spawn, type SpawnOptions} from 'node:child_process'
import {once} from 'node:events'
import {readlinkSync} from 'node:fs'
import {collectRun, type Run} from '../../testing/dist/program-run.js'
import {eventually} from '../../testing/dist/eventually.js'

/** How a program is run; what is left out is as it is here. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string
  readonly timeoutMs?: number
  /** Runs it as this account, in no group but the one of the same number. Default: root. */
  readonly uid?: number
}

const LONGEST_MS = 120_000

function networkOf(pid: number | 'self'): string {
  return readlinkSync(`/proc/${String(pid)}/ns/net`)
}

/** A network namespace with loopback and nothing else: what is fetched in it comes from this machine. Needs root. */
export class LoopbackNetwork {
  readonly #holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.#holder = holder
  }

  static async open(): Promise<LoopbackNetwork> {
    const script = 'ip link set lo up && echo up && exec cat >/dev/null'
    const holder = spawn('unshare', ['--net', 'sh', '-c', script], {stdio: ['pipe', 'pipe', 'inherit']})
    const network = new LoopbackNetwork(holder)
    const {pid} = holder
    if (pid === undefined) throw new Error('expected unshare to start')
    // The end of the pipe ends the holder, also when this process is killed.
    await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')])
    await eventually('a network of its own', () => networkOf(pid) !== networkOf('self'))
    return network
  }

  /** Starts a program in it. */
  spawn(file: string, args: readonly string[], options: SpawnOptions, uid = 0): ChildProcess {
    const account = String(uid)
    const become = uid === 0 ? [] : ['setpriv', '--reuid', account, '--regid', account, '--clear-groups']
    const inside = [`--net=/proc/${String(this.#holder.pid)}/ns/net`, '--', ...become, file, ...args]
    return spawn('nsenter', inside, options)
  }

  /** Runs a program in it to its end; it is killed after `timeoutMs`, two minutes by default. */
  async run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
    const {env, cwd, input = '', timeoutMs = LONGEST_MS, uid} = options
    const child = this.spawn(file, args, {...(env && {env}), ...(cwd !== undefined && {cwd}), stdio: 'pipe'}, uid)
    return await collectRun(child, input, timeoutMs)
  }

  async close(): Promise<void> {
    const ended = once(this.#holder, 'close')
    this.#holder.stdin?.end()
    await ended
  }
}
