import {existsSync} from 'node:fs'
import {join} from 'node:path'
import type {
  BackendContext,
  GatewaySpec,
  GatewayStatus,
  InstallOptions,
  LifecycleOptions,
  RegisterOptions,
  Removed,
  VerbOptions,
} from '@hermes-svc/core'
import type {S6Machine} from './s6-machine.js'
import {SlotInstaller} from './slot-installer.js'
import type {SlotObservation} from './slot-observation.js'
import type {SlotReader} from './slot-reader.js'
import {runPid} from './supervise-status.js'

/** The verbs that change a slot, as the service manager passes them on. */
export class SlotVerbs {
  readonly #context: BackendContext
  readonly #machine: S6Machine
  readonly #reader: SlotReader
  readonly #installer: SlotInstaller

  constructor(context: BackendContext, machine: S6Machine, reader: SlotReader) {
    this.#context = context
    this.#machine = machine
    this.#reader = reader
    this.#installer = new SlotInstaller(context, machine)
  }

  async start(profile: string, {signal}: LifecycleOptions = {}): Promise<GatewayStatus> {
    const {store, supervision} = this.#machine
    const directory = store.directory(profile)
    const seen = this.#reader.known(profile)
    this.#assertReachable(profile, seen)
    await supervision.untilSupervised(directory, signal)
    if (seen.facts === null) {
      // Its ./finish may end with 125 and leave it down, whoever wanted it up meanwhile.
      await supervision.untilFinished(directory, signal)
      await supervision.want(directory, 'u', true, signal)
    } else await this.#wantUp(profile, signal)
    return this.#reader.rowOf(profile)
  }

  async stop(profile: string, {signal}: LifecycleOptions = {}): Promise<GatewayStatus> {
    const seen = this.#reader.known(profile)
    this.#assertReachable(profile, seen)
    await this.#wantDown(profile, seen, signal)
    return this.#reader.rowOf(profile)
  }

  async restart(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    const {store, supervision, tools} = this.#machine
    const directory = store.directory(profile)
    const {facts, status, supervised} = this.#reader.known(profile)
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
    return this.#reader.rowOf(profile)
  }

  async install(spec: GatewaySpec, options: InstallOptions = {}): Promise<GatewayStatus> {
    const {profile} = spec
    const seen = this.#reader.observe(profile)
    if (seen?.facts === null) {
      if (options.adopt !== true) throw this.#present(profile, 'was made by somebody else')
      await this.#takeAway(profile, options.signal)
    }
    await this.#installer.define(spec, 'installed', options.signal)
    return this.#reader.rowOf(profile)
  }

  async putAside(profile: string, {signal}: VerbOptions = {}): Promise<boolean> {
    const seen = this.#reader.observe(profile)
    if (seen === null || seen.facts !== null || seen.supervised !== 'no' || seen.stray !== null) return false
    await this.#takeAway(profile, signal)
    return true
  }

  async uninstall(profile: string, {signal}: VerbOptions = {}): Promise<Removed> {
    const {paths} = this.#context
    const seen = this.#reader.observe(profile)
    if (seen?.facts === null) throw this.#present(profile, 'was made by somebody else')
    const removed = await this.#remove(profile, signal)
    const mayStay = removed.length > 0 ? [join(paths.logs, profile), this.#installer.backups(profile)] : []
    return {profile, removed, kept: this.#machine.home.run(() => mayStay.filter(path => existsSync(path)))}
  }

  async register(profile: string, options: RegisterOptions = {}): Promise<GatewayStatus> {
    const {spec, startNow = true, signal} = options
    if (spec === undefined) throw this.#context.error('HSVC_INVALID_SPEC', 'spec: expected a resolved spec, got none')
    const seen = this.#reader.observe(profile)
    if (seen !== null) throw this.#present(profile, `is ${seen.facts?.origin ?? 'foreign'} already`)
    await this.#installer.define(spec, 'registered', signal)
    return startNow ? await this.start(profile, options) : this.#reader.rowOf(profile)
  }

  async unregister(profile: string, options: VerbOptions = {}): Promise<void> {
    if (this.#reader.observe(profile)?.facts?.origin === 'installed') {
      throw this.#context.error('HSVC_ALREADY_EXISTS', `${profile} is installed, not just registered`, {
        hint: `hermes-svc gateway uninstall ${profile}`,
      })
    }
    await this.uninstall(profile, options)
  }

  async #wantUp(profile: string, signal: AbortSignal | undefined): Promise<void> {
    const {store, supervision} = this.#machine
    const directory = store.directory(profile)
    const {status} = this.#reader.known(profile)
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

  /** Removes somebody else's slot, of which a copy is kept. */
  async #takeAway(profile: string, signal: AbortSignal | undefined): Promise<void> {
    this.#installer.backUp(profile)
    await this.#remove(profile, signal)
  }

  /** Stops it, ends its supervisors and deletes it; also what a killed run left of it. Gives what was removed. */
  async #remove(profile: string, signal: AbortSignal | undefined): Promise<string[]> {
    const {store, supervision} = this.#machine
    const directory = store.directory(profile)
    await this.#installer.clear(profile, signal)
    const seen = this.#reader.observe(profile)
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

  #assertReachable(profile: string, {supervised}: SlotObservation): void {
    if (supervised !== 'denied') return
    throw this.#context.error(
      'HSVC_PERMISSION_DENIED',
      `expected to be allowed to control ${this.#machine.store.directory(profile)}, got EACCES`,
      {hint: 'run it as root, or as the account that made the slot'},
    )
  }

  #present(profile: string, how: string): Error {
    return this.#context.error('HSVC_ALREADY_EXISTS', `${this.#machine.store.directory(profile)} ${how}`, {profile})
  }
}
