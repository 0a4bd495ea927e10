import type {Backend, BackendContext} from './backend.js'
import {type Deadline, withDeadline} from './deadline.js'
import {serviceError, toServiceError} from './errors/service-error.js'
import {withLock} from './fs/lock.js'
import type {GatewayStatus, Wanted} from './gateway-status.js'
import type {GuardHost} from './guard-host.js'
import {notFound} from './missing-gateway.js'
import {observe, readOne, settledDown, settledUp} from './observe.js'
import type {Removed} from './plan.js'
import {assertProfileName} from './profile-name.js'
import type {GatewayRecord} from './record.js'
import type {ServiceManager, VerbOptions} from './service-manager.js'

/** A change under way: it holds the lock of its gateway. */
export interface Change {
  readonly verb: string
  readonly profile: string
  readonly deadline: Deadline
  /** Remembers a status, so that a timeout can tell the state seen last. */
  readonly saw: (status: GatewayStatus) => void
}

/** How long an undo may take after a deadline. Milliseconds. */
const UNDO_GRACE_MS = 5000
const LOG_TAIL_LINES = 10

/** The steps that verbs are made of: lock and deadline around a change, up, down, wanted, remove. */
export class GatewayChanger {
  readonly #backend: Backend
  readonly #context: BackendContext
  readonly #host: GuardHost
  readonly #manager: ServiceManager

  constructor(backend: Backend, context: BackendContext, host: GuardHost, manager: ServiceManager) {
    this.#backend = backend
    this.#context = context
    this.#host = host
    this.#manager = manager
  }

  /** Validates the name, takes the gateway's lock, and bounds the body by a deadline. */
  async change<T>(
    verb: string,
    profile: string,
    budgetMs: number,
    options: VerbOptions,
    body: (change: Change) => Promise<T>,
  ): Promise<T> {
    assertProfileName(profile)
    const {clock, signal} = this.#context
    const {lock = withLock, lockDirectory, run} = this.#host
    const timeoutMs = options.timeoutMs ?? budgetMs
    let last: GatewayStatus | undefined
    const saw = (status: GatewayStatus): void => {
      last = status
    }
    const onTimeout = (): Error => {
      const seen = last ? `; it is ${last.state}` : ''
      return serviceError(
        'HSVC_TIMEOUT',
        `${verb} of ${profile} was not done after ${String(timeoutMs / 1000)} s${seen}`,
        {
          hint: `hermes-svc gateway status ${profile}`,
          ...(last ? {state: last.state, lastExit: last.lastExit} : {}),
        },
      )
    }
    const bounds = {timeoutMs, clock, signals: [signal, options.signal], onTimeout, graceMs: UNDO_GRACE_MS}
    return await withDeadline(bounds, async deadline => {
      const waits = {timeoutMs: deadline.remainingMs(), signal: deadline.signal, clock, ...(run ? {run} : {})}
      return await lock(lockDirectory, profile, waits, () => body({verb, profile, deadline, saw}))
    })
  }

