import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {createConnection} from 'node:net'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'

const SCRIPT = fileURLToPath(new URL('../test/user-manager.sh', import.meta.url))
const MANAGER = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].find(path => existsSync(path))
const PATIENCE_MS = 60_000
/** Node cuts off what does not fit into the kernel's structure. */
const MAX_SOCKET_PATH = 107

/** Asks until the answer is true. */
export async function eventually(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await probe())) {
    if (performance.now() > end) throw new Error(`expected within ${String(PATIENCE_MS)} ms: ${what}`)
    await sleep(5)
  }
}

/** Where cgroup2 is mounted. */
function findHierarchy(): string | undefined {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  return mounts.find(line => line.includes(' - cgroup2 '))?.split(' ')[4]
}

function findWhyNot(): string {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.geteuid?.() !== 0) return 'needs root'
  if (MANAGER === undefined) return 'needs systemd'
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0) return 'needs unshare, and the right to mount'
  if (spawnSync('setpriv', ['--version']).status !== 0) return 'needs setpriv'
  const hierarchy = findHierarchy()
  if (hierarchy === undefined) return 'needs cgroup2'
  const probe = join(hierarchy, `hsvc-probe-${randomBytes(4).toString('hex')}`)
  try {
    mkdirSync(probe)
  } catch {
    return `needs to write to ${hierarchy}`
  }
  const kills = existsSync(join(probe, 'cgroup.kill'))
  rmdirSync(probe)
  return kills ? '' : 'needs cgroup.kill, which came with Linux 5.14'
}

/** Why no user manager can be started here, or an empty string. */
export const whyNoUserManager = findWhyNot()

/** A real `systemd --user` in a control group and with directories of its own, see user-manager.sh. Nothing of it outlives this process. */
export class UserManager {
  readonly directory = mkdtempSync(join(tmpdir(), 'hsvc-um-'))
  /** What the manager has as XDG_RUNTIME_DIR. */
  readonly runtimeDirectory = join(this.directory, 'run')
  readonly home = join(this.directory, 'home')
  /** Where units of the account are. */
  readonly units = join(this.home, '.config', 'systemd', 'user')
  readonly cgroup: string
  readonly #id: number
  readonly #bus: boolean
  #process: ChildProcess | null = null
  #guard: ChildProcess | null = null

  /** `id` is uid and gid of the manager; no account has to have them. With `bus` it has a message bus too. */
  constructor({id = 0, bus = false} = {}) {
    this.#id = id
    this.#bus = bus
    this.cgroup = join(findHierarchy() ?? '', this.directory.slice(this.directory.lastIndexOf('/') + 1))
    if (Buffer.byteLength(this.socket) > MAX_SOCKET_PATH) throw new Error(`${this.socket} is too long for a socket`)
    chmodSync(this.directory, 0o755)
    for (const path of [this.runtimeDirectory, this.home]) {
      mkdirSync(path, {mode: 0o700})
      chownSync(path, id, id)
    }
  }

  get socket(): string {
    return join(this.runtimeDirectory, 'systemd', 'private')
  }

  /** The pid of the manager, or null while there is none. */
  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  /** What the manager logged since it was started. */
  get log(): string {
    return readFileSync(this.#logPath, 'utf8')
  }

  /** Starts the manager, and with it default.target and what is enabled; resolves when its socket answers. */
  async start(): Promise<this> {
    this.#guard ??= this.#startGuard()
    if (!existsSync(this.cgroup)) mkdirSync(this.cgroup)
    writeFileSync(this.#logPath, '')
    const env = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      CGROUP: this.cgroup,
      HIERARCHY: findHierarchy(),
      ACCOUNT: `${String(this.#id)}:${String(this.#id)}`,
      MANAGER,
      BUS: this.#bus ? 'yes' : '',
      LOG: this.#logPath,
      HOME: this.home,
      XDG_RUNTIME_DIR: this.runtimeDirectory,
    }
    const started = spawn('sh', [SCRIPT], {cwd: '/', env, detached: true, stdio: ['ignore', 'ignore', 'pipe']})
    this.#process = started
    let said = ''
    started.stderr.setEncoding('utf8').on('data', (part: string) => (said += part))
    await eventually('the manager answers', async () => {
      if (hasEnded(started)) throw new Error(`the manager did not start: ${said}${this.log}`)
      return await this.#answers()
    })
    // To start the socket of the bus, systemd runs a systemctl that needs the private one.
    if (this.#bus) await eventually('the bus is there', () => this.log.includes('Startup finished'))
    return this
  }

  /** Ends the manager as a logout or a shutdown does: every unit is stopped first. */
  async stop(): Promise<void> {
    await this.#end(running => running.kill('SIGTERM'))
  }

  /** Kills the manager and everything that it started, at the same moment. */
  async crash(): Promise<void> {
    await this.#end(() => {
      writeFileSync(join(this.cgroup, 'cgroup.kill'), '1')
    })
  }

