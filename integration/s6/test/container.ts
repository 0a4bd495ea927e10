import {type ChildProcess, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Readable} from 'node:stream'
import {fileURLToPath} from 'node:url'
import type {ExecutionContext} from 'ava'
import {type ContainedProcess, processesBeside} from '../../testing/dist/namespace-processes.js'
import {collectRun, type Run, whyNotPrograms} from '../../testing/dist/program-run.js'

/** The repository, which containers see at the same path. */
export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

const PID1 = fileURLToPath(new URL('../pid1.sh', import.meta.url))
const HERMES = fileURLToPath(new URL('../../testing/hermes.sh', import.meta.url))
const HERMES_UID = 10_000
/** The first of the 65536 ids on the machine that a container of an unprivileged account has: no account there has them. */
const FIRST_UID = 1_000_000_000
/** As an image of Hermes sets it; /command is not on it, as in every s6-overlay image. */
const PATH = '/opt/hermes/.venv/bin:/usr/local/bin:/usr/bin:/bin'
const READY_MS = 120_000
const EXEC_MS = 120_000

/** Who starts the container: root, or an account without rights in a user namespace. */
export type Starter = 'root' | 'user'

/** Who runs a program in the container. */
export type Account = 'root' | 'hermes'

export interface ContainerOptions {
  readonly as: Starter
  /** Whose /run/service and its control files are: root's as in a plain overlay, or the account's as Hermes' image leaves it. */
  readonly scandirOwner: Account
  /** A Debian tree whose /usr the container has instead of the machine's. */
  readonly rootfs?: string
  /** The text of a program to stand for Hermes instead of hermes.sh. */
  readonly hermes?: string
}

export interface ExecOptions {
  readonly user?: Account
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly timeoutMs?: number
}

/** Why no container can be started so, or an empty string. */
export function whyNoContainer(as: Starter): string {
  const isRoot = process.getuid?.() === 0
  if (process.platform !== 'linux') return 'needs Linux'
  const missing = whyNotPrograms('s6-svscan', 'unshare', 'nsenter', 'setpriv')
  if (missing !== '') return missing
  if (as === 'root') return isRoot ? '' : 'needs root'
  const prefix = isRoot ? dropRights() : []
  const probe = ['test', '-r', join(REPOSITORY, 'package.json')]
  if (!isRoot && !subordinateIds()) return 'needs newuidmap and a line in /etc/subuid'
  const [file = '', ...args] = [...prefix, 'unshare', '--user', ...probe]
  return spawnSync(file, args).status === 0 ? '' : 'needs user namespaces, and a checkout that other accounts can read'
}

function dropRights(): string[] {
  const id = String(FIRST_UID)
  return ['setpriv', '--reuid', id, '--regid', id, '--clear-groups']
}

/** The first subordinate uid and gid of the account that runs the tests. */
function subordinateIds(): [number, number] | undefined {
  const names = [spawnSync('id', ['-un']).stdout.toString().trim(), String(process.getuid?.())]
  const first = (file: string): number | undefined => {
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .find(each => names.includes(each.split(':')[0] ?? ''))
    return line === undefined ? undefined : Number(line.split(':')[1])
  }
  try {
    const [uid, gid] = [first('/etc/subuid'), first('/etc/subgid')]
    return spawnSync('newuidmap').error || uid === undefined || gid === undefined ? undefined : [uid, gid]
  } catch {
    return undefined
  }
}

/** Gives the process, alone in its new user namespace, root and 65535 other ids there. */
function mapIds(pid: number): void {
  if (process.getuid?.() === 0) {
    for (const map of ['uid_map', 'gid_map'])
      writeFileSync(`/proc/${String(pid)}/${map}`, `0 ${String(FIRST_UID)} 65536\n`)
    return
  }
  const [uid = 0, gid = 0] = subordinateIds() ?? []
  for (const [tool, own, first] of [
    ['newuidmap', process.getuid?.() ?? 0, uid],
    ['newgidmap', process.getgid?.() ?? 0, gid],
  ] as const) {
    const {status, stderr} = spawnSync(tool, [pid, 0, own, 1, 1, first, 65_535].map(String))
    if (status !== 0) throw new Error(`${tool}: ${stderr.toString()}`)
  }
}

/** Removes what a container wrote, also where accounts inside it are ids that this account has in a namespace only. */
export function removeTree(directory: string): void {
  if (process.getuid?.() === 0) rmSync(directory, {recursive: true, force: true})
  else spawnSync('unshare', ['--map-root-user', '--map-auto', 'rm', '-rf', directory])
}

/** Waits for output of the program; throws when it ends first. */
async function heard(stream: Readable, child: ChildProcess, logPath: string): Promise<void> {
  const signal = AbortSignal.timeout(READY_MS)
  const ended = once(child, 'exit', {signal}).then(() => 'ended')
  const said = once(stream, 'data', {signal}).then(() => 'said')
  if ((await Promise.race([ended, said])) === 'ended')
    throw new Error(`the container did not start: ${readFileSync(logPath, 'utf8')}`)
}

