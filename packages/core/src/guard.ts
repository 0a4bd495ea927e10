import type {Backend, BackendContext} from './backend.js'
import {createServiceManager, pinCapabilities} from './backend-shape.js'
import {checkCapabilities} from './check-capabilities.js'
import {type Deadline, withDeadline} from './deadline.js'
import type {ErrorCode} from './errors/error-codes.js'
import {serviceError, type ServiceError, toServiceError} from './errors/service-error.js'
import {type Change, GatewayChanger} from './gateway-changer.js'
import {foreignRefusal} from './foreign-refusal.js'
import {type GatewaySpec, hashSpec} from './gateway-spec.js'
import type {GatewayStatus, LogLine} from './gateway-status.js'
import {GatewayReader} from './gateway-reader.js'
import type {GuardHost} from './guard-host.js'
import type {
  GuardedInstallOptions,
  GuardedRegisterOptions,
  GuardedRestartOptions,
  GuardedServiceManager,
  GuardedStartOptions,
  Inspection,
  Preview,
} from './guarded-service-manager.js'
import {readOne, readRows} from './observe.js'
import type {Facts, Plan, Removed} from './plan.js'
import {assertProfileName} from './profile-name.js'
import {type GatewayRecord, type GatewayRequest, RECORD_SCHEMA_VERSION} from './record.js'
import {RequestResolver} from './request-resolver.js'
import type {
  InstallOptions,
  LifecycleOptions,
  LogOptions,
  ReadOptions,
  ServiceManager,
  VerbOptions,
} from './service-manager.js'
import {undoing} from './undo.js'
import {OTHER_VERBS_MS, verbBudgetMs} from './verb-budget.js'

class Guard implements GuardedServiceManager {
  readonly kind: string
  readonly #backend: Backend
  readonly #context: BackendContext
  readonly #host: GuardHost
  readonly #manager: ServiceManager
  readonly #changer: GatewayChanger
  readonly #resolver: RequestResolver
  readonly #reader: GatewayReader

  constructor(given: Backend, context: BackendContext, host: GuardHost) {
    const backend = pinCapabilities(given)
    this.kind = backend.kind
    this.#backend = backend
    this.#context = context
    this.#host = host
    this.#manager = createServiceManager(backend, context)
    this.#changer = new GatewayChanger(backend, context, host, this.#manager)
    this.#resolver = new RequestResolver(backend, context, host, this.#manager)
    this.#reader = new GatewayReader(context, host, this.#manager, this.#resolver)
  }

