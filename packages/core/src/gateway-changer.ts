import type {Backend, BackendContext} from './backend.js'
import {type Deadline, withDeadline} from './deadline.js'
import type {DrainParts} from './drain-restart.js'
import {serviceError, toServiceError} from './errors/service-error.js'
import {withLock} from './fs/lock.js'
import {type Run, soon} from './fs/shared-rights.js'
import {type GatewaySpec, hashSpec} from './gateway-spec.js'
import type {GatewayStatus, Wanted} from './gateway-status.js'
import type {GuardHost} from './guard-host.js'
import type {GuardedStopOptions, BringUpOptions} from './guarded-service-manager.js'
import {notFound, recordedOnly} from './missing-gateway.js'
import {observe, settledDown, settledForRemoval, settledUp} from './observe.js'
import type {Removed} from './plan.js'
import {assertProfileName} from './profile-name.js'
import {readOne, readRows} from './read-rows.js'
import type {GatewayRecord} from './record.js'
import {rivalWarnings} from './rival-warnings.js'
import type {LifecycleOptions, ServiceManager, VerbOptions} from './service-manager.js'

/** A change under way: it holds the lock of its gateway. */
export interface Change {
  readonly verb: string
  readonly profile: string
  readonly deadline: Deadline
  /** Remembers a status, so that a timeout can tell the state seen last. */
  readonly saw: (status: GatewayStatus) => void
  /** What Hermes had noted as wanted before; null: nothing. */
  readonly desiredState: string | null
}

/** How long an undo may take after a deadline. Milliseconds. */
const UNDO_GRACE_MS = 5000
/** What is left of the wait when the lock is given up: then the answer is HSVC_BUSY with its holder, not HSVC_TIMEOUT. */
const LOCK_MARGIN_MS = 100
const LOG_TAIL_LINES = 10
const LOG_TAIL_MS = 2000

/** The steps that verbs are made of: lock and deadline around a change, up, down, wanted, remove. */
export class GatewayChanger {
  readonly #backend: Backend
  readonly #context: BackendContext
  readonly #host: GuardHost
  readonly #manager: ServiceManager
  /** Does work in the profile root. */
  readonly #run: Run

  constructor(backend: Backend, context: BackendContext, host: GuardHost, manager: ServiceManager) {
    this.#backend = backend
    this.#context = context
    this.#host = host
    this.#manager = manager
    this.#run = host.run ?? (work => work())
  }