/** A container-like place whose PID 1 is a real s6-svscan; see pid1.sh. It ends with the test, or with the test's process. */
export class Container {
  readonly directory: string
  readonly data: string
  readonly #options: ContainerOptions
  #outer: ChildProcess | undefined
  #initPid = 0

  private constructor(options: ContainerOptions) {
    this.#options = options
    this.directory = mkdtempSync(join(tmpdir(), 'hsvc-c-'))
    this.data = join(this.directory, 'data')
    for (const name of ['data', 'root']) mkdirSync(join(this.directory, name))
    if (options.hermes !== undefined) writeFileSync(join(this.directory, 'hermes'), options.hermes)
    if (options.as === 'root' || process.getuid?.() !== 0) return
    for (const path of [this.directory, this.data, join(this.directory, 'root')]) chownSync(path, FIRST_UID, FIRST_UID)
  }

  static async start(t: ExecutionContext, options: ContainerOptions): Promise<Container> {
    const container = new Container(options)
    t.teardown(() => container.stop())
    await container.#boot()
    return container
  }

  /** The pid that PID 1 has on the machine. */
  get initPid(): number {
    return this.#initPid
  }

  /** What PID 1 and what it supervises wrote to the container's log. */
  get console(): string {
    return readFileSync(join(this.directory, 'console'), 'utf8')
  }

  /** Runs a program as `docker exec` does. */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<Run> {
    const child = this.spawn(argv, options)
    return await collectRun(child, options.input ?? '', options.timeoutMs ?? EXEC_MS)
  }

  /** Starts a program that goes on; the container's end ends it. */
  spawn(argv: readonly string[], {user = 'root', env = {}}: ExecOptions = {}): ChildProcess {
    const id = String(user === 'root' ? 0 : HERMES_UID)
    const home = user === 'root' ? '/root' : '/opt/data'
    const variables = {PATH, HOME: home, HERMES_HOME: '/opt/data', ...env}
    const assignments = Object.entries(variables).map(([key, value]) => `${key}=${value}`)
    const namespaces = ['-m', '-p', '-n', '-r', ...(this.#options.as === 'user' ? ['-U'] : [])]
    const account = ['--reuid', id, '--regid', id, '--clear-groups', '--pdeathsig', 'KILL']
    const enter = [
      '-t',
      String(this.#initPid),
      ...namespaces,
      'setpriv',
      ...account,
      'env',
      '-i',
      '-C',
      '/',
      ...assignments,
    ]
    return spawn('nsenter', [...enter, ...argv], {stdio: ['pipe', 'pipe', 'pipe']})
  }

  /** Every process of the container, as the machine has them. */
  processes(): ContainedProcess[] {
    return processesBeside(this.#initPid)
  }

  /** Ends the container and starts another over the same /opt/data; everything else is as at first. */
  async recreate(): Promise<void> {
    await this.#kill()
    await this.#boot()
  }

  /** Leaves nothing of the container. */
  async stop(): Promise<void> {
    await this.#kill()
    removeTree(this.directory)
  }

  async #boot(): Promise<void> {
    const {as, scandirOwner, rootfs = '', hermes} = this.#options
    const logPath = join(this.directory, 'console')
    const log = openSync(logPath, 'a')
    const inner = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--pid', '--mount', '--net', '--fork', '--kill-child']
    const ownUsers = ['unshare', '--user', 'sh', '-c', 'echo >&4; read -r _; exec "$@"', 'sh']
    const outer = as === 'root' ? [] : [...(process.getuid?.() === 0 ? dropRights() : []), ...ownUsers]
    const [file, ...args] = [...outer, ...inner, 'sh', PID1]
    const env = {
      ...process.env,
      ROOT: join(this.directory, 'root'),
      DATA: this.data,
      REPOSITORY,
      NODE: process.execPath,
      HERMES: hermes === undefined ? HERMES : join(this.directory, 'hermes'),
      ROOTFS: rootfs,
    }
    const child = spawn(file, args, {cwd: '/', env, stdio: ['pipe', log, log, 'ignore', 'pipe']})
    closeSync(log)
    this.#outer = child
    const ready = child.stdio[4] as Readable
    if (as === 'user') {
      await heard(ready, child, logPath)
      mapIds(child.pid ?? 0)
    }
    child.stdin?.end('\n')
    await heard(ready, child, logPath)
    const pid = String(child.pid)
    this.#initPid = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'))
    if (scandirOwner === 'hermes') await this.exec(['chown', '-R', 'hermes:hermes', '/run/service'])
  }

  async #kill(): Promise<void> {
    const child = this.#outer
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    // With its init everything in a pid namespace is killed.
    if (this.#initPid === 0) child.kill('SIGKILL')
    else if (existsSync(`/proc/${String(this.#initPid)}`)) process.kill(this.#initPid, 'SIGKILL')
    await ended
    this.#initPid = 0
  }
}
