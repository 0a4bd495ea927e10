import type {GatewaySpec} from './gateway-spec.js'
import type {GatewayStatus, LogLine} from './gateway-status.js'
import type {Facts, Plan, Removed} from './plan.js'

/** Options of every verb that changes something. */
export interface VerbOptions {
  /** The caller's own wait in milliseconds; the guard has a default for each verb. */
  readonly timeoutMs?: number
  /** The verb MUST end soon after this aborts, with HSVC_ABORTED, and kill the tool it was waiting for. */
  readonly signal?: AbortSignal
}

/** Options of what only reads. */
export interface ReadOptions {
  /** Kills the tool that the read was waiting for. */
  readonly signal?: AbortSignal
}

/** Options of start, stop and restart. */
export interface LifecycleOptions extends VerbOptions {
  /** false: return when the command was sent; the state is then not promised. Default true. */
  readonly wait?: boolean
}

/** Options of install. */
export interface InstallOptions extends VerbOptions {
  /** Start it, or restart a running one whose definition changed. Default true. The guard asks a backend for the definition only: false. */
  readonly start?: boolean
  /** Take over a foreign definition of this profile, keeping a backup. */
  readonly adopt?: boolean
  /** Forget what earlier installs were told, and rewrite the definition even when nothing changed. */
  readonly force?: boolean
  /**
   * This process has administrator rights, and works for the account that the profile root belongs to: the definition is
   * to belong to that account, and nothing is put in its place that needs no such rights. Windows only; others pass over it.
   */
  readonly elevatedHandoff?: boolean
}

/** Options of registerProfileGateway. */
export interface RegisterOptions extends VerbOptions {
  readonly port?: number
  readonly extraEnv?: Readonly<Record<string, string>>
  /** Default true. The guard asks a backend for the definition only: false. */
  readonly startNow?: boolean
  /** The resolved spec. The guard always gives it to a backend. */
  readonly spec?: GatewaySpec
}

/** Options of logs. */
export interface LogOptions {
  /** How many lines from the end; default 100. */
  readonly lines?: number
  /** Only lines written at or after this time. */
  readonly since?: Date
  /** Go on with what is written from now on, until the signal aborts. */
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

/**
 * What every backend implements and what every caller gets.
 *
 * A backend's own object is never used bare: the guard wraps it, and the guard is what makes these sentences true for
 * the caller where a backend alone cannot (validation, locks, deadlines, observation, undoing). docs/contract.md has
 * every MUST; the conformance suite has a test for each.
 */
export interface ServiceManager {
  readonly kind: string

  /** MUST be repeatable; MUST resolve only when the same pid has lived for `settleMs` or is ready. Sets wanted to up. */
  start(profile: string, options?: LifecycleOptions): Promise<GatewayStatus>
  /** MUST be repeatable; MUST resolve only when it is down; MUST last until start, also across reboot. Sets wanted to down. */
  stop(profile: string, options?: LifecycleOptions): Promise<GatewayStatus>
  /** MUST end running with another pid, also from stopped, parked or backing off. Sets wanted to up. */
  restart(profile: string, options?: LifecycleOptions): Promise<GatewayStatus>
  isRunning(profile: string): Promise<boolean>

  /**
   * One batched read, sorted by profile; all when omitted. A profile that is defined in several scopes or services has
   * a row for each, first the one that verbs act on, whatever its state. Of named profiles those without a definition are left out by a
   * backend; the guard rejects HSVC_NOT_FOUND for them. MUST reject rather than return `[]` when it could not look.
   */
  status(profiles?: readonly string[], options?: ReadOptions): Promise<GatewayStatus[]>
  logs(profile: string, options?: LogOptions): AsyncIterable<LogLine>

  /** Read-only probes for `plan`. */
  facts(options?: ReadOptions): Promise<Facts>
  /** Pure: MUST give the same bytes for the same spec and facts, whoever asks. Throws HSVC_INVALID_SPEC for what cannot be expressed. */
  plan(spec: GatewaySpec, facts: Facts): Plan
  /**
   * Makes the definition that survives. A definition MUST become visible whole or not at all. A backend defines only: it
   * starts nothing that is not running and leaves a running gateway alone.
   */
  install(spec: GatewaySpec, options?: InstallOptions): Promise<GatewayStatus>
  /** Stops it and removes exactly what install or register made; MUST resolve for an unknown profile. */
  uninstall(profile: string, options?: VerbOptions): Promise<Removed>

  /** Same as `capabilities.runtimeRegistration`; callers ask first. */
  supportsRuntimeRegistration(): boolean
  /** Defines it until the container ends. MUST reject HSVC_ALREADY_EXISTS when it is registered, also for an equal definition. */
  registerProfileGateway(profile: string, options?: RegisterOptions): Promise<GatewayStatus>
  /** MUST resolve for an unknown profile; MUST reject HSVC_ALREADY_EXISTS, hint `gateway uninstall`, for an installed one. */
  unregisterProfileGateway(profile: string, options?: VerbOptions): Promise<void>
  /** Profiles that are registered, sorted. `[]` where registration is not supported. */
  listProfileGateways(): Promise<string[]>
}

const METHODS = [
  'start',
  'stop',
  'restart',
  'isRunning',
  'status',
  'logs',
  'facts',
  'plan',
  'install',
  'uninstall',
  'supportsRuntimeRegistration',
  'registerProfileGateway',
  'unregisterProfileGateway',
  'listProfileGateways',
] as const satisfies readonly (keyof ServiceManager)[]

/** The methods a value lacks to be a ServiceManager; empty when it has the shape. `kind` counts as one. */
export function missingFromServiceManager(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return ['kind', ...METHODS]
  const candidate = value as Record<string, unknown>
  const missing: string[] = METHODS.filter(method => typeof candidate[method] !== 'function')
  return typeof candidate['kind'] === 'string' ? missing : ['kind', ...missing]
}

/** Whether a value has the shape of a ServiceManager; whose class it is does not matter. */
export function isServiceManager(value: unknown): value is ServiceManager {
  return missingFromServiceManager(value).length === 0
}
