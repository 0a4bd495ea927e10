import {EX_CONFIG, type ExitStatus} from './exit-status.js'
import type {JobDefinition} from './job-definition.js'
import {JobProcesses} from './job-processes.js'
import {isRestarted} from './keep-alive.js'
import {readEntry, sendSignal} from './process-tree.js'
import type {DomainName} from './settings.js'
import {type JobSurroundings, spawnJob} from './spawn-job.js'

/** What `print` calls the state of a job, in the words of new systems. */
export type JobState = 'running' | 'xpcproxy' | 'not running' | 'spawn scheduled' | 'SIGTERMed' | 'SIGKILLed'

/** Why a job was started last, as `print` says it. */
export type StartReason = 'speculative' | 'non-ipc demand' | 'inefficient'

/** What a job needs of the machine that it is loaded on. */
export interface JobHost {
  readonly surroundings: (domain: DomainName) => JobSurroundings
  /** Seconds, for definitions that name none. */
  readonly defaultExitTimeOut: () => number
  /** How long a process is shown as xpcproxy, in milliseconds. */
  readonly xpcproxyMs: () => number
  /** How long the label stays when its process is gone, in milliseconds. */
  readonly teardownMs: () => number
  readonly onChange: (job: Job) => void
  readonly onRemoved: (job: Job) => void
}

const LEAST_RESTART_MS = 10

/** One loaded job and its process. */
export class Job {
  readonly domain: DomainName
  readonly definition: JobDefinition
  /** The file that it was read from; null for a submitted one. */
  readonly path: string | null
  readonly #host: JobHost
  #pid: number | null = null
  #startTime = ''
  #processes: JobProcesses | null = null
  #signalled: 'SIGTERMed' | 'SIGKILLed' | null = null
  #startedAtMs = -Infinity
  #spawnTimer: NodeJS.Timeout | undefined
  #killTimer: NodeJS.Timeout | undefined
  #isRemoving = false
  #isRestarting = false
  #runs = 0
  #lastExit: ExitStatus | null = null
  #reason: StartReason = 'speculative'
  readonly #waiting: ((isSpawned: boolean) => void)[] = []

  constructor(domain: DomainName, definition: JobDefinition, path: string | null, host: JobHost) {
    this.domain = domain
    this.definition = definition
    this.path = path
    this.#host = host
  }

  get label(): string {
    return this.definition.label
  }

  /** Null while nothing runs. */
  get pid(): number | null {
    return this.#pid
  }

  /** Of the process, as /proc has it; empty where nothing runs. */
  get startTime(): string {
    return this.#startTime
  }

  /** Spawns since it was loaded. */
  get runs(): number {
    return this.#runs
  }

  get lastExit(): ExitStatus | null {
    return this.#lastExit
  }

  get reason(): StartReason {
    return this.#reason
  }

  /** Whether bootout was asked for. */
  get isRemoving(): boolean {
    return this.#isRemoving
  }

  get exitTimeOut(): number {
    return this.definition.exitTimeOut ?? this.#host.defaultExitTimeOut()
  }

