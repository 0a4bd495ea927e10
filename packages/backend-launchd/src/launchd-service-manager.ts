import {join} from 'node:path'
import {
  type BackendContext,
  type Facts,
  type GatewaySpec,
  type GatewayStatus,
  type InstallOptions,
  type LifecycleOptions,
  type LogLine,
  type LogOptions,
  type LogPlace,
  type Plan,
  readLogFile,
  type ReadOptions,
  type Removed,
  type ServiceManager,
  type VerbOptions,
} from '@hermes-svc/core'
import {gatewayStatusOf, type JobObservation} from './gateway-status-of.js'
import {JobControl} from './job-control.js'
import type {JobDefinition} from './job-definitions.js'
import {JobInstaller} from './job-installer.js'
import {GONE, JobObserver} from './job-observer.js'
import {MACHINE_PLACES, type MachinePlaces} from './job-paths.js'
import type {LaunchdFacts} from './launchd-facts.js'
import {LaunchdMachine} from './launchd-machine.js'
import type * as planner from './plan-job.js'

let loaded: typeof planner | null = null

/** What writes property lists takes longer to load than a listing takes. */
async function loadPlanner(): Promise<typeof planner> {
  loaded ??= await import('./plan-job.js')
  return loaded
}

/** Keeps each gateway in a job of launchd. The guard validates, locks, and waits for what these verbs began. */
export class LaunchdServiceManager implements ServiceManager {
  readonly kind: string
  readonly #context: BackendContext
  readonly #machine: LaunchdMachine
  readonly #observer: JobObserver
  readonly #control: JobControl
  readonly #installer: JobInstaller

  /** Throws HSVC_CONFIG_INVALID. */
  constructor(kind: string, context: BackendContext, places: MachinePlaces = MACHINE_PLACES) {
    this.kind = kind
    this.#context = context
    this.#machine = new LaunchdMachine(context, places)
    this.#observer = new JobObserver(this.#machine)
    this.#control = new JobControl(context, this.#machine)
    this.#installer = new JobInstaller(context, this.#machine, this.#observer, this.#control)
  }

  async start(profile: string, {signal}: LifecycleOptions = {}): Promise<GatewayStatus> {
    await this.#control.start(await this.#known(profile, signal), signal)
    return await this.#rowOf(profile, signal)
  }

  async stop(profile: string, {signal}: LifecycleOptions = {}): Promise<GatewayStatus> {
    const seen = await this.#known(profile, signal)
    await this.#control.stop(seen.definition, signal)
    // A job whose file was removed by hand is gone with its process.
    const [now = seen] = await this.#observer.observeOne(profile, signal)
    return this.#row(now)
  }

  async restart(profile: string, {signal}: LifecycleOptions = {}): Promise<GatewayStatus> {
    await this.#control.restart(await this.#known(profile, signal), signal)
    return await this.#rowOf(profile, signal)
  }

  async isRunning(profile: string): Promise<boolean> {
    const [row] = await this.status([profile])
    return row?.state === 'running'
  }

  async status(profiles?: readonly string[], {signal}: ReadOptions = {}): Promise<GatewayStatus[]> {
    const observations = await this.#observer.observe(profiles, signal)
    const {logger} = this.#context
    for (const {definition, problem} of observations) {
      const {profile, marker} = definition
      if (problem !== null) logger.incomplete(`${profile}: ${problem}`)
      if (marker?.id === GONE)
        logger.warn(`${profile} runs, but its definition is gone: hermes-svc gateway install ${profile} writes it anew`)
    }
    return observations.map(seen => this.#row(seen))
  }

  async *logs(profile: string, options: LogOptions = {}): AsyncGenerator<LogLine, void, undefined> {
    const {definition} = await this.#known(profile)
    const {kind, path: directory = ''} = this.#logPlace(definition)
    if (kind === 'none') {
      throw this.#context.error(
        'HSVC_UNSUPPORTED',
        `${profile}: its definition is somebody else's, and so is its log`,
        {
          hint: `see ${definition.path}`,
        },
      )
    }
    if (options.since !== undefined) {
      const message = `${profile}: expected a log with times, got the file ${join(directory, 'current')}, whose lines have none`
      throw this.#context.error('HSVC_UNSUPPORTED', message, {hint: 'leave out --since'})
    }
    const {run} = this.#machine.scope(definition.scope).writer
    yield* readLogFile({profile, directory}, {...options, clock: this.#context.clock, run})
  }

  async facts({signal}: ReadOptions = {}): Promise<Facts> {
    const [facts] = await Promise.all([this.#machine.facts(signal), loadPlanner()])
    return facts
  }

  plan(spec: GatewaySpec, facts: Facts): Plan {
    if (loaded === null) throw this.#context.error('HSVC_INTERNAL', 'expected facts() before plan(), got none')
    return loaded.planJob(spec, facts as LaunchdFacts, this.#context)
  }

  async install(spec: GatewaySpec, options: InstallOptions = {}): Promise<GatewayStatus> {
    const planned = await loadPlanner()
    await this.#installer.define(spec, await this.#machine.facts(options.signal), planned, options)
    return await this.#rowOf(spec.profile, options.signal)
  }

  async uninstall(profile: string, {signal}: VerbOptions = {}): Promise<Removed> {
    return await this.#installer.remove(profile, signal)
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

  #unsupported(profile: string): Error {
    const message = 'launchd has jobs that stay, and none that live until a container ends'
    return this.#context.error('HSVC_UNSUPPORTED', message, {hint: `hermes-svc gateway install ${profile}`})
  }

  /** The definition that verbs act on. Rejects HSVC_NOT_FOUND. */
  async #known(profile: string, signal?: AbortSignal): Promise<JobObservation> {
    const [seen] = await this.#observer.observeOne(profile, signal)
    if (seen) return seen
    throw this.#context.error('HSVC_NOT_FOUND', `there is no gateway ${profile} in ${this.kind}`, {
      hint: `hermes-svc gateway install ${profile}`,
    })
  }

  async #rowOf(profile: string, signal?: AbortSignal): Promise<GatewayStatus> {
    return this.#row(await this.#known(profile, signal))
  }

  #row(seen: JobObservation): GatewayStatus {
    const {definition} = seen
    return gatewayStatusOf(seen, {
      kind: this.kind,
      logs: this.#logPlace(definition),
      nowMs: this.#context.clock.now(),
    })
  }

  #logPlace(definition: JobDefinition): LogPlace {
    return definition.marker === null ? {kind: 'none'} : {kind: 'file', path: this.#machine.logDirectory(definition)}
  }
}
