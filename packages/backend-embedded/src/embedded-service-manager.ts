import {existsSync} from 'node:fs'
import {
  type BackendContext,
  type Facts,
  findWriter,
  type GatewaySpec,
  type GatewayStatus,
  hashSpec,
  type LifecycleOptions,
  type LogLine,
  type LogOptions,
  type Plan,
  readLogFile,
  type RegisterOptions,
  type Removed,
  type ServiceManager,
  type TellsUpheld,
  type VerbOptions,
  type Writer,
} from '@hermes-svc/core'
import {
  DefinitionStore,
  gatewayStatusOf,
  isExpired,
  labelsOf,
  logDirectory,
  lookSettled,
  RunnerControl,
  type RunnerObservation,
  runnerPlanEntries,
  unknownStatusOf,
} from '@hermes-svc/runner'
import {machineLife} from './machine-life.js'

/** What was found of one profile. */
interface Look {
  readonly profile: string
  readonly seen: RunnerObservation | null
  /** Why it could not be read; null when it could. */
  readonly problem: string | null
}

/** Whether a start would leave it as it is. */
function runsByWish({supervised, state, wanted}: RunnerObservation): boolean {
  return supervised && state === 'running' && wanted === 'up'
}

/** Puts each gateway under a runner of its own. The guard validates, locks, and waits for what these verbs began. */
export class EmbeddedServiceManager implements ServiceManager, TellsUpheld {
  readonly kind: string
  readonly #context: BackendContext
  /** Whose gateways these are: runners run as this account. */
  readonly #writer: Writer
  readonly #definitions: DefinitionStore
  readonly #runners: RunnerControl
  readonly #life = machineLife()

  /** Throws HSVC_CONFIG_INVALID: there is nothing to configure. */
  constructor(kind: string, context: BackendContext) {
    const [unknown] = Object.keys(context.configuration)
    if (unknown !== undefined) {
      const message = `backends.${kind}.${unknown}: expected no key, because ${kind} has no settings, got one`
      throw context.error('HSVC_CONFIG_INVALID', message, {hint: `remove backends.${kind}.${unknown}`})
    }
    this.kind = kind
    this.#context = context
    this.#writer = findWriter(context.caller, context.paths.root)
    this.#definitions = new DefinitionStore(kind, context.paths, this.#writer)
    this.#runners = new RunnerControl(context, this.#writer)
  }

  async start(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    return await this.#bringUp(profile, 'start', options)
  }