  async start(profile: string, options: GuardedStartOptions = {}): Promise<GatewayStatus> {
    return await this.#lifecycle('start', profile, options, async (change, before, record) => {
      if (options.ifWanted === true && (record?.wanted ?? before.wanted) === 'down') return before
      return await this.#changer.bringUp(change, before, 'start', options.wait)
    })
  }

  async stop(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    return await this.#lifecycle('stop', profile, options, async (change, before, record) => {
      await this.#changer.want(profile, record, 'down')
      return await this.#changer.takeDown(change, before, options.wait)
    })
  }

  async restart(profile: string, options: GuardedRestartOptions = {}): Promise<GatewayStatus> {
    if (options.drain === true) return await this.#drain(profile, options)
    return await this.#lifecycle('restart', profile, options, (change, before) =>
      this.#changer.bringUp(change, before, 'restart', options.wait),
    )
  }

  async isRunning(profile: string): Promise<boolean> {
    const [status] = await this.status([profile])
    return status?.state === 'running'
  }

  async status(profiles?: readonly string[], options: ReadOptions = {}): Promise<GatewayStatus[]> {
    return await this.#read('status', undefined, options, ({signal}) => this.#reader.read(profiles, signal))
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
    return await this.#read('install', request.profile, options, async ({signal}) => {
      assertProfileName(request.profile, this.#context.platform)
      const rows = await readRows(this.#manager, request.profile, signal)
      const [row = null] = rows
      const prior = this.#host.records.read(request.profile)
      this.#assertInstallable(request.profile, row, prior, options)
      const {spec, warnings} = await this.#resolver.resolveFree(request, prior, options)
      const plan = this.plan(spec, await this.#manager.facts({signal}))
      const change = !row ? 'create' : this.#isEqual(rows, spec, options) ? 'none' : 'update'
      return {spec, plan, change, warnings: [...warnings, ...plan.notes]}
    })
  }

  async install(request: GatewayRequest, options: GuardedInstallOptions = {}): Promise<GatewayStatus> {
    const {profile} = request
    return await this.#change('install', profile, options, async change => {
      const prior = this.#host.records.read(profile)
      const rows = await change.deadline.race(readRows(this.#manager, profile, change.deadline.signal))
      const [before = null] = rows
      this.#assertInstallable(profile, before, prior, options)
      const {spec, request: kept} = await this.#planned(change, request, prior, options)
      if (!before) await this.#assertRoom(change)
      const starts = options.start ?? true
      // What somebody else's definition wants was never asked of us.
      const earlier = before?.origin === 'foreign' ? (prior ?? before) : before
      const wanted = starts ? 'up' : ((options.keepWanted === true ? prior : earlier)?.wanted ?? 'down')
      const record: GatewayRecord = {
        schemaVersion: RECORD_SCHEMA_VERSION,
        profile,
        backend: this.kind,
        wanted,
        request: kept,
        path: spec.env['PATH'] ?? '',
        spec,
      }
      const equal = this.#isEqual(rows, spec, options)
      // To promote what is registered with an equal spec changes the definition only.
      const changes = before?.specHash !== hashSpec(spec) || options.force === true
      const apply = async (): Promise<GatewayStatus> => {
        // Hermes and the record first: killed from here on, the next install or reconcile knows what was asked for.
        this.#host.records.write({...record, mirrored: await this.#changer.tell(profile, wanted)})
        const {signal} = change.deadline
        if (!equal && before?.origin === 'foreign') this.#changer.announceStop(before)
        if (!equal) await change.deadline.race(this.#manager.install(spec, {...options, start: false, signal}))
        if (before?.origin === 'foreign') this.#changer.withdrawStop(before)
        const defined = await this.#changer.known(change)
        const settled = equal && defined.state === 'running'
        if (!starts || settled) return this.#reader.shown(defined)
        const how = defined.pid !== null && changes ? 'restart' : 'start'
        return this.#reader.shown(await this.#changer.bringUp(change, defined, how, options.wait))
      }
      const undo = (failure: ServiceError): Promise<void> => {
        if (!before) adviseWithoutDefinition(failure)
        return this.#changer.restoreDefinition(change, before, prior, spec)
      }
      return await undoing(apply, undo, keptFailures(options))
    })
  }

  async uninstall(profile: string, options: VerbOptions = {}): Promise<Removed> {
    return await this.#change('uninstall', profile, options, async change => {
      const {records} = this.#host
      const row = await change.deadline.race(readOne(this.#manager, profile, change.deadline.signal))
      if (row?.origin === 'foreign') throw foreignRefusal(row, '; then uninstall removes it')
      const record = records.read(profile)
      const apply = async (): Promise<Removed> => {
        const removed = await (row ? this.#changer.remove(change, row) : this.#changer.removeParts(change))
        if (record && record.backend !== this.kind) return removed
        const path = records.remove(profile)
        return record ? {...removed, removed: [...removed.removed, path]} : removed
      }
      return await undoing(apply, () => this.#changer.restoreDefinition(change, row, record))
    })
  }

  supportsRuntimeRegistration(): boolean {
    return this.#backend.capabilities.runtimeRegistration
  }

  async registerProfileGateway(profile: string, options: GuardedRegisterOptions = {}): Promise<GatewayStatus> {
    if (!this.supportsRuntimeRegistration()) throw this.#unsupported('register', profile)
    return await this.#change('register', profile, options, async change => {
      const row = await change.deadline.race(readOne(this.#manager, profile, change.deadline.signal))
      if (row?.origin === 'foreign') throw foreignRefusal(row)
      if (row ?? this.#host.records.read(profile)) {
        throw serviceError('HSVC_ALREADY_EXISTS', `${profile} is ${row?.origin ?? 'installed'} already`, {
          hint: `hermes-svc gateway ${row?.origin === 'registered' ? 'unregister' : 'uninstall'} ${profile}`,
        })
      }
      const {port, extraEnv, startNow = true, request} = options
      const asked = {...request, profile, ...(port === undefined ? {} : {port})}
      const wanted = extraEnv ? {...asked, env: {...asked.env, ...extraEnv}} : asked
      const {spec} = await this.#planned(change, wanted, null, {...options, start: startNow})
      await this.#assertRoom(change)
      const apply = async (): Promise<GatewayStatus> => {
        const definition = {...options, spec, startNow: false, signal: change.deadline.signal}
        await change.deadline.race(this.#manager.registerProfileGateway(profile, definition))
        const defined = await this.#changer.known(change)
        return this.#reader.shown(
          startNow ? await this.#changer.bringUp(change, defined, 'start', options.wait) : defined,
        )
      }
      const undo = (failure: ServiceError): Promise<void> => {
        adviseWithoutDefinition(failure)
        return this.#changer.restoreDefinition(change, null, null)
      }
      return await undoing(apply, undo, keptFailures(options))
    })
  }

  async unregisterProfileGateway(profile: string, options: VerbOptions = {}): Promise<void> {
    if (!this.supportsRuntimeRegistration()) throw this.#unsupported('unregister', profile)
    await this.#change('unregister', profile, options, async change => {
      const row = await change.deadline.race(readOne(this.#manager, profile, change.deadline.signal))
      if (row?.origin === 'foreign') throw foreignRefusal(row)
      if (row?.origin === 'installed' || this.#host.records.read(profile)) {
        throw serviceError('HSVC_ALREADY_EXISTS', `${profile} is installed, not just registered`, {
          hint: `hermes-svc gateway uninstall ${profile}`,
        })
      }
      if (!row) return
      const undo = (): Promise<void> => this.#changer.restoreDefinition(change, row, null)
      await undoing(() => this.#changer.remove(change, row), undo)
    })
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

  #change<T>(verb: string, profile: string, options: VerbOptions, body: (change: Change) => Promise<T>): Promise<T> {
    const {configuration} = this.#host
    return this.#mapped(verb, profile, () =>
      this.#changer.change(verb, profile, verbBudgetMs(verb, configuration), options, body),
    )
  }

  /** start, stop and restart: of a gateway that is there; what was wanted comes back unless the verb only ran out of time. */
  #lifecycle(
    verb: string,
    profile: string,
    options: LifecycleOptions,
    body: (change: Change, before: GatewayStatus, record: GatewayRecord | null) => Promise<GatewayStatus>,
  ): Promise<GatewayStatus> {
    return this.#change(verb, profile, options, async change => {
      const before = await this.#changer.known(change)
      const record = this.#host.records.read(profile)
      const undo = (): Promise<void> => this.#changer.restoreWanted(change, before, record)
      return this.#reader.shown(await undoing(() => body(change, before, record), undo, ['HSVC_TIMEOUT']))
    })
  }

  async #drain(profile: string, {wait = true, ...options}: GuardedRestartOptions): Promise<GatewayStatus> {
    const {drainRestart} = await import('./drain-restart.js')
    const shown = async (): Promise<GatewayStatus> => (await this.status([profile]))[0] as GatewayStatus
    return await this.#lifecycle('drain', profile, options, (change, before) =>
      this.#changer.restartBy(change, before, parts => drainRestart({...parts, before, shown}, wait)),
    )
  }

  async #planned(
    {deadline}: Change,
    request: GatewayRequest,
    prior: GatewayRecord | null,
    options: GuardedInstallOptions,
  ): Promise<{spec: GatewaySpec; request: GatewayRequest}> {
    const resolved = await deadline.race(this.#resolver.resolveFree(request, prior, options))
    const {notes} = this.plan(resolved.spec, await deadline.race(this.#manager.facts({signal: deadline.signal})))
    for (const warning of [...resolved.warnings, ...notes]) this.#context.logger.warn(`${request.profile}: ${warning}`)
    return resolved
  }

  async #assertRoom({deadline}: Change): Promise<void> {
    const {maxGateways} = this.#backend.capabilities
    if (
      maxGateways === null ||
      (await deadline.race(this.#manager.status(undefined, {signal: deadline.signal}))).length < maxGateways
    )
      return
    throw serviceError('HSVC_CAPACITY', `${this.kind} holds at most ${String(maxGateways)} gateways, and has them`, {
      hint: 'uninstall one, or choose another backend with --backend',
    })
  }

  #assertInstallable(
    profile: string,
    row: GatewayStatus | null,
    record: GatewayRecord | null,
    options: GuardedInstallOptions,
  ): void {
    if (row?.origin === 'foreign' && options.adopt !== true) throw foreignRefusal(row)
    if (!record || record.backend === this.kind || options.rehome === true) return
    throw serviceError('HSVC_ALREADY_EXISTS', `${profile} is installed in ${record.backend}, not in ${this.kind}`, {
      hint: `hermes-svc gateway uninstall ${profile} --backend ${record.backend}; where that is gone, hermes-svc gateway reconcile --backend ${this.kind}`,
    })
  }

  /** Whether the gateway would run as another account than the one that asks; one that is not known is another. */
  #changesAccount({account}: GatewaySpec): boolean {
    return account !== null && this.#host.accountNamed(account)?.uid !== this.#context.caller.uid
  }

  /** Whether install would change nothing. A definition of somebody else's behind ours is still to be adopted. */
  #isEqual([row, ...others]: readonly GatewayStatus[], spec: GatewaySpec, {force, adopt}: InstallOptions): boolean {
    if (force === true || (adopt === true && others.some(({origin}) => origin === 'foreign'))) return false
    return row?.specHash === hashSpec(spec) && row.origin === 'installed' && row.damaged !== true
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

function keptFailures({keepFailed}: {readonly keepFailed?: boolean}): readonly ErrorCode[] {
  return keepFailed === true ? ['HSVC_START_FAILED'] : []
}

/** When a first install or register is undone there is no gateway any more to ask for its log. */
function adviseWithoutDefinition(failure: ServiceError): void {
  if (failure.code !== 'HSVC_START_FAILED') return
  Object.assign(failure, {hint: 'Nothing of it was kept: mend what its last lines say, then do it again'})
}

/** Wraps a backend, so that validation, locks, deadlines, observation and undoing are the same for every init system. */
export function guard(backend: Backend, context: BackendContext, host: GuardHost): GuardedServiceManager {
  return new Guard(backend, context, host)
}