  /** The machine goes down, in order or not, and comes up again: files of the account are kept, those at run time are not. */
  async reboot(how: 'in order' | 'crash' = 'in order'): Promise<void> {
    await (how === 'crash' ? this.crash() : this.stop())
    for (const name of readdirSync(this.runtimeDirectory))
      rmSync(join(this.runtimeDirectory, name), {recursive: true, force: true})
    await this.start()
  }

  /** Nobody finds its sockets until the function that this returns is called. */
  silence(): () => void {
    const sockets = [this.socket, join(this.runtimeDirectory, 'bus')].filter(path => existsSync(path))
    for (const path of sockets) renameSync(path, `${path}.away`)
    return () => {
      for (const path of sockets) renameSync(`${path}.away`, path)
    }
  }

  /** Writes a unit of the account; the manager is not told. Returns its path. */
  writeUnit(name: string, text: string): string {
    const path = join(this.units, name)
    mkdirSync(this.units, {recursive: true})
    writeFileSync(path, text)
    for (const made of [path, this.units, dirname(this.units), dirname(dirname(this.units))])
      chownSync(made, this.#id, this.#id)
    return path
  }

  /** Runs systemctl as the account, where a booted systemd is seen, without which it does the work of some verbs itself; returns what it printed. */
  systemctl(...args: string[]): string {
    const env = {PATH: '/usr/bin:/bin', LC_ALL: 'C', XDG_RUNTIME_DIR: this.runtimeDirectory}
    const inside = [
      '-t',
      String(this.pid),
      '-m',
      '-S',
      String(this.#id),
      '-G',
      String(this.#id),
      'systemctl',
      '--user',
      ...args,
    ]
    return execFileSync('nsenter', inside, {env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']})
  }

  /** Pids of everything that runs in the control group, the manager included. */
  processes(): number[] {
    const directories = existsSync(this.cgroup) ? [this.cgroup, ...childGroups(this.cgroup)] : []
    return directories.flatMap(path =>
      readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number),
    )
  }

  /** Kills what still runs; leaves no process, control group, mount or file. */
  async remove(): Promise<void> {
    const guard = this.#guard ?? this.#startGuard()
    this.#guard = this.#process = null
    const ended = once(guard, 'exit') as Promise<[number | null]>
    guard.stdin?.end()
    const [code] = await ended
    if (code !== 0) throw new Error(`expected that nothing of ${this.directory} is left, got exit ${String(code)}`)
  }

  get #logPath(): string {
    return join(this.directory, 'log')
  }

  /** A process that does the work of remove() when this one ends, however it does. */
  #startGuard(): ChildProcess {
    const env = {PATH: '/usr/bin:/bin', CGROUP: this.cgroup, DIRECTORY: this.directory}
    return spawn('sh', [SCRIPT, 'guard'], {cwd: '/', env, detached: true, stdio: ['pipe', 'ignore', 'inherit']})
  }

  async #end(order: (running: ChildProcess) => void): Promise<void> {
    const running = this.#process
    this.#process = null
    if (running === null) return
    if (!hasEnded(running)) order(running)
    await eventually('the manager ends', () => hasEnded(running))
    // With a session everything ends, also what a unit was told to leave.
    writeFileSync(join(this.cgroup, 'cgroup.kill'), '1')
    await eventually('the control group is empty', () => !isPopulated(this.cgroup))
    for (const path of childGroups(this.cgroup)) rmdirSync(path)
  }

  /** Whether somebody takes part in the first exchange of D-Bus. */
  async #answers(): Promise<boolean> {
    const connection = createConnection(this.socket)
    const failed = once(connection, 'close').then(() => false)
    const answered = once(connection, 'data').then(() => true)
    connection.on('error', () => undefined).write('\0AUTH EXTERNAL 30\r\n')
    try {
      return await Promise.race([answered, failed])
    } catch {
      return false
    } finally {
      connection.destroy()
    }
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function isPopulated(cgroup: string): boolean {
  return readFileSync(join(cgroup, 'cgroup.events'), 'utf8').includes('populated 1')
}

/** Every group below, deepest first. */
function childGroups(cgroup: string): string[] {
  return readdirSync(cgroup, {withFileTypes: true})
    .filter(entry => entry.isDirectory())
    .flatMap(({name}) => [...childGroups(join(cgroup, name)), join(cgroup, name)])
}
