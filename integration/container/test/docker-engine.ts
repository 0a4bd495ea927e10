import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {eventually} from '../../testing/dist/eventually.js'
import {collectRun, type Run} from '../../testing/dist/program-run.js'

const CGROUPS = '/sys/fs/cgroup'
const READY_MS = 60_000
const LONGEST_MS = 300_000

/** Starts the engine in a network that has loopback only. */
export type StartInNetwork = (file: string, args: readonly string[]) => ChildProcess

/** Every directory of that name among the control groups of this machine, of which version 1 has one a controller. */
function controlGroups(name: string): string[] {
  const controllers = readdirSync(CGROUPS).map(entry => join(CGROUPS, entry, name))
  return [join(CGROUPS, name), ...controllers].filter(path => existsSync(path))
}

function removeControlGroup(directory: string): void {
  const inner = readdirSync(directory).map(entry => join(directory, entry))
  for (const path of inner) if (statSync(path).isDirectory()) removeControlGroup(path)
  rmdirSync(directory)
}

/** A Docker engine of the test's own: no networks, everything it keeps in one directory, spoken to over a socket there. Needs root. */
export class DockerEngine {
  readonly directory: string
  readonly #daemon: ChildProcess
  readonly #group: string

  private constructor(directory: string, group: string, daemon: ChildProcess) {
    this.directory = directory
    this.#group = group
    this.#daemon = daemon
  }

  static async start(startInNetwork: StartInNetwork): Promise<DockerEngine> {
    // The path of a socket has at most 107 characters.
    const directory = mkdtempSync(join(tmpdir(), 'dk-'))
    const group = `hermes-svc-test-${String(process.pid)}`
    const places = ['-H', `unix://${directory}/socket`, '--pidfile', `${directory}/pid`]
    const roots = ['--data-root', `${directory}/data`, '--exec-root', `${directory}/exec`]
    const noNetworks = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--userland-proxy=false']
    // Without systemd, which may not be there, and in a group by whose name what is left can be found.
    const groups = ['--exec-opt', 'native.cgroupdriver=cgroupfs', `--cgroup-parent=/${group}`]
    const dockerd = ['dockerd', ...places, ...roots, ...noNetworks, ...groups]
    // In namespaces of its own its mounts and processes end with it, also when this process is killed.
    const own = ['unshare', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child']
    const script = 'log=$1; shift; exec setpriv --pdeathsig KILL "$@" >"$log" 2>&1'
    const daemon = startInNetwork('sh', [
      '-c',
      script,
      'sh',
      `${directory}/log`,
      'env',
      `TMPDIR=${directory}`,
      ...own,
      ...dockerd,
    ])
    const engine = new DockerEngine(directory, group, daemon)
    try {
      await eventually('an answer of dockerd', async () => engine.#hasEnded || (await engine.#answers()), READY_MS)
      if (engine.#hasEnded) throw new Error(`dockerd ended: ${engine.#lastWords}`)
    } catch (error) {
      await engine.stop()
      throw error
    }
    return engine
  }

  get #hasEnded(): boolean {
    return this.#daemon.exitCode !== null || this.#daemon.signalCode !== null
  }

  get #lastWords(): string {
    return readFileSync(`${this.directory}/log`, 'utf8').trim().split('\n').at(-1) ?? ''
  }

  async #answers(): Promise<boolean> {
    return existsSync(`${this.directory}/socket`) && (await this.run(['info'])).code === 0
  }

  /** What a docker command needs to speak to this engine and to read nothing of the account's own. */
  get env(): NodeJS.ProcessEnv {
    const {DOCKER_CONTEXT: _, ...inherited} = process.env
    const own = {DOCKER_HOST: `unix://${this.directory}/socket`, DOCKER_CONFIG: `${this.directory}/config`}
    return {...inherited, ...own, DOCKER_BUILDKIT: '0'}
  }

  /** Runs a docker command. */
  async run(args: readonly string[], timeoutMs = LONGEST_MS): Promise<Run> {
    return await collectRun(spawn('docker', args, {env: this.env, stdio: 'pipe'}), '', timeoutMs)
  }

  /** Runs a docker command that must succeed; gives what it prints. */
  async done(...args: readonly string[]): Promise<string> {
    const {code, stdout, stderr} = await this.run(args)
    if (code !== 0)
      throw new Error(`docker ${args.join(' ')} ended with ${String(code)}: ${stderr}${stdout.slice(-2000)}`)
    return stdout.trim()
  }

  /** Makes an image of what a tar process writes. */
  async importImage(name: string, tarArgs: readonly string[]): Promise<void> {
    const script = 'name=$1; shift; tar -c "$@" | docker import -c "ENV PATH=/usr/local/bin:/usr/bin:/bin" - "$name"'
    const child = spawn('bash', ['-o', 'pipefail', '-c', script, 'bash', name, ...tarArgs], {
      env: this.env,
      stdio: 'pipe',
    })
    const {code, stderr} = await collectRun(child, '', LONGEST_MS)
    if (code !== 0) throw new Error(`docker import ${name} ended with ${String(code)}: ${stderr}`)
  }

  /** Ends every container and the engine, and removes all that they left on the machine. */
  async stop(): Promise<void> {
    if (!this.#hasEnded) {
      const ids = (await this.run(['ps', '-aq'])).stdout.split('\n').filter(id => id !== '')
      if (ids.length > 0) await this.run(['rm', '-f', ...ids])
      const ended = once(this.#daemon, 'exit')
      const outer = String(this.#daemon.pid)
      process.kill(Number(readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8')), 'SIGTERM')
      await ended
    }
    for (const directory of controlGroups(this.#group)) removeControlGroup(directory)
    rmSync(this.directory, {recursive: true, force: true, maxRetries: 5})
  }
}
