import {type ChildProcess, execFile, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {changeFaults, type Faults, NO_FAULTS} from './faults.js'
import {ask} from './ask.js'
import type {Answer} from './answer.js'
import {killBelow} from './job-processes.js'
import {readEntry, readProcesses, sendSignal, treeOf} from './process-tree.js'
import type {JobsFile, LoadedJob} from './machine.js'
import {completeSettings, type FakeLaunchdOptions, type LoginDomain, type Session} from './settings.js'
import {type Call, readCalls, readJson, type StateFiles, stateFilesOf, writeJson} from './state-files.js'

export {FAULT_PROFILES, type FaultProfile} from './fault-profiles.js'
export {type Faults, NO_FAULTS, type Occurrence, type Span} from './faults.js'
export type {LoadedJob} from './machine.js'
export type {DomainName, FakeLaunchdOptions, LoginDomain, Session, Settings} from './settings.js'
export type {Call} from './state-files.js'

const DAEMON = fileURLToPath(new URL('daemon.js', import.meta.url))
const CLIENT = fileURLToPath(new URL('client.js', import.meta.url))
const PERL = '/usr/bin/perl'
const PERL_CLIENT = fileURLToPath(new URL('../../test/fake-launchd/client.pl', import.meta.url))
/** Where sockaddr_un is shortest, on macOS, it holds 104. */
const MAX_SOCKET_PATH = 99

/** How a launchctl ended. The code is null where it was killed. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function renderLaunchctl(socket: string): string {
  const command = existsSync(PERL) ? [PERL, PERL_CLIENT, socket] : [process.execPath, CLIENT, socket, 'launchctl']
  return `#!/bin/sh\nunset NODE_OPTIONS NODE_EXTRA_CA_CERTS\nexec ${command.map(quote).join(' ')} "$@"\n`
}

/** Makes the directory of a machine that has never run. */
function prepare(options: FakeLaunchdOptions): {directory: string; files: StateFiles} {
  const directory = mkdtempSync(join(tmpdir(), 'hsvc-ld-'))
  const files = stateFilesOf(directory)
  if (Buffer.byteLength(files.socket) > MAX_SOCKET_PATH) {
    rmSync(directory, {recursive: true})
    throw new Error(`expected a socket path of at most ${String(MAX_SOCKET_PATH)} bytes, got ${files.socket}`)
  }
  chmodSync(directory, 0o755)
  for (const path of [files.agents, files.daemons, files.temporary]) mkdirSync(path, {recursive: true, mode: 0o755})
  writeJson(files.settings, completeSettings(options))
  changeFaults(files.faults, options.faults ?? {})
  writeFileSync(files.launchctl, renderLaunchctl(files.socket), {mode: 0o755})
  return {directory, files}
}

/** A fake Mac: a launchd that really runs jobs, and a launchctl that talks to it. It ends with the process that started it. */
export class FakeLaunchd {
  /** Everything that the machine keeps is below. */
  readonly directory: string
  /** An executable for whoever runs launchctl. */
  readonly launchctl: string
  /** HOME of the account's jobs. */
  readonly home: string
  /** Its ~/Library/LaunchAgents. */
  readonly agents: string
  /** What stands for /Library/LaunchDaemons. */
  readonly daemons: string
  readonly #files: StateFiles
  readonly #daemon: ChildProcess

  private constructor(directory: string, files: StateFiles, daemon: ChildProcess) {
    this.directory = directory
    this.launchctl = files.launchctl
    this.home = files.home
    this.agents = files.agents
    this.daemons = files.daemons
    this.#files = files
    this.#daemon = daemon
  }

  /** Boots a machine without any definition; resolves when its launchd answers. */
  static async start(options: FakeLaunchdOptions = {}): Promise<FakeLaunchd> {
    const {directory, files} = prepare(options)
    const stderr = openSync(files.log, 'a')
    const env = {...process.env, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: ''}
    const daemon = spawn(process.execPath, [DAEMON, directory], {
      cwd: '/',
      env,
      detached: true,
      stdio: ['pipe', 'pipe', stderr],
    })
    closeSync(stderr)
    const isReady = await Promise.race([
      once(daemon.stdout ?? daemon, 'data').then(() => true),
      once(daemon, 'exit').then(() => false),
    ])
    if (!isReady) throw new Error(`the fake launchd did not start: ${readFileSync(files.log, 'utf8')}`)
    // Who forgets to remove it shall end all the same, and it with them.
    daemon.unref()
    for (const pipe of [daemon.stdin, daemon.stdout]) (pipe as unknown as {unref(): void}).unref()
    return new FakeLaunchd(directory, files, daemon)
  }

  /** The pid of its launchd. */
  get pid(): number {
    return this.#daemon.pid ?? 0
  }

  /** What chances are drawn from; worth printing where a test fails. */
  get seed(): number {
    return readJson(this.#files.faults, {faults: NO_FAULTS}).faults.seed
  }

  /** Changes some faults from now on; those left out stay as they are. */
  setFaults(faults: Partial<Faults>): void {
    changeFaults(this.#files.faults, faults)
  }

  /** The session that callers of launchctl are in from now on. */
  setSession(session: Session): void {
    this.#control('session', session)
  }

  /**
   * Which domains of the account exist from now on. Jobs of one that goes are killed; nothing is loaded into one that
   * comes, see login(). Without gui the session Aqua becomes Background.
   */
  setDomains(domains: readonly LoginDomain[]): void {
    this.#control('domains', ...domains)
  }

  /** Runs launchctl to its end. */
  run(...args: string[]): Ran {
    const {status, stdout, stderr} = spawnSync(this.launchctl, args, {encoding: 'utf8'})
    return {code: status, stdout, stderr}
  }

  /** Runs launchctl beside what else goes on. */
  runBeside(...args: string[]): Promise<Ran> {
    return new Promise(resolve => {
      const child = execFile(this.launchctl, args, (_error, stdout, stderr) => {
        resolve({code: child.exitCode, stdout, stderr})
      })
    })
  }

  /** Every launchctl that was answered, or gave up waiting, in that order. */
  calls(): Call[] {
    return readCalls(this.#files.calls)
  }

  /** What is loaded, whatever launchctl says. */
  jobs(): readonly LoadedJob[] {
    return this.#readJobs().jobs
  }

  /** Labels that ever ran in two domains at the same time. */
  doubles(): readonly string[] {
    return this.#readJobs().doubles
  }

  /** A login, a graphical one by default: domains that are missing come, with every agent that is meant for them. */
  async login(...domains: LoginDomain[]): Promise<void> {
    await this.#order('login', ...(domains.length > 0 ? domains : ['user', 'gui']))
  }

  /** Ends the graphical session and its jobs. */
  async logout(): Promise<void> {
    await this.#order('logout')
  }

  /** Everything ends and the machine boots; who was logged in is again, unless told otherwise. */
  async reboot(how: 'in order' | 'crash' = 'in order', {login = true} = {}): Promise<void> {
    await this.#order('reboot', how, login ? 'login' : '')
  }

  /** No launchctl is answered until the function that this returns is called. */
  silence(): () => void {
    this.setFaults({hang: true})
    return () => this.setFaults({hang: false})
  }

  /** Ends the machine; no process and no file is left. */
  async remove(): Promise<void> {
    if (this.#daemon.exitCode === null && this.#daemon.signalCode === null) {
      const ended = once(this.#daemon, 'exit')
      this.#daemon.ref()
      this.#daemon.stdin?.end()
      await ended
    }
    await this.#killWhatIsLeft()
    const failure = this.#daemon.exitCode ? readFileSync(this.#files.log, 'utf8') : ''
    rmSync(this.directory, {recursive: true, force: true})
    if (failure !== '') throw new Error(`the fake launchd failed: ${failure}`)
  }

  /** A launchd that was killed could end nothing itself. */
  async #killWhatIsLeft(): Promise<void> {
    const {jobs, startTimes} = this.#readJobs()
    for (const {pid} of jobs) {
      if (pid === null || readEntry(pid)?.startTime !== startTimes[pid]) continue
      for (const member of treeOf(readProcesses(), pid)) sendSignal(member.pid, 'SIGKILL')
    }
    await killBelow(this.#files.temporary)
  }

  #readJobs(): JobsFile {
    return readJson<JobsFile>(this.#files.jobs, {jobs: [], doubles: [], startTimes: {}})
  }

  #control(order: string, ...values: string[]): void {
    const args = [CLIENT, this.#files.socket, 'control', order, ...values]
    const {status, stderr} = spawnSync(process.execPath, args, {encoding: 'utf8', env: {}})
    if (status !== 0) throw new Error(`expected that ${order} works, got ${stderr}`)
  }

  async #order(order: string, ...values: string[]): Promise<void> {
    const text = await ask(this.#files.socket, {kind: 'control', order, values})
    const {code, stderr} = JSON.parse(text) as Answer
    if (code !== 0) throw new Error(`expected that ${order} works, got ${stderr}`)
  }
}
