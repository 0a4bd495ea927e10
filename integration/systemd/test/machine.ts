import {type ChildProcess, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {ExecutionContext} from 'ava'
import {eventually} from '../../testing/dist/eventually.js'
import {type ContainedProcess, processesBeside} from '../../testing/dist/namespace-processes.js'
import {collectRun, type Run, whyNotPrograms} from '../../testing/dist/program-run.js'

/** The repository, which machines see at the same path. */
export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

const HOLD = fileURLToPath(new URL('../hold.sh', import.meta.url))
const PID1 = fileURLToPath(new URL('../pid1.sh', import.meta.url))
const HERMES = fileURLToPath(new URL('../../testing/hermes.sh', import.meta.url))
const CLI = ['/opt/node', `${REPOSITORY}/packages/cli/bin/run.cjs`]
const NAMESPACES = ['--mount', '--pid', '--uts', '--ipc', '--net']
const HOMES = {root: '/root', dev: '/home/dev', other: '/home/other'}
const UIDS = {root: 0, dev: 1000, other: 1001}
const PATH = '/usr/local/bin:/usr/bin:/bin'
const EXEC_MS = 120_000
/** By systemd's numbering of real-time signals: power off in order. */
const SIGRTMIN_4 = 38

/** An account of a machine: root, one that has Hermes, one that has nothing to do with it. */
export type Account = keyof typeof UIDS

export interface ExecOptions {
  readonly user?: Account
  /** Added to HOME and PATH, which are all that a program has. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly timeoutMs?: number
}

/** Where cgroup v2 is, or undefined. */
export function findCgroups(): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  return mounts.map(line => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1]
}

/** Why no machine can be booted here, or an empty string. */
export function whyNoMachine(): string {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root'
  const missing = whyNotPrograms('unshare', 'nsenter', 'setpriv')
  if (missing !== '') return missing
  try {
    accessSync(findCgroups() ?? '', constants.W_OK)
  } catch {
    return 'needs a cgroup2 file system that can be written to'
  }
  return spawnSync('unshare', [...NAMESPACES, '--cgroup', '--fork', 'true']).status === 0 ? '' : 'needs namespaces'
}

/** A machine whose PID 1 is a real systemd; see hold.sh and pid1.sh. It ends with the test, or with the test's process. */
export class Machine {
  readonly cgroup: string
  readonly directory: string
  readonly #tree: string
  #holder: ChildProcess | undefined
  #boot: ChildProcess | undefined
  #initPid = 0

  private constructor(tree: string) {
    this.#tree = tree
    this.directory = mkdtempSync(join(tmpdir(), 'hsvc-m-'))
    this.cgroup = join(findCgroups() ?? '', basename(this.directory))
    mkdirSync(join(this.directory, 'root'))
  }

  /** Boots a machine that has the packages of the tree. */
  static async start(t: ExecutionContext, tree: string): Promise<Machine> {
    const machine = new Machine(tree)
    t.teardown(() => machine.stop())
    await machine.#hold()
    await machine.#start()
    return machine
  }

  /** The pid that PID 1 has on the machine of the test. */
  get initPid(): number {
    return this.#initPid
  }

  /** What hold.sh and pid1.sh wrote; systemd itself writes to the journal. */
  get console(): string {
    return readFileSync(join(this.directory, 'console'), 'utf8')
  }

  /** Runs a program in a clean environment and no session, as cron does. */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<Run> {
    return await collectRun(this.spawn(argv, options), options.input ?? '', options.timeoutMs ?? EXEC_MS)
  }

  /** Starts a program that goes on; the machine's end ends it. */
  spawn(argv: readonly string[], {user = 'root', env = {}}: ExecOptions = {}): ChildProcess {
    const id = String(UIDS[user])
    const assignments = Object.entries({HOME: HOMES[user], PATH, ...env}).map(([key, value]) => `${key}=${value}`)
    const enterCgroup = ['sh', '-c', 'echo 0 >"$0" && exec "$@"', `${this.cgroup}/entered/cgroup.procs`]
    const enter = ['nsenter', '-t', String(this.#initPid), '-m', '-u', '-i', '-n', '-p', '-C', '-r']
    const become = ['setpriv', '--reuid', id, '--regid', id, '--init-groups', '--pdeathsig', 'KILL']
    const [file = '', ...args] = [...enterCgroup, ...enter, ...become, 'env', '-i', '-C', '/', ...assignments, ...argv]
    return spawn(file, args, {cwd: '/', stdio: ['pipe', 'pipe', 'pipe']})
  }

  /** Runs the CLI, which waits less for what tests do than people may, and no less for what a busy machine does. */
  async hermes(args: readonly string[], options: ExecOptions = {}): Promise<Run> {
    const quick = {HERMES_SVC_START_SETTLE: '200ms', HERMES_SVC_STOP_TIMEOUT: '20s', HERMES_SVC_RESTART_DELAY: '100ms'}
    return await this.exec([...CLI, ...args], {...options, env: {...quick, ...options.env}})
  }

  /** Runs a command and gives its output; throws when it fails. */
  async output(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    const {code, stdout, stderr} = await this.exec(argv, options)
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${String(code)}: ${stdout} ${stderr}`)
    return stdout
  }

  /** Writes a file as the account, in a directory that is made when it is not there. */
  async write(path: string, text: string, user: Account = 'root'): Promise<void> {
    await this.output(['sh', '-c', 'mkdir -p "${1%/*}" && cat >"$1"', 'sh', path], {user, input: text})
  }

  /** Lets the account's services run without a session, and waits for its manager. */
  async enableLinger(user: Account): Promise<void> {
    await this.output(['loginctl', 'enable-linger', user])
    await this.userManager(user)
  }

  /** Waits until the account's manager can be asked; gives what a session has in its environment for that. */
  async userManager(user: Account): Promise<{XDG_RUNTIME_DIR: string}> {
    const directory = `/run/user/${String(UIDS[user])}`
    await eventually(`the manager of ${user} listens`, () => existsSync(this.path(`${directory}/systemd/private`)))
    return {XDG_RUNTIME_DIR: directory}
  }

  /** Where the test sees a file of the machine. Links in the path would lead out of it. */
  path(inside: string): string {
    return `/proc/${String(this.#initPid)}/root${inside}`
  }

  /** Whether the release came with a file of that path, or a link, also one that leads nowhere. */
  isOfRelease(inside: string): boolean {
    return lstatSync(join(this.#tree, inside), {throwIfNoEntry: false}) !== undefined
  }

  /** Every process of the machine. */
  processes(): ContainedProcess[] {
    return processesBeside(this.#initPid)
  }

  /** Shuts down in order and boots the same disk. */
  async reboot(): Promise<void> {
    await this.#end(SIGRTMIN_4)
    await this.#start()
  }

  /** Ends everything at once, as a power failure does, and boots the same disk. */
  async crash(): Promise<void> {
    await this.#end('SIGKILL')
    await this.#start()
  }

  /** Leaves nothing of the machine. */
  async stop(): Promise<void> {
    await this.#end('SIGKILL')
    const holder = this.#holder
    if (holder?.exitCode === null) {
      const ended = once(holder, 'exit')
      holder.stdin?.end()
      await ended
    }
    const problem = holder && holder.exitCode !== 0 ? this.console : ''
    rmSync(this.directory, {recursive: true, force: true})
    if (problem !== '') throw new Error(`the machine was not cleaned up: ${problem}`)
  }

  #spawn(file: string, args: readonly string[], input: 'pipe' | 'ignore'): ChildProcess {
    const log = openSync(join(this.directory, 'console'), 'a')
    const variables = {DIRECTORY: this.directory, CGROUP: this.cgroup, TREE: this.#tree, REPOSITORY, HERMES}
    const env = {...process.env, ...variables, NODE: process.execPath}
    // Apart from a terminal's interrupts: what ends the test is told by the end of the input.
    const child = spawn(file, args, {cwd: '/', env, detached: true, stdio: [input, log, log]})
    closeSync(log)
    return child
  }

  async #hold(): Promise<void> {
    const holder = this.#spawn('unshare', ['--mount', 'sh', HOLD], 'pipe')
    this.#holder = holder
    await eventually('the disk is there', () => {
      if (holder.exitCode !== null) throw new Error(`there is no disk: ${this.console}`)
      return this.console.includes('ready\n')
    })
  }

  async #start(): Promise<void> {
    const enter = ['-t', String(this.#holder?.pid), '-m', 'setpriv', '--pdeathsig', 'KILL']
    const boot = this.#spawn(
      'nsenter',
      [...enter, 'unshare', ...NAMESPACES, '--fork', '--kill-child', 'sh', PID1],
      'ignore',
    )
    this.#boot = boot
    const pid = String(boot.pid)
    this.#initPid = await eventually('PID 1 is systemd', () => {
      if (boot.exitCode !== null) throw new Error(`the machine did not start: ${this.console}`)
      const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
      return child !== '' && readFileSync(`/proc/${child}/comm`, 'utf8') === 'systemd\n' && Number(child)
    })
    await eventually('PID 1 can be asked', () => existsSync(this.path('/run/systemd/private')))
    const {stdout} = await this.exec(['systemctl', 'is-system-running', '--wait'])
    if (!['running\n', 'degraded\n'].includes(stdout)) throw new Error(`the machine is ${stdout}: ${this.console}`)
  }

  async #end(signal: NodeJS.Signals | number): Promise<void> {
    const boot = this.#boot
    if (boot?.exitCode !== null || boot.signalCode !== null) return
    const ended = once(boot, 'exit')
    // With its init everything in a pid namespace is killed.
    if (this.#initPid > 1) process.kill(this.#initPid, signal)
    else boot.kill('SIGKILL')
    await ended
    this.#initPid = 0
  }
}
