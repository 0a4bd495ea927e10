import type {Backend, BackendContext} from './backend.js'
import {checkCapabilities} from './check-capabilities.js'
import {type Deadline, withDeadline} from './deadline.js'
import {serviceError, type ServiceError, toServiceError} from './errors/service-error.js'
import type {GatewaySpec} from './gateway-spec.js'
import type {GatewayStatus, LogLine} from './gateway-status.js'
import {GatewayReader} from './gateway-reader.js'
import type {GuardHost} from './guard-host.js'
import type {
  GuardedInstallOptions,
  GuardedRegisterOptions,
  GuardedRestartOptions,
  GuardedServiceManager,
  GuardedStartOptions,
  GuardedStopOptions,
  Inspection,
  Preview,
} from './guarded-service-manager.js'
import type {GuardedVerbs} from './guarded-verbs.js'
import {readOne} from './read-rows.js'
import type {Facts, Plan, Removed} from './plan.js'
import type {GatewayRequest} from './record.js'
import type {RequestResolver} from './request-resolver.js'
import type {InstallOptions, LogOptions, ReadOptions, ServiceManager, VerbOptions} from './service-manager.js'
import {createServiceManager, pinCapabilities} from './take-backend.js'
import {OTHER_VERBS_MS} from './verb-budget.js'

class Guard implements GuardedServiceManager {
  readonly kind: string
  readonly #backend: Backend
  readonly #context: BackendContext
  readonly #host: GuardHost
  readonly #manager: ServiceManager
  readonly #reader: GatewayReader
  #resolving: Promise<RequestResolver> | undefined

  constructor(given: Backend, context: BackendContext, host: GuardHost) {
    const backend = pinCapabilities(given)
    this.kind = backend.kind
    this.#backend = backend
    this.#context = context
    this.#host = host
    this.#manager = createServiceManager(backend, context, host.isBundled === true)
    this.#reader = new GatewayReader(context, host, this.#manager, () => this.#resolver())
  }

