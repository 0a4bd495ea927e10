import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {
  type BackendContext,
  type GatewaySpec,
  type GatewayStatus,
  type InstallOptions,
  type LifecycleOptions,
  type LogLine,
  type LogOptions,
  type Plan,
  readLogFile,
  type RegisterOptions,
  type Removed,
  type ServiceManager,
  type VerbOptions,
} from '@hermes-svc/core'
import {gatewayStatusOf} from './gateway-status-of.js'
import {planSlot} from './plan-slot.js'
import type {S6Facts} from './s6-facts.js'
import {S6Machine} from './s6-machine.js'
import {SLOT_PREFIX} from './service-directory.js'
import {SlotInstaller} from './slot-installer.js'
import {observeSlot, type SlotObservation, UNREADABLE} from './slot-observation.js'
import {runPid} from './supervise-status.js'

/** Keeps each gateway in a slot of an s6 scan directory. The guard validates, locks, and waits for what these verbs began. */
export class S6ServiceManager implements ServiceManager {
  readonly kind: string
  readonly #context: BackendContext
  readonly #machine: S6Machine
  readonly #installer: SlotInstaller

  /** Throws HSVC_CONFIG_INVALID. */
  constructor(kind: string, context: BackendContext) {
    this.kind = kind
    this.#context = context
    this.#machine = new S6Machine(context)
    this.#installer = new SlotInstaller(context, this.#machine)
  }

  async start(profile: string, {signal}: LifecycleOptions = {}): Promise<GatewayStatus> {
    const {store, supervision} = this.#machine
    const directory = store.directory(profile)
    const seen = this.#known(profile)
    this.#assertReachable(profile, seen)
    await supervision.untilSupervised(directory, signal)
    if (seen.facts === null) {
      // Its ./finish may end with 125 and leave it down, whoever wanted it up meanwhile.
      await supervision.untilFinished(directory, signal)
      await supervision.want(directory, 'u', true, signal)
    } else await this.#wantUp(profile, signal)
    return this.#rowOf(profile)
  }

  async stop(profile: string, {signal}: LifecycleOptions = {}): Promise<GatewayStatus> {
    const seen = this.#known(profile)
    this.#assertReachable(profile, seen)
    await this.#wantDown(profile, seen, signal)
    return this.#rowOf(profile)
  }

  async restart(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    const {store, supervision, tools} = this.#machine
    const directory = store.directory(profile)
    const {facts, status, supervised} = this.#known(profile)
    const pid = supervised === 'yes' ? runPid(status) : null
    if (pid === null) return await this.start(profile, options)
    if (facts === null) tools.command(directory, 'd')
    else {
      store.announceRestart(profile, pid)
      // In one write, so that no kill of this program can leave it down: wanted up, and TERM to the process.
      tools.command(directory, 'Ur')
    }
    await supervision.endRun(directory, pid, facts?.stopTimeoutMs ?? Infinity, options.signal)
    if (facts === null) return await this.start(profile, options)
    // s6-supervise lets a second pass between two starts, unless it is told.
    await supervision.untilFinished(directory, options.signal)
    tools.command(directory, 'U')
    return this.#rowOf(profile)
  }

  async isRunning(profile: string): Promise<boolean> {
    const [row] = await this.status([profile])
    return row?.state === 'running'
  }

  status(profiles?: readonly string[]): Promise<GatewayStatus[]> {
    return Promise.resolve().then(() => {
      const {store} = this.#machine
      if (!store.isThere(store.scandir)) throw this.#noScandir()
      const names = profiles === undefined ? store.profiles() : [...new Set(profiles)].sort()
      return names.flatMap(profile => {
        const row = this.#lookAt(profile)
        if (row === null) return []
        return profiles !== undefined && store.isDamaged(profile) ? {...row, damaged: true} : row
      })
    })
  }