  /** The gateway's status. Throws HSVC_NOT_FOUND, or HSVC_NOT_SUPERVISED where only its record is there. */
  async known({profile, saw, deadline}: Change): Promise<GatewayStatus> {
    const row = await deadline.race(readOne(this.#manager, profile))
    if (row) {
      saw(row)
      return row
    }
    const record = this.#host.records.read(profile)
    if (record?.backend !== this.#backend.kind) throw notFound(profile, this.#context.paths.root)
    throw serviceError('HSVC_NOT_SUPERVISED', `${profile} is recorded but not defined in ${record.backend}`, {
      hint: 'hermes-svc gateway reconcile',
    })
  }

  /** Starts or restarts, and waits until the same process has settled. Rejects HSVC_START_FAILED with the log's tail. */
  async bringUp(change: Change, before: GatewayStatus, how: 'start' | 'restart', wait = true): Promise<GatewayStatus> {
    const {profile, deadline} = change
    const record = this.#host.records.read(profile)
    this.want(record, 'up')
    await deadline.race(this.#manager[how](profile, {signal: deadline.signal}))
    if (!wait) return await this.known(change)
    const settleMs = record?.spec.settleMs ?? this.#host.configuration.start.settleMs
    const {clock} = this.#context
    try {
      return await observe(
        {...change, manager: this.#manager, clock},
        settledUp(before, settleMs, clock, how === 'restart' ? before.pid : null),
      )
    } catch (error) {
      const failure = toServiceError(error)
      if (failure.code === 'HSVC_START_FAILED') Object.assign(failure, {logTail: await this.#logTail(profile)})
      throw failure
    }
  }

  /** Stops, and waits until there is no process. */
  async takeDown(change: Change, wait = true): Promise<GatewayStatus> {
    const {profile, deadline} = change
    await deadline.race(this.#manager.stop(profile, {signal: deadline.signal}))
    return wait
      ? await observe({...change, manager: this.#manager, clock: this.#context.clock}, settledDown)
      : await this.known(change)
  }

  /** Stops what runs, removes the definition, and waits until it is gone. */
  async remove(change: Change, row: GatewayStatus): Promise<Removed> {
    const {profile, deadline} = change
    if (row.pid !== null || row.wanted === 'up') await this.takeDown(change)
    const removed = await deadline.race(this.#manager.uninstall(profile, {signal: deadline.signal}))
    const gone = (status: GatewayStatus | null): true | undefined => (status ? undefined : true)
    await observe({...change, manager: this.#manager, clock: this.#context.clock}, gone)
    return removed
  }

  /** Writes what is wanted into the record, where there is one of this backend. */
  want(record: GatewayRecord | null, wanted: Wanted): void {
    if (record?.backend === this.#backend.kind && record.wanted !== wanted)
      this.#host.records.write({...record, wanted})
  }

  /** Puts wanted back, in the init system and in the record, after a start, stop or restart was rejected. */
  async restoreWanted(before: GatewayStatus, record: GatewayRecord | null): Promise<void> {
    await this.#wantedAgain(before)
    if (record) this.#host.records.write(record)
  }

  /** Puts the definition and the record back to what they were before an install or register was rejected. */
  async restoreDefinition(profile: string, before: GatewayStatus | null, prior: GatewayRecord | null): Promise<void> {
    const now = await readOne(this.#manager, profile)
    if (!before && now) {
      await this.#manager.stop(profile)
      await this.#manager.uninstall(profile)
    } else if (before && prior && now?.specHash !== before.specHash) {
      await this.#manager.install(prior.spec, {start: false})
      if (before.wanted === 'up') await this.#manager[before.pid === null ? 'start' : 'restart'](profile)
      else await this.#manager.stop(profile)
    } else if (before && now?.specHash !== before.specHash) {
      throw serviceError(
        'HSVC_ROLLBACK_FAILED',
        `${profile} had no record, so its earlier definition cannot be put back`,
        {
          remains: [now?.definition ?? profile],
        },
      )
    } else if (before) {
      await this.#wantedAgain(before)
    }
    if (prior) this.#host.records.write(prior)
    else this.#host.records.remove(profile)
  }

  async #wantedAgain(before: GatewayStatus): Promise<void> {
    const now = await readOne(this.#manager, before.profile)
    if (now && now.wanted !== before.wanted)
      await this.#manager[before.wanted === 'down' ? 'stop' : 'start'](before.profile)
  }

  async #logTail(profile: string): Promise<string[]> {
    const tail: string[] = []
    if (this.#backend.capabilities.logs === 'none') return tail
    try {
      for await (const line of this.#manager.logs(profile, {lines: LOG_TAIL_LINES})) tail.push(line.text)
    } catch (error) {
      this.#context.logger.warn(`${profile}: its log could not be read: ${(error as Error).message}`)
    }
    return tail.slice(-LOG_TAIL_LINES)
  }
}