  async start(profile: string, options: GuardedStartOptions = {}): Promise<GatewayStatus> {
    const {findUpheld} = await import('./upheld.js')
    const upheld = await this.#mapped('start', profile, () =>
      Promise.resolve(findUpheld(this.#manager, this.#context, this.#host, profile, options)),
    )
    if (upheld !== null) return upheld
    return await this.#change('start', profile, verbs => verbs.start(profile, options))
  }

  async stop(profile: string, options: GuardedStopOptions = {}): Promise<GatewayStatus> {
    return await this.#change('stop', profile, verbs => verbs.stop(profile, options))
  }

  async restart(profile: string, options: GuardedRestartOptions = {}): Promise<GatewayStatus> {
    const verb = options.drain === true ? 'drain' : 'restart'
    return await this.#change(verb, profile, verbs => verbs.restart(profile, options))
  }

  async isRunning(profile: string): Promise<boolean> {
    const [status] = await this.status([profile])
    return status?.state === 'running'
  }

  async status(profiles?: readonly string[], options: ReadOptions = {}): Promise<GatewayStatus[]> {
    return await this.#read('status', undefined, options, deadline => this.#reader.read(profiles, deadline))
  }

  async *logs(profile: string, options: LogOptions = {}): AsyncGenerator<LogLine, void, undefined> {
    const {logs, follow} = this.#backend.capabilities
    if (logs === 'none') throw this.#unsupported('logs', profile)
    if (options.follow === true && !follow) throw this.#unsupported('logs --follow', profile)
    await this.status([profile])
    try {
      const {clock, signal} = this.#context
      const signals = [signal, options.signal]
      const bounds = {clock, signals, patienceMs: OTHER_VERBS_MS, noAnswer: this.#noAnswer(OTHER_VERBS_MS)}
      const {boundedLines} = await import('./bounded-lines.js')
      yield* boundedLines(this.#manager.logs(profile, options), options.follow === true, bounds)
    } catch (error) {
      throw toServiceError(error, {backend: this.kind, verb: 'logs', profile})
    }
  }

  async facts(options: ReadOptions = {}): Promise<Facts> {
    return await this.#read('facts', undefined, options, ({signal}) => this.#manager.facts({signal}))
  }

  plan(spec: GatewaySpec, facts: Facts): Plan {
    try {
      const notes = checkCapabilities(this.kind, spec, this.#backend.capabilities, this.#changesAccount(spec))
      const plan = this.#manager.plan(spec, facts)
      return {...plan, notes: [...notes, ...plan.notes]}
    } catch (error) {
      throw toServiceError(error, {backend: this.kind, verb: 'plan', profile: spec.profile})
    }
  }

  async preview(request: GatewayRequest, options: InstallOptions = {}): Promise<Preview> {
    return await this.#read('install', request.profile, options, async ({signal}) =>
      (await this.#verbs()).preview(request, options, signal),
    )
  }

  async install(request: GatewayRequest, options: GuardedInstallOptions = {}): Promise<GatewayStatus> {
    return await this.#change('install', request.profile, verbs => verbs.install(request, options))
  }

  async uninstall(profile: string, options: VerbOptions = {}): Promise<Removed> {
    return await this.#change('uninstall', profile, verbs => verbs.uninstall(profile, options))
  }

  supportsRuntimeRegistration(): boolean {
    return this.#backend.capabilities.runtimeRegistration
  }

  async registerProfileGateway(profile: string, options: GuardedRegisterOptions = {}): Promise<GatewayStatus> {
    if (!this.supportsRuntimeRegistration()) throw this.#unsupported('register', profile)
    return await this.#change('register', profile, verbs => verbs.registerProfileGateway(profile, options))
  }

  async unregisterProfileGateway(profile: string, options: VerbOptions = {}): Promise<void> {
    if (!this.supportsRuntimeRegistration()) throw this.#unsupported('unregister', profile)
    await this.#change('unregister', profile, verbs => verbs.unregisterProfileGateway(profile, options))
  }

  async listProfileGateways(): Promise<string[]> {
    if (!this.supportsRuntimeRegistration()) return []
    return await this.#read('list', undefined, {}, async () => (await this.#manager.listProfileGateways()).sort())
  }

  async inspect(profile: string): Promise<Inspection> {
    return await this.#read('status', profile, {}, async ({signal}) => {
      const {ownCommand = null, damaged = false} = (await readOne(this.#manager, profile, signal)) ?? {}
      return {ownCommand, damaged}
    })
  }

  async putAside(profile: string, options: VerbOptions = {}): Promise<boolean> {
    return await this.#change('install', profile, verbs => verbs.putAside(profile, options))
  }

  async #mapped<T>(verb: string, profile: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toServiceError(error, {backend: this.kind, verb, ...(profile === undefined ? {} : {profile})})
    }
  }

  /** A question to the backend; one that hangs is abandoned. */
  #read<T>(
    verb: string,
    profile: string | undefined,
    options: VerbOptions,
    work: (deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    const {clock, signal} = this.#context
    const {timeoutMs = OTHER_VERBS_MS} = options
    const onTimeout = (): Error => this.#noAnswer(timeoutMs)
    const bounds = {timeoutMs, clock, signals: [signal, options.signal], onTimeout}
    return this.#mapped(verb, profile, () => withDeadline(bounds, work))
  }

  #noAnswer(timeoutMs: number): ServiceError {
    const hint = 'hermes-svc doctor'
    return serviceError('HSVC_TIMEOUT', `${this.kind} did not answer within ${String(timeoutMs / 1000)} s`, {hint})
  }

  #change<T>(verb: string, profile: string, work: (verbs: GuardedVerbs) => Promise<T>): Promise<T> {
    return this.#mapped(verb, profile, async () => await work(await this.#verbs()))
  }

  #resolver(): Promise<RequestResolver> {
    this.#resolving ??= import('./request-resolver.js').then(
      ({RequestResolver}) => new RequestResolver(this.#backend, this.#context, this.#host, this.#manager),
    )
    return this.#resolving
  }

  async #verbs(): Promise<GuardedVerbs> {
    const {GuardedVerbs} = await import('./guarded-verbs.js')
    const parts = {
      backend: this.#backend,
      context: this.#context,
      host: this.#host,
      manager: this.#manager,
      guard: this,
    }
    return new GuardedVerbs({...parts, resolver: await this.#resolver()})
  }

  /** Whether the gateway would run as another account than the one that asks; one that is not known is another. */
  #changesAccount({account}: GatewaySpec): boolean {
    return account !== null && this.#host.accountNamed(account)?.uid !== this.#context.caller.uid
  }

  #unsupported(verb: string, profile: string): ServiceError {
    return serviceError('HSVC_UNSUPPORTED', `the ${this.kind} backend has no ${verb}`, {
      backend: this.kind,
      verb,
      profile,
      hint:
        verb === 'register' ? `hermes-svc gateway install ${profile} works everywhere` : 'see hermes-svc backend list',
    })
  }
}

/** Wraps a backend, so that validation, locks, deadlines, observation and undoing are the same for every init system. */
export function guard(backend: Backend, context: BackendContext, host: GuardHost): GuardedServiceManager {
  return new Guard(backend, context, host)
}
