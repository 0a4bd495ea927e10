import {
  type BackendContext,
  type Facts,
  type GatewaySpec,
  type GatewayStatus,
  type InstallOptions,
  isServiceError,
  type LifecycleOptions,
  type LogLine,
  type LogOptions,
  type Plan,
  readLogFile,
  type ReadOptions,
  type Removed,
  type ServiceManager,
  type VerbOptions,
} from '@hermes-svc/core'
import {logDirectory} from '@hermes-svc/runner'
import {ForeignControl} from './foreign-control.js'
import {GatewayControl} from './gateway-control.js'
import {GatewayInstaller} from './gateway-installer.js'
import {GatewayObserver} from './gateway-observer.js'
import {foreignRow, ownRow} from './gateway-row.js'
import {GatewayStarter, type OwnTask} from './gateway-starter.js'
import type * as planner from './plan-task.js'
import type {WindowsFacts} from './windows-facts.js'
import type {WindowsGateway} from './windows-gateway.js'
import {WindowsMachine} from './windows-machine.js'

let loaded: typeof planner | null = null

async function loadPlanner(): Promise<typeof planner> {
  loaded ??= await import('./plan-task.js')
  return loaded
}

/** Puts each gateway under a runner that a task of its own starts. The guard validates, locks, and waits for what these verbs began. */
export class WindowsServiceManager implements ServiceManager {
  readonly kind: string
  readonly #context: BackendContext
  readonly #machine: WindowsMachine
  readonly #observer: GatewayObserver
  readonly #control: GatewayControl
  readonly #foreign: ForeignControl
  readonly #installer: GatewayInstaller

  /** Throws HSVC_CONFIG_INVALID. */
  constructor(kind: string, context: BackendContext) {
    this.kind = kind
    this.#context = context
    this.#machine = new WindowsMachine(context)
    const starter = new GatewayStarter(context, this.#machine)
    const observer = new GatewayObserver(kind, context, this.#machine, starter)
    const control = new GatewayControl(context, this.#machine)
    const foreign = new ForeignControl(context, this.#machine, profile => observer.foreignPid(profile))
    this.#observer = observer
    this.#control = control
    this.#foreign = foreign
    this.#installer = new GatewayInstaller(context, this.#machine, {observer, control, starter, foreign})
  }

  async start(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    return await this.#bringUp(profile, 'start', options)
  }

  async restart(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    return await this.#bringUp(profile, 'restart', options)
  }

  async stop(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    const {origin, gateway} = await this.#known(profile, options.signal)
    if (origin === 'ours') await this.#control.takeDown(gateway, options)
    else await this.#foreign.stop(gateway, options.signal)
    return await this.#rowOf(profile, options.signal)
  }

  async isRunning(profile: string): Promise<boolean> {
    const [row] = await this.status([profile])
    return row?.state === 'running'
  }

  async status(profiles?: readonly string[], {signal}: ReadOptions = {}): Promise<GatewayStatus[]> {
    const {logger} = this.#context
    const found = await this.#observer.observe(profiles, signal)
    for (const each of found) {
      if (each.origin === 'ours' && each.gateway.problem !== null)
        logger.incomplete(`${each.gateway.profile}: ${each.gateway.problem}`)
    }
    if (profiles === undefined) return found.map(each => this.#row(each))
    return await Promise.all(found.map(async each => this.#row(each, await this.#taskOf(each, signal))))
  }

  async *logs(profile: string, options: LogOptions = {}): AsyncGenerator<LogLine, void, undefined> {
    const {clock, paths} = this.#context
    const {origin, gateway} = await this.#known(profile)
    if (origin === 'foreign') {
      const message = `${profile}: ${gateway.name} is somebody else's, and so is its log`
      throw this.#context.error('HSVC_UNSUPPORTED', message, {hint: `hermes gateway logs, for the profile ${profile}`})
    }
    const {run} = this.#machine.writer
    yield* readLogFile({profile, directory: logDirectory(paths, profile)}, {...options, clock, run})
  }

  async facts({signal}: ReadOptions = {}): Promise<Facts> {
    const [facts] = await Promise.all([this.#machine.facts(signal), loadPlanner()])
    return facts
  }

  plan(spec: GatewaySpec, facts: Facts): Plan {
    if (loaded === null) throw this.#context.error('HSVC_INTERNAL', 'expected facts() before plan(), got none')
    return loaded.planTask(spec, facts as WindowsFacts, this.#context)
  }

  async install(spec: GatewaySpec, options: InstallOptions = {}): Promise<GatewayStatus> {
    const planned = await loadPlanner()
    try {
      await this.#installer.define(spec, await this.#machine.facts(options.signal), planned, options)
    } finally {
      this.#observer.forgetTasks()
    }
    return await this.#rowOf(spec.profile, options.signal)
  }

  async uninstall(profile: string, {signal}: VerbOptions = {}): Promise<Removed> {
    try {
      return await this.#installer.remove(profile, signal)
    } finally {
      this.#observer.forgetTasks()
    }
  }

  supportsRuntimeRegistration(): boolean {
    return false
  }

  async registerProfileGateway(profile: string): Promise<GatewayStatus> {
    return await Promise.reject(this.#unsupported(profile))
  }

  async unregisterProfileGateway(profile: string): Promise<void> {
    await Promise.reject(this.#unsupported(profile))
  }

  async listProfileGateways(): Promise<string[]> {
    return await Promise.resolve([])
  }

  async #bringUp(profile: string, verb: 'start' | 'restart', options: LifecycleOptions): Promise<GatewayStatus> {
    const {origin, gateway} = await this.#known(profile, options.signal)
    if (origin === 'ours') await this.#control.bringUp(gateway, verb, options)
    else await this.#foreign[verb](gateway, options.signal)
    return await this.#rowOf(profile, options.signal)
  }

  #unsupported(profile: string): Error {
    const message = 'Windows has tasks that stay, and none that live until a container ends'
    return this.#context.error('HSVC_UNSUPPORTED', message, {hint: `hermes-svc gateway install ${profile}`})
  }

  /** What verbs act on. Rejects HSVC_NOT_FOUND. */
  async #known(profile: string, signal?: AbortSignal): Promise<WindowsGateway> {
    const [found] = await this.#observer.observe([profile], signal)
    if (found !== undefined) return found
    throw this.#context.error('HSVC_NOT_FOUND', `there is no gateway ${profile} in ${this.kind}`, {
      hint: `hermes-svc gateway install ${profile}`,
    })
  }

  async #rowOf(profile: string, signal?: AbortSignal): Promise<GatewayStatus> {
    return this.#row(await this.#known(profile, signal))
  }

  /** What Windows has of its task, which takes a process to ask; null where it needs none, or cannot be asked. */
  async #taskOf({origin, gateway}: WindowsGateway, signal?: AbortSignal): Promise<OwnTask | null> {
    if (origin === 'foreign') return null
    try {
      return await this.#observer.task(gateway, signal)
    } catch (error) {
      if (!isServiceError(error) || error.code === 'HSVC_ABORTED') throw error
      this.#context.logger.incomplete(`${gateway.profile}: its task could not be looked at: ${error.message}`)
      return null
    }
  }

  #row({origin, gateway}: WindowsGateway, task: OwnTask | null = null): GatewayStatus {
    return origin === 'ours' ? ownRow(this.kind, gateway, this.#context.paths, task) : foreignRow(this.kind, gateway)
  }
}