  get state(): JobState {
    if (this.#signalled !== null) return this.#signalled
    if (this.#pid !== null) return this.#isProxy() ? 'xpcproxy' : 'running'
    return this.#spawnTimer === undefined ? 'not running' : 'spawn scheduled'
  }

  /** Starts it unless it runs: now, or when ThrottleInterval since the last start is over. */
  start(reason: StartReason, when: 'now' | 'throttled'): void {
    if (this.#pid !== null || this.#isRemoving) return
    this.#reason = reason
    clearTimeout(this.#spawnTimer)
    // Without a throttle, a program that cannot be started must not keep launchd from all else.
    const leastMs = reason === 'inefficient' ? LEAST_RESTART_MS : 0
    const throttledMs = this.#startedAtMs + this.definition.throttleInterval * 1000 - performance.now()
    const waitMs = Math.max(leastMs, throttledMs)
    if (when === 'now' || waitMs <= 0) {
      this.#spawn()
      return
    }
    this.#spawnTimer = setTimeout(() => this.#spawn(), Math.ceil(waitMs))
    this.#host.onChange(this)
  }

  /** Ends the process, if there is one, and starts it anew when the throttle allows. */
  restart(): void {
    if (this.#pid === null) {
      this.start('non-ipc demand', 'throttled')
      return
    }
    this.#isRestarting = true
    this.stop()
  }

  /** SIGTERM at once, SIGKILL when ExitTimeOut is over. Returns whether there was a process. */
  stop(): boolean {
    const pid = this.#pid
    if (pid === null) return false
    if (this.#signalled !== null) return true
    this.#signalled = 'SIGTERMed'
    this.#host.onChange(this)
    this.#processes?.look()
    sendSignal(this.#victim(pid), 'SIGTERM')
    if (this.exitTimeOut > 0) this.#killTimer = setTimeout(() => this.kill(), this.exitTimeOut * 1000)
    return true
  }

  /** SIGKILL for everything of the job. */
  kill(): void {
    const pid = this.#pid
    if (pid === null) return
    this.#signalled = 'SIGKILLed'
    this.#host.onChange(this)
    if (this.definition.abandonsProcessGroup) sendSignal(pid, 'SIGKILL')
    else this.#processes?.kill()
  }

  /** Sends one signal to the main process alone. Returns whether there was one. */
  signal(signal: NodeJS.Signals): boolean {
    if (this.#pid === null) return false
    sendSignal(this.#pid, signal)
    return true
  }

  /** Begins its removal, which is over when the process is gone and the label has been given up. */
  bootOut(): void {
    if (this.#isRemoving) return
    this.#isRemoving = true
    this.#cancelSpawn()
    if (!this.stop()) this.#giveUpLabel()
  }

  /** True when it has been spawned once more; false when it is to be removed instead. */
  nextSpawn(): Promise<boolean> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #victim(pid: number): number {
    return this.definition.abandonsProcessGroup ? pid : -pid
  }

  #isProxy(): boolean {
    return performance.now() - this.#startedAtMs < this.#host.xpcproxyMs()
  }

  #cancelSpawn(): void {
    clearTimeout(this.#spawnTimer)
    this.#spawnTimer = undefined
  }

  #spawn(): void {
    this.#cancelSpawn()
    this.#runs += 1
    this.#startedAtMs = performance.now()
    const surroundings = this.#host.surroundings(this.domain)
    const spawned = spawnJob(this.definition, surroundings)
    if (spawned === null) {
      this.#settle({code: EX_CONFIG})
    } else {
      this.#pid = spawned.pid
      this.#startTime = readEntry(spawned.pid)?.startTime ?? ''
      this.#processes = new JobProcesses(spawned.pid, {label: this.label, temporary: surroundings.temporary})
      spawned.child.on('exit', (code, signal) => {
        this.#bury()
        this.#settle(signal === null ? {code: code ?? 0} : {signal})
      })
    }
    this.#host.onChange(this)
    const proxyMs = this.#host.xpcproxyMs()
    if (proxyMs > 0) setTimeout(() => this.#host.onChange(this), proxyMs + 1)
    this.#tellWaiting(true)
  }

  #tellWaiting(isSpawned: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(isSpawned)
  }

  /** What the main process leaves behind dies with it; what left the group only where launchd had ended the job. */
  #bury(): void {
    const pid = this.#pid
    const wasEnded = this.#signalled !== null
    clearTimeout(this.#killTimer)
    if (pid !== null && !this.definition.abandonsProcessGroup) {
      if (wasEnded) this.#processes?.kill()
      else sendSignal(-pid, 'SIGKILL')
    }
    this.#pid = this.#processes = null
    if (!this.#isRemoving) this.#signalled = null
  }

  #settle(status: ExitStatus): void {
    this.#lastExit = status
    const isRestarting = this.#isRestarting
    this.#isRestarting = false
    if (this.#isRemoving) this.#giveUpLabel()
    else if (isRestarting) this.start('non-ipc demand', 'throttled')
    else if (isRestarted(this.definition, status)) this.start('inefficient', 'throttled')
    this.#host.onChange(this)
  }

  #giveUpLabel(): void {
    this.#signalled ??= 'SIGTERMed'
    this.#tellWaiting(false)
    const waitMs = this.#host.teardownMs()
    if (waitMs > 0) setTimeout(() => this.#host.onRemoved(this), waitMs)
    else this.#host.onRemoved(this)
  }
}
