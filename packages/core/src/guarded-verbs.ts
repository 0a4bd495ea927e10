import type {BackendContext} from './backend.js'
import type {Backend} from './backend.js'
import type {ErrorCode} from './errors/error-codes.js'
import {serviceError, type ServiceError} from './errors/service-error.js'
import {foreignRefusal} from './foreign-refusal.js'
import {type Change, GatewayChanger} from './gateway-changer.js'
import {withoutPrivateFields} from './gateway-reader.js'
import {type GatewaySpec, hashSpec} from './gateway-spec.js'
import type {GatewayStatus} from './gateway-status.js'
import type {GuardHost} from './guard-host.js'
import type {
  GuardedInstallOptions,
  GuardedRegisterOptions,
  GuardedRestartOptions,
  GuardedServiceManager,
  GuardedStartOptions,
  GuardedStopOptions,
  Preview,
} from './guarded-service-manager.js'
import {readOne, readRows} from './read-rows.js'
import type {Removed} from './plan.js'
import {assertProfileName} from './profile-name.js'
import type {PutsAside} from './puts-aside.js'
import {type GatewayRecord, type GatewayRequest, RECORD_SCHEMA_VERSION} from './record.js'
import type {RequestResolver} from './request-resolver.js'
import type {InstallOptions, LifecycleOptions, ServiceManager, VerbOptions} from './service-manager.js'
import {undoing} from './undo.js'
import {verbBudgetMs} from './verb-budget.js'

/** What the verbs need of the guard that they are of. */
export interface VerbParts {
  readonly backend: Backend
  readonly context: BackendContext
  readonly host: GuardHost
  /** The backend's own, checked. */
  readonly manager: ServiceManager & Partial<PutsAside>
  readonly guard: Pick<GuardedServiceManager, 'plan' | 'status'>
  readonly resolver: RequestResolver
}

/** The verbs that change something. Imported only for one of them: they are half of what a guard is made of. */
export class GuardedVerbs {
  readonly kind: string
  readonly #backend: Backend
  readonly #context: BackendContext
  readonly #host: GuardHost
  readonly #manager: ServiceManager & Partial<PutsAside>
  readonly #guard: VerbParts['guard']
  readonly #changer: GatewayChanger
  readonly #resolver: RequestResolver

  constructor({backend, context, host, manager, guard, resolver}: VerbParts) {
    this.kind = backend.kind
    this.#backend = backend
    this.#context = context
    this.#host = host
    this.#manager = manager
    this.#guard = guard
    this.#changer = new GatewayChanger(backend, context, host, manager)
    this.#resolver = resolver
  }

  async start(profile: string, options: GuardedStartOptions = {}): Promise<GatewayStatus> {
    return await this.#lifecycle('start', profile, options, async (change, before, record) => {
      if (options.ifWanted === true && (record?.wanted ?? before.wanted) === 'down') return before
      return await this.#changer.bringUp(change, before, record, 'start', options)
    })
  }

  async stop(profile: string, options: GuardedStopOptions = {}): Promise<GatewayStatus> {
    return await this.#lifecycle('stop', profile, options, async (change, before, record) => {
      const wanted = await this.#changer.want(profile, record, 'down')
      return await this.#changer.takeDown(change, before, wanted, options)
    })
  }

  async restart(profile: string, options: GuardedRestartOptions = {}): Promise<GatewayStatus> {
    if (options.drain === true) return await this.#drain(profile, options)
    return await this.#lifecycle('restart', profile, options, (change, before, record) =>
      this.#changer.bringUp(change, before, record, 'restart', options),
    )
  }

  async preview(request: GatewayRequest, options: InstallOptions, signal: AbortSignal): Promise<Preview> {
    assertProfileName(request.profile, this.#context.platform)
    const rows = await readRows(this.#manager, request.profile, signal)
    const [row = null] = rows
    const prior = this.#host.records.read(request.profile)
    this.#assertInstallable(request.profile, row, prior, options)
    const {spec, warnings} = await this.#resolver.resolveFree(request, prior, options)
    const plan = this.#guard.plan(spec, await this.#manager.facts({signal}))
    const change = !row ? 'create' : this.#isEqual(rows, spec, options) ? 'none' : 'update'
    return {spec, plan, change, warnings: [...warnings, ...plan.notes]}
  }

  async putAside(profile: string, options: VerbOptions): Promise<boolean> {
    const putAside = this.#manager.putAside?.bind(this.#manager)
    if (putAside === undefined) return false
    return await this.#change('install', profile, options, ({deadline}) =>
      deadline.race(putAside(profile, {signal: deadline.signal})),
    )
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
        const written = {...record, mirrored: await this.#changer.tell(profile, wanted)}
        await this.#host.records.write(written)
        const {signal} = change.deadline
        if (!equal && before?.origin === 'foreign') this.#changer.announceStop(before)
        if (!equal) await change.deadline.race(this.#manager.install(spec, {...options, start: false, signal}))
        if (before?.origin === 'foreign') this.#changer.withdrawStop(before)
        const defined = await this.#changer.known(change)
        const settled = equal && defined.state === 'running'
        if (!starts || settled) return withoutPrivateFields(defined)
        const how = defined.pid !== null && changes ? 'restart' : 'start'
        return withoutPrivateFields(await this.#changer.bringUp(change, defined, written, how, options))
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

  async registerProfileGateway(profile: string, options: GuardedRegisterOptions = {}): Promise<GatewayStatus> {
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
        return withoutPrivateFields(
          startNow ? await this.#changer.bringUp(change, defined, null, 'start', options) : defined,
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

  #change<T>(verb: string, profile: string, options: VerbOptions, body: (change: Change) => Promise<T>): Promise<T> {
    const {configuration} = this.#host
    return this.#changer.change(verb, profile, verbBudgetMs(verb, configuration), options, body)
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
      const record = await this.#host.records.readSoon(profile)
      const undo = (): Promise<void> => this.#changer.restoreWanted(change, before, record)
      return withoutPrivateFields(await undoing(() => body(change, before, record), undo, ['HSVC_TIMEOUT']))
    })
  }

  async #drain(profile: string, {wait = true, ...options}: GuardedRestartOptions): Promise<GatewayStatus> {
    const {drainRestart} = await import('./drain-restart.js')
    const shown = async (): Promise<GatewayStatus> => (await this.#guard.status([profile]))[0] as GatewayStatus
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
    const {notes} = this.#guard.plan(resolved.spec, await deadline.race(this.#manager.facts({signal: deadline.signal})))
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

  /** Whether install would change nothing. A definition of somebody else's behind ours is still to be adopted. */
  #isEqual([row, ...others]: readonly GatewayStatus[], spec: GatewaySpec, {force, adopt}: InstallOptions): boolean {
    if (force === true || (adopt === true && others.some(({origin}) => origin === 'foreign'))) return false
    return row?.specHash === hashSpec(spec) && row.origin === 'installed' && row.damaged !== true
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