  /** Validates the name, takes the gateway's lock, and bounds the body by a deadline. */
  async change<T>(
    verb: string,
    profile: string,
    budgetMs: number,
    options: VerbOptions,
    body: (change: Change) => Promise<T>,
  ): Promise<T> {
    const {clock, signal, platform} = this.#context
    assertProfileName(profile, platform)
    const {lock = withLock, lockDirectory, run, hermes} = this.#host
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
    const onGraceOver = (reason: unknown): Error =>
      serviceError('HSVC_ROLLBACK_FAILED', `${toServiceError(reason).message}; undoing it did not end either`, {
        cause: reason,
        remains: [last?.definition ?? profile],
        hint: `hermes-svc gateway status ${profile}`,
      })
    const signals = [signal, options.signal]
    const bounds = {timeoutMs, clock, signals, onTimeout, graceMs: UNDO_GRACE_MS, onGraceOver}
    return await withDeadline(bounds, async deadline => {
      const lockMs = Math.max(0, deadline.remainingMs() - LOCK_MARGIN_MS)
      const waits = {timeoutMs: lockMs, signal: deadline.signal, clock, verb, ...(run ? {run} : {})}
      return await lock(lockDirectory, profile, waits, async () => {
        const desiredState = await soon(this.#run, () => hermes?.desiredState(profile) ?? null)
        return await body({verb, profile, deadline, saw, desiredState})
      })
    })
  }

  /** The gateway's status, with a warning of rivals. Throws HSVC_NOT_FOUND, or HSVC_NOT_SUPERVISED where only its record is there. */
  async known({profile, saw, deadline}: Change): Promise<GatewayStatus> {
    const rows = await deadline.race(readRows(this.#manager, profile, deadline.signal))
    for (const warning of rivalWarnings(rows)) this.#context.logger.warn(warning)
    const [row] = rows
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

  /**
   * Starts or restarts, and waits until the same process has settled. `record` is as it stands. Rejects HSVC_START_FAILED with
   * the log's tail.
   */
  async bringUp(
    change: Change,
    before: GatewayStatus,
    record: GatewayRecord | null,
    how: 'start' | 'restart',
    {wait = true, onWaiting}: BringUpOptions & Pick<LifecycleOptions, 'wait'>,
  ): Promise<GatewayStatus> {
    const {profile, deadline} = change
    await this.want(profile, record, 'up')
    if (how === 'restart') this.announceStop(before)
    await deadline.race(this.#manager[how](profile, {signal: deadline.signal}))
    if (!wait) return await this.known(change)
    onWaiting?.()
    const notPid = how === 'restart' ? before.pid : null
    const decide = settledUp(before, this.#settleMs(record), this.#context.clock, notPid)
    const up = await this.#tellingLog(change, () => this.#observe(change, decide))
    await this.#isTold(profile, notPid, 'up')
    return up
  }

  /** Has it restarted by another way than the backend's own: what that needs, and the log's tail when it fails. */
  async restartBy(
    change: Change,
    {ownCommand}: GatewayStatus,
    how: (parts: Omit<DrainParts, 'before' | 'shown'>) => Promise<GatewayStatus>,
  ): Promise<GatewayStatus> {
    const {clock, platform} = this.#context
    const record = this.#host.records.read(change.profile)
    const parts = {
      observation: {...change, manager: this.#manager, clock},
      settleMs: this.#settleMs(record),
      reach: this.#host.reach,
      platform,
      isHermes: record ? record.request.argv === undefined : ownCommand === false,
    }
    return await this.#tellingLog(change, () => how(parts))
  }

  /** Stops, and waits until there is no process. `record` is as it stands. */
  async takeDown(
    change: Change,
    before: GatewayStatus,
    record: GatewayRecord | null,
    {wait = true, onWaiting}: GuardedStopOptions = {},
  ): Promise<GatewayStatus> {
    await this.#sendStop(change, before)
    onWaiting?.()
    const down = await this.#observe(change, status => {
      // A definition whose file was removed by hand goes with its process; its record tells the rest.
      if (!status && record?.backend === this.#backend.kind) return recordedOnly(record)
      return status && !wait ? status : settledDown(status)
    })
    if (down.pid === null) await this.#isTold(change.profile, before.pid, 'down')
    return down
  }

  /** Stops what runs, removes the definition, and waits until it is gone. */
  async remove(change: Change, row: GatewayStatus): Promise<Removed> {
    const {profile, deadline} = change
    await this.tell(profile, 'down')
    if (row.pid !== null || row.wanted === 'up') {
      await this.#sendStop(change, row)
      await this.#observe(change, status => status === null || settledForRemoval(status))
    }
    const removed = await deadline.race(this.#manager.uninstall(profile, {signal: deadline.signal}))
    // Another definition of the profile, in another scope or of another service, comes first now and stays.
    const isLeft = (now: GatewayStatus | null): boolean => now?.scope === row.scope && now.service === row.service
    await this.#observe(change, status => (isLeft(status) ? undefined : true))
    await this.#isTold(profile, row.pid, 'down')
    this.#host.hermes?.forget(profile)
    return removed
  }

  /** Removes what the backend may have of a gateway without a definition: parts of one that was emptied or killed half-way. */
  async removeParts({profile, deadline}: Change): Promise<Removed> {
    await this.tell(profile, 'down')
    const removed = await deadline.race(this.#manager.uninstall(profile, {signal: deadline.signal}))
    this.#host.hermes?.forget(profile)
    return removed
  }

  /** Tells Hermes what is wanted, and writes it into the record, where there is one of this backend. Gives the record as it stands then. */
  async want(profile: string, record: GatewayRecord | null, wanted: Wanted): Promise<GatewayRecord | null> {
    // Hermes first: killed in between, the next reconcile takes what it says for the later wish.
    const mirrored = await this.tell(profile, wanted)
    if (record?.backend !== this.#backend.kind) return record
    if (record.wanted === wanted && (record.mirrored ?? false) === mirrored) return record
    const now = {...record, wanted, mirrored}
    await this.#host.records.write(now)
    return now
  }

  /** Notes in Hermes' state what is wanted; whether it stands there. */
  async tell(profile: string, wanted: Wanted): Promise<boolean> {
    return (await this.#host.hermes?.mirror(profile, wanted)) ?? false
  }

  /** Tells the gateway, before any signal to it, that it is stopped on purpose. */
  announceStop({profile, pid}: GatewayStatus): void {
    this.#host.hermes?.announceStop(profile, pid)
  }

  /** Takes that back, once the process has ended or is not stopped after all. */
  withdrawStop({profile, pid}: GatewayStatus): void {
    this.#host.hermes?.withdrawStop(profile, pid)
  }

  /** Puts wanted back, in the init system, in Hermes' state and in the record, after a start, stop or restart was rejected. */
  async restoreWanted({desiredState}: Change, before: GatewayStatus, record: GatewayRecord | null): Promise<void> {
    this.withdrawStop(before)
    await this.#wantedAgain(before)
    await this.#host.hermes?.restore(before.profile, desiredState)
    if (record) await this.#recordAgain(before.profile, record)
  }

  /**
   * Puts the definition and the record back to what they were before a verb was rejected that may have changed them.
   * `made` is the spec that the verb was about to define.
   */
  async restoreDefinition(
    {profile, desiredState}: Change,
    before: GatewayStatus | null,
    prior: GatewayRecord | null,
    made: GatewaySpec | null = null,
  ): Promise<void> {
    let now = before
    if (before) this.withdrawStop(before)
    try {
      now = await readOne(this.#manager, profile)
      if (before) await this.#definitionAgain(before, now, [prior?.spec, made])
      else if (now) {
        await this.#bareStop(now)
        await this.#manager.uninstall(profile)
      }
      await this.#host.hermes?.restore(profile, desiredState)
      await this.#recordAgain(profile, prior)
    } catch (error) {
      throw toServiceError(error, {remains: [now?.definition ?? profile]})
    }
  }

  async #sendStop({profile, deadline}: Change, row: GatewayStatus): Promise<void> {
    this.announceStop(row)
    await deadline.race(this.#manager.stop(profile, {signal: deadline.signal}))
  }

  /** Stops it outside of a verb, to undo one. */
  async #bareStop(row: GatewayStatus): Promise<void> {
    this.announceStop(row)
    await this.#manager.stop(row.profile)
  }

  /** Makes sure of what Hermes' state says: the process that has `ended` may have written back what it had read before. */
  async #isTold(profile: string, ended: number | null, wanted: Wanted): Promise<void> {
    const {hermes} = this.#host
    // In this order: whoever asks first is first.
    await Promise.all([soon(this.#run, () => hermes?.withdrawStop(profile, ended)), this.tell(profile, wanted)])
  }

  #settleMs(record: GatewayRecord | null): number {
    return record?.spec.settleMs ?? this.#host.configuration.start.settleMs
  }

  /** Adds the log's tail to HSVC_START_FAILED. */
  async #tellingLog<T>(change: Change, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const failure = toServiceError(error)
      if (failure.code === 'HSVC_START_FAILED') Object.assign(failure, {logTail: await this.#logTail(change)})
      throw failure
    }
  }

  #observe<T>(change: Change, decide: (status: GatewayStatus | null) => T | undefined): Promise<T> {
    return observe({...change, manager: this.#manager, clock: this.#context.clock}, decide)
  }

  async #definitionAgain(
    before: GatewayStatus,
    now: GatewayStatus | null,
    known: readonly (GatewaySpec | null | undefined)[],
  ): Promise<void> {
    const {profile, origin, specHash, wanted} = before
    if (now?.specHash === specHash && now?.origin === origin) {
      await this.#wantedAgain(before)
      return
    }
    // Only a spec that hashes to what stood is put back: a record may be out of date, and others may have written it.
    const spec = known.find(candidate => candidate && hashSpec(candidate) === specHash)
    if (!spec || origin === 'foreign') {
      throw serviceError('HSVC_ROLLBACK_FAILED', `${profile}: what its earlier definition was made from is not known`)
    }
    if (origin === 'installed') await this.#manager.install(spec, {start: false})
    else {
      await this.#manager.uninstall(profile)
      await this.#manager.registerProfileGateway(profile, {spec, startNow: false})
    }
    if (wanted === 'down') await this.#bareStop(now ?? before)
    else {
      if (now) this.announceStop(now)
      await this.#manager[before.pid === null ? 'start' : 'restart'](profile)
    }
  }

  async #wantedAgain(before: GatewayStatus): Promise<void> {
    const now = await readOne(this.#manager, before.profile)
    if (!now || now.wanted === before.wanted) return
    if (before.wanted === 'down') await this.#bareStop(now)
    else await this.#manager.start(before.profile)
  }

  async #recordAgain(profile: string, prior: GatewayRecord | null): Promise<void> {
    const {records} = this.#host
    if (!prior) records.remove(profile)
    // On a full disk the old record still stands, and writing it once more would fail.
    else if (JSON.stringify(records.read(profile)) !== JSON.stringify(prior)) await records.write(prior)
  }

  async #logTail({profile, deadline}: Change): Promise<string[]> {
    const tail: string[] = []
    if (this.#backend.capabilities.logs === 'none') return tail
    const onTimeout = (): Error => serviceError('HSVC_TIMEOUT', 'there was no answer')
    const bounds = {timeoutMs: LOG_TAIL_MS, clock: this.#context.clock, signals: [deadline.signal], onTimeout}
    try {
      await withDeadline(bounds, async ({signal}) => {
        for await (const line of this.#manager.logs(profile, {lines: LOG_TAIL_LINES, signal})) tail.push(line.text)
      })
    } catch (error) {
      this.#context.logger.warn(`${profile}: its log could not be read: ${(error as Error).message}`)
    }
    return tail.slice(-LOG_TAIL_LINES)
  }
}