  upheld(profile: string): GatewayStatus | null {
    const {seen} = this.#look(profile)
    if (seen === null || isExpired(seen, this.#life) || !runsByWish(seen)) return null
    return gatewayStatusOf(this.kind, profile, seen, this.#context.paths)
  }

  async restart(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    return await this.#bringUp(profile, 'restart', options)
  }

  async stop(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    const directory = this.#directory(profile)
    const seen = this.#known(profile)
    const accepted = seen.supervised && (await this.#runners.ask(directory, seen, 'stop', options))
    if (!accepted) await this.#runners.rest(directory, this.#known(profile), options)
    return this.#statusOf(profile)
  }

  async isRunning(profile: string): Promise<boolean> {
    const [row] = await this.status([profile])
    return row?.state === 'running'
  }

  async status(profiles?: readonly string[]): Promise<GatewayStatus[]> {
    const names = profiles === undefined ? this.#definitions.profiles() : [...new Set(profiles)].sort()
    const {clock} = this.#context
    const looks: Look[] = []
    for (const profile of names) looks.push(await lookSettled(() => this.#look(profile), clock))
    return looks.flatMap(look => this.#row(look) ?? [])
  }

  async *logs(profile: string, options: LogOptions = {}): AsyncGenerator<LogLine, void, undefined> {
    const {clock, paths} = this.#context
    yield* readLogFile({profile, directory: logDirectory(paths, profile)}, {...options, clock, run: this.#writer.run})
  }

  facts(): Promise<Facts> {
    const {caller} = this.#context
    return Promise.resolve({uid: caller.uid, owner: this.#writer.name})
  }

  plan(spec: GatewaySpec, facts: Facts): Plan {
    const {paths} = this.#context
    const {account} = spec
    if (account !== null && account !== facts['owner']) {
      const [expected, hint] =
        facts['uid'] === 0
          ? [`the owner of ${paths.root}`, 'embedded runs gateways as the owner of the profile root only']
          : ['no other, because only root can change it', `run it as ${account}, or as root`]
      throw this.#context.error('HSVC_INVALID_SPEC', `account: expected ${expected}, got ${account}`, {hint})
    }
    return {entries: runnerPlanEntries(this.kind, spec, paths), commands: [], notes: []}
  }

  async install(spec: GatewaySpec, options: VerbOptions = {}): Promise<GatewayStatus> {
    return await this.#define(spec, null, options)
  }

  async uninstall(profile: string, options: VerbOptions = {}): Promise<Removed> {
    const {paths} = this.#context
    if (this.#read(profile) === null && !existsSync(this.#directory(profile))) return {profile, removed: [], kept: []}
    await this.#rest(profile, options)
    const logs = logDirectory(paths, profile)
    const hasLogs = this.#writer.run(() => existsSync(logs))
    return {profile, removed: [this.#definitions.remove(profile)], kept: hasLogs ? [logs] : []}
  }

  supportsRuntimeRegistration(): boolean {
    return true
  }

  async registerProfileGateway(profile: string, options: RegisterOptions = {}): Promise<GatewayStatus> {
    const {spec, startNow = true} = options
    if (spec === undefined) throw this.#context.error('HSVC_INVALID_SPEC', 'spec: expected a resolved spec, got none')
    const present = this.#read(profile)
    if (present !== null) {
      throw this.#context.error('HSVC_ALREADY_EXISTS', `${profile} is ${present.origin} already`, {profile})
    }
    const status = await this.#define(spec, this.#life, options)
    return startNow ? await this.start(profile, options) : status
  }

  async unregisterProfileGateway(profile: string, options: VerbOptions = {}): Promise<void> {
    if (this.#read(profile)?.origin === 'installed') {
      throw this.#context.error('HSVC_ALREADY_EXISTS', `${profile} is installed, not just registered`, {
        hint: `hermes-svc gateway uninstall ${profile}`,
      })
    }
    await this.uninstall(profile, options)
  }

  async listProfileGateways(): Promise<string[]> {
    const rows = await this.status()
    return rows.filter(row => row.origin === 'registered').map(row => row.profile)
  }

  async #bringUp(profile: string, verb: 'start' | 'restart', options: LifecycleOptions): Promise<GatewayStatus> {
    const directory = this.#directory(profile)
    const seen = this.#known(profile)
    if (verb === 'restart' || !runsByWish(seen)) {
      const accepted = seen.supervised && (await this.#runners.ask(directory, seen, verb, options))
      if (!accepted) await this.#runners.launch(directory, options)
    }
    return this.#statusOf(profile)
  }

  /** Ends what runs and waits for that. */
  async #rest(profile: string, options: VerbOptions): Promise<void> {
    const directory = this.#directory(profile)
    const seen = this.#readable(profile)
    if (seen === null) return
    if (seen.supervised) {
      await this.#runners.ask(directory, seen, 'stop', options)
      await this.#runners.untilUnsupervised(directory, options)
    }
    const rest = this.#readable(profile)
    if (rest?.gateway) await this.#runners.rest(directory, rest, options)
  }

  /** null also for a definition that cannot be read: nothing can run by it, or it would have a state that can. */
  #readable(profile: string): RunnerObservation | null {
    try {
      return this.#definitions.observe(profile)
    } catch {
      return null
    }
  }

  async #define(spec: GatewaySpec, life: string | null, options: VerbOptions): Promise<GatewayStatus> {
    const {profile} = spec
    this.plan(spec, await this.facts())
    // A registration of an earlier life is no definition: nothing of it is taken over.
    if (this.#expired(profile)) this.#definitions.remove(profile)
    this.#definitions.write(spec, life)
    const seen = this.#known(profile)
    if (seen.supervised && labelsOf(seen).specHash === hashSpec(spec)) {
      await this.#runners.ask(this.#directory(profile), seen, 'reload', options)
    }
    return this.#statusOf(profile)
  }

  #directory(profile: string): string {
    return this.#definitions.directory(profile)
  }

  #known(profile: string): RunnerObservation {
    const seen = this.#definitions.observe(profile)
    if (seen !== null && !isExpired(seen, this.#life)) return seen
    throw this.#context.error('HSVC_NOT_FOUND', `there is no gateway ${profile} in ${this.kind}`, {
      hint: `hermes-svc gateway install ${profile}`,
    })
  }

  #expired(profile: string): boolean {
    try {
      const seen = this.#definitions.observe(profile)
      return seen !== null && isExpired(seen, this.#life)
    } catch {
      return false
    }
  }

  #statusOf(profile: string): GatewayStatus {
    return gatewayStatusOf(this.kind, profile, this.#known(profile), this.#context.paths)
  }

  #look(profile: string): Look {
    try {
      return {profile, seen: this.#definitions.observe(profile), problem: null}
    } catch (error) {
      return {profile, seen: null, problem: (error as Error).message}
    }
  }

  #read(profile: string): GatewayStatus | null {
    return this.#row(this.#look(profile))
  }

  /** null when there is no definition; unknown, and told so, when it cannot be read. */
  #row({profile, seen, problem}: Look): GatewayStatus | null {
    const {logger, paths} = this.#context
    if (problem !== null) {
      logger.incomplete(`${profile}: ${problem}`)
      return unknownStatusOf(this.kind, profile, paths)
    }
    if (seen === null || isExpired(seen, this.#life)) return null
    if (seen.state === 'running' && !seen.supervised) {
      logger.warn(`${profile} runs, but its runner is gone: hermes-svc gateway reconcile puts it under a new one`)
    }
    return gatewayStatusOf(this.kind, profile, seen, paths)
  }
}
