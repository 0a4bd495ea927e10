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
  type PutsAside,
  readLogFile,
  type RegisterOptions,
  type Removed,
  type ServiceManager,
  type TellsUpheld,
  type VerbOptions,
} from '@hermes-svc/core'
import {planSlot} from './plan-slot.js'
import type {S6Facts} from './s6-facts.js'
import {S6Machine} from './s6-machine.js'
import {SlotReader} from './slot-reader.js'
import type {SlotVerbs} from './slot-verbs.js'

/** Keeps each gateway in a slot of an s6 scan directory. The guard validates, locks, and waits for what these verbs began. */
export class S6ServiceManager implements ServiceManager, TellsUpheld, PutsAside {
  readonly kind: string
  readonly #context: BackendContext
  readonly #machine: S6Machine
  readonly #reader: SlotReader
  #verbs: Promise<SlotVerbs> | null = null

  /** Throws HSVC_CONFIG_INVALID. */
  constructor(kind: string, context: BackendContext) {
    this.kind = kind
    this.#context = context
    this.#machine = new S6Machine(context)
    this.#reader = new SlotReader(kind, context, this.#machine)
  }

  async start(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    return await (await this.#change()).start(profile, options)
  }

  upheld(profile: string): GatewayStatus | null {
    const row = this.#reader.find(profile)
    // Somebody else's may be told `u` for more than to run.
    if (row?.state !== 'running' || row.origin === 'foreign') return null
    const {store, supervision} = this.#machine
    return !store.staysDown(profile) && supervision.isSupervised(store.directory(profile)) ? row : null
  }

  async stop(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    return await (await this.#change()).stop(profile, options)
  }

  async restart(profile: string, options: LifecycleOptions = {}): Promise<GatewayStatus> {
    return await (await this.#change()).restart(profile, options)
  }

  async isRunning(profile: string): Promise<boolean> {
    const [row] = await this.status([profile])
    return row?.state === 'running'
  }

  status(profiles?: readonly string[]): Promise<GatewayStatus[]> {
    return Promise.resolve().then(() => this.#reader.rows(profiles))
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
    return await (await this.#change()).install(spec, options)
  }

  async putAside(profile: string, options: VerbOptions = {}): Promise<boolean> {
    return await (await this.#change()).putAside(profile, options)
  }

  async uninstall(profile: string, options: VerbOptions = {}): Promise<Removed> {
    return await (await this.#change()).uninstall(profile, options)
  }

  supportsRuntimeRegistration(): boolean {
    return true
  }

  async registerProfileGateway(profile: string, options: RegisterOptions = {}): Promise<GatewayStatus> {
    return await (await this.#change()).register(profile, options)
  }

  async unregisterProfileGateway(profile: string, options: VerbOptions = {}): Promise<void> {
    await (await this.#change()).unregister(profile, options)
  }

  async listProfileGateways(): Promise<string[]> {
    const rows = await this.status()
    return rows.filter(({origin}) => origin === 'registered').map(({profile}) => profile)
  }

  /** What changes something, imported with the first verb that does: a listing needs none of it. */
  async #change(): Promise<SlotVerbs> {
    this.#verbs ??= import('./slot-verbs.js').then(
      ({SlotVerbs}) => new SlotVerbs(this.#context, this.#machine, this.#reader),
    )
    return await this.#verbs
  }
}
