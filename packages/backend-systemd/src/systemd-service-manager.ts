import type {
  BackendContext,
  Facts,
  GatewaySpec,
  GatewayStatus,
  InstallOptions,
  LogLine,
  LogOptions,
  Plan,
  Removed,
  ServiceManager,
  VerbOptions,
} from '@hermes-svc/core'
import {gatewayStatusOf, type UnitObservation} from './gateway-status-of.js'
import {isLingering} from './linger.js'
import {planUnit} from './plan-unit.js'
import type {SystemdFacts} from './systemd-facts.js'
import {SystemdMachine} from './systemd-machine.js'
import {UnitControl} from './unit-control.js'
import {UnitInstaller} from './unit-installer.js'
import {logPlaceOf, readUnitLog} from './unit-log.js'
import {UnitObserver} from './unit-observer.js'

/** Keeps each gateway in a unit of systemd. The guard validates, locks, and waits for what these verbs began. */
export class SystemdServiceManager implements ServiceManager {
  readonly kind: string
  readonly #context: BackendContext
  readonly #machine: SystemdMachine
  readonly #observer: UnitObserver
  readonly #control: UnitControl
  readonly #installer: UnitInstaller

  /** Throws HSVC_CONFIG_INVALID. */
  constructor(kind: string, context: BackendContext) {
    this.kind = kind
    this.#context = context
    this.#machine = new SystemdMachine(context)
    this.#observer = new UnitObserver(context, this.#machine)
    this.#control = new UnitControl(context, this.#machine)
    this.#installer = new UnitInstaller(context, this.#machine, this.#observer, this.#control)
  }

  async start(profile: string): Promise<GatewayStatus> {
    await this.#control.start((await this.#known(profile)).definition)
    return await this.#rowOf(profile)
  }

  async stop(profile: string): Promise<GatewayStatus> {
    const seen = await this.#known(profile)
    await this.#control.stop(seen.definition)
    // A unit whose file was removed by hand is gone with its process.
    const [now = seen] = await this.#observer.observeOne(profile)
    return this.#row(now)
  }

  async restart(profile: string): Promise<GatewayStatus> {
    await this.#control.restart((await this.#known(profile)).definition)
    return await this.#rowOf(profile)
  }

  async isRunning(profile: string): Promise<boolean> {
    const [row] = await this.status([profile])
    return row?.state === 'running'
  }

  async status(profiles?: readonly string[]): Promise<GatewayStatus[]> {
    const [first, ...others] = profiles ?? []
    const isOne = first !== undefined && others.length === 0
    const observations = await (isOne ? this.#observer.observeOne(first) : this.#observer.observe(profiles))
    const {logger} = this.#context
    for (const {definition, problem} of observations) {
      const {profile, marker} = definition
      if (problem !== null) logger.incomplete(`${profile}: ${problem}`)
      if (marker?.id === '')
        logger.warn(`${profile} runs, but its unit file is gone: hermes-svc gateway install ${profile} writes it anew`)
    }
    return observations.map(seen => this.#row(seen))
  }

  async *logs(profile: string, options: LogOptions = {}): AsyncGenerator<LogLine, void, undefined> {
    const {definition} = await this.#known(profile)
    const {writer} = this.#machine.scope(definition.scope)
    yield* readUnitLog(definition, this.#context, writer, options)
  }

  async facts(): Promise<Facts> {
    return await this.#machine.facts()
  }

  plan(spec: GatewaySpec, facts: Facts): Plan {
    return planUnit(spec, facts as SystemdFacts, this.#context)
  }

  async install(spec: GatewaySpec, options: InstallOptions = {}): Promise<GatewayStatus> {
    await this.#installer.define(spec, options)
    return await this.#rowOf(spec.profile)
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
    return this.#context.error(
      'HSVC_UNSUPPORTED',
      'systemd has units that stay, and none that live until a container ends',
      {
        hint: `hermes-svc gateway install ${profile}`,
      },
    )
  }

  /** The definition that verbs act on. Rejects HSVC_NOT_FOUND. */
  async #known(profile: string): Promise<UnitObservation> {
    const [seen] = await this.#observer.observeOne(profile)
    if (seen) return seen
    throw this.#context.error('HSVC_NOT_FOUND', `there is no gateway ${profile} in ${this.kind}`, {
      hint: `hermes-svc gateway install ${profile}`,
    })
  }

  async #rowOf(profile: string): Promise<GatewayStatus> {
    return this.#row(await this.#known(profile))
  }

  #row(seen: UnitObservation): GatewayStatus {
    const {definition} = seen
    const account = this.#machine.home.name
    return gatewayStatusOf(seen, {
      kind: this.kind,
      logs: logPlaceOf(definition, this.#context.paths.logs),
      startsAtBoot: definition.scope === 'system' || (account !== null && isLingering(account)),
      monotonicUs: Number(process.hrtime.bigint() / 1000n),
    })
  }
}