  async *logs(profile: string, options: LogOptions = {}): AsyncGenerator<LogLine, void, undefined> {
    const {clock, paths} = this.#context
    const place = {profile, directory: join(paths.logs, profile)}
    yield* readLogFile(place, {...options, clock, run: this.#machine.home.run})
  }

  facts(): Promise<S6Facts> {
    return Promise.resolve().then(() => this.#machine.facts())
  }

  plan(spec: GatewaySpec, facts: S6Facts): Plan {
    return planSlot(spec, facts, this.#context)
  }

  async install(spec: GatewaySpec, options: InstallOptions = {}): Promise<GatewayStatus> {
    const {profile} = spec
    const seen = this.#observe(profile)
    if (seen?.facts === null) {
      if (options.adopt !== true) throw this.#present(profile, 'was made by somebody else')
      this.#installer.backUp(profile)
      await this.#remove(profile, options.signal)
    }
    await this.#installer.define(spec, 'installed', options.signal)
    return this.#rowOf(profile)
  }

  async uninstall(profile: string, {signal}: VerbOptions = {}): Promise<Removed> {
    const {paths} = this.#context
    const seen = this.#observe(profile)
    if (seen?.facts === null) throw this.#present(profile, 'was made by somebody else')
    const removed = await this.#remove(profile, signal)
    const mayStay = removed.length > 0 ? [join(paths.logs, profile), this.#installer.backups(profile)] : []
    return {profile, removed, kept: this.#machine.home.run(() => mayStay.filter(path => existsSync(path)))}
  }

  supportsRuntimeRegistration(): boolean {
    return true
  }

  async registerProfileGateway(profile: string, options: RegisterOptions = {}): Promise<GatewayStatus> {
    const {spec, startNow = true, signal} = options
    if (spec === undefined) throw this.#context.error('HSVC_INVALID_SPEC', 'spec: expected a resolved spec, got none')
    const seen = this.#observe(profile)
    if (seen !== null) throw this.#present(profile, `is ${seen.facts?.origin ?? 'foreign'} already`)
    await this.#installer.define(spec, 'registered', signal)
    return startNow ? await this.start(profile, options) : this.#rowOf(profile)
  }

  async unregisterProfileGateway(profile: string, options: VerbOptions = {}): Promise<void> {
    if (this.#observe(profile)?.facts?.origin === 'installed') {
      throw this.#context.error('HSVC_ALREADY_EXISTS', `${profile} is installed, not just registered`, {
        hint: `hermes-svc gateway uninstall ${profile}`,
      })
    }
    await this.uninstall(profile, options)
  }

  async listProfileGateways(): Promise<string[]> {
    const rows = await this.status()
    return rows.filter(({origin}) => origin === 'registered').map(({profile}) => profile)
  }

  async #wantUp(profile: string, signal: AbortSignal | undefined): Promise<void> {
    const {store, supervision} = this.#machine
    const directory = store.directory(profile)
    const {status} = this.#known(profile)
    const pid = runPid(status)
    if (pid === null) store.forgive(profile)
    // It is on its way down: its death is not to be judged.
    else if (status?.isWantedUp === false) store.announceRestart(profile, pid)
    await supervision.want(directory, 'U', true, signal)
    if (status?.isFinishing === true && status.pid !== null) {
      await supervision.interruptFinish(directory, store.ownerOf(profile), signal, status.pid)
    }
  }

  async #wantDown(profile: string, {facts, supervised}: SlotObservation, signal?: AbortSignal): Promise<void> {
    const {store, supervision} = this.#machine
    const directory = store.directory(profile)
    if (supervised === 'yes') {
      // d changes the state only; D also leaves the note that outlives the supervisor.
      await supervision.want(directory, facts === null ? 'd' : 'D', false, signal)
      // Somebody else's may have more to do than to wait.
      if (facts !== null) await supervision.interruptFinish(directory, store.ownerOf(profile), signal)
    } else {
      if (facts !== null) store.keepDown(profile)
      await supervision.endStray(directory, store.ownerOf(profile), facts?.stopTimeoutMs ?? 0, signal)
    }
    if (facts !== null) store.forgive(profile)
  }

  /** Stops it, ends its supervisors and deletes it; also what a killed run left of it. Gives what was removed. */
  async #remove(profile: string, signal: AbortSignal | undefined): Promise<string[]> {
    const {store, supervision} = this.#machine
    const directory = store.directory(profile)
    await this.#installer.clear(profile, signal)
    const seen = this.#observe(profile)
    if (seen === null) return []
    this.#assertReachable(profile, seen)
    const {facts, status} = seen
    const pid = runPid(status)
    await this.#wantDown(profile, seen, signal)
    if (pid !== null) await supervision.endRun(directory, pid, facts?.stopTimeoutMs ?? Infinity, signal)
    if (facts === null) await supervision.untilFinished(directory, signal)
    await supervision.interruptFinish(directory, store.ownerOf(profile), signal)
    store.retire(profile)
    await this.#installer.clear(profile, signal)
    return [directory]
  }

  #observe(profile: string): SlotObservation | null {
    const {store, writer} = this.#machine
    const directory = store.directory(profile)
    const seen = writer.run(() => observeSlot(directory, profile))
    // What has our facts is there.
    return seen.facts !== null || store.isThere(directory) ? seen : null
  }

  /** The row of a slot, also of one that we may not look into: one of many must not hide the others. */
  #lookAt(profile: string): GatewayStatus | null {
    let seen: SlotObservation | null
    try {
      seen = this.#observe(profile)
    } catch (error) {
      const {code, message} = error as NodeJS.ErrnoException
      if (code !== 'EACCES' && code !== 'EPERM') throw error
      this.#context.logger.incomplete(`${profile}: ${message}`)
      seen = UNREADABLE
    }
    return seen && this.#row(profile, seen)
  }

  #known(profile: string): SlotObservation {
    const seen = this.#observe(profile)
    if (seen !== null) return seen
    throw this.#context.error('HSVC_NOT_FOUND', `there is no gateway ${profile} in ${this.#machine.place.scandir}`, {
      hint: `hermes-svc gateway install ${profile}`,
    })
  }

  #rowOf(profile: string): GatewayStatus {
    return this.#row(profile, this.#known(profile))
  }

  #row(profile: string, seen: SlotObservation): GatewayStatus {
    const {store, place} = this.#machine
    const row = {
      kind: this.kind,
      profile,
      scope: place.scope,
      directory: store.directory(profile),
      service: `${SLOT_PREFIX}${profile}`,
      logs: `${this.#context.paths.logs}/${profile}`,
    }
    return gatewayStatusOf(row, seen, this.#context.clock.now())
  }

  #assertReachable(profile: string, {supervised}: SlotObservation): void {
    if (supervised !== 'denied') return
    throw this.#context.error(
      'HSVC_PERMISSION_DENIED',
      `expected to be allowed to control ${this.#machine.store.directory(profile)}, got EACCES`,
      {hint: 'run it as root, or as the account that made the slot'},
    )
  }

  #noScandir(): Error {
    const {scandir} = this.#machine.place
    return this.#context.error('HSVC_BACKEND_UNAVAILABLE', `expected the scan directory ${scandir}, got none`, {
      hint: 'start s6-svscan, or correct backends.s6.scandir',
    })
  }

  #present(profile: string, how: string): Error {
    return this.#context.error('HSVC_ALREADY_EXISTS', `${this.#machine.store.directory(profile)} ${how}`, {profile})
  }
}
