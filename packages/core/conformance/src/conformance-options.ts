import type {
  Backend,
  BackendContext,
  GatewaySpec,
  GuardedServiceManager,
  GuardHost,
  Scope,
  ServiceManager,
} from '@hermes-svc/core'
import type {Samples} from './samples.js'

/** Times of a suite, in milliseconds. */
export interface Timing {
  /** A start counts when the same pid has lived this long. */
  readonly settleMs: number
  /** The same for a gateway that has to die before: longer than a sample takes to come up and die on a busy machine. */
  readonly doomedSettleMs: number
  /** From TERM to KILL for a gateway that does not go. */
  readonly stopTimeoutMs: number
  /** Delay before the first restart of a gateway that died. */
  readonly restartDelayMs: number
  /** How long nothing must happen before the suite believes that nothing will. */
  readonly quietMs: number
  /** The wait that is given to a verb that has to run out of time. */
  readonly shortVerbMs: number
  /** The wait that is given to every other verb, and to what has to become true. */
  readonly deadlineMs: number
}

/** Times for a real init system on a machine with other work to do. */
export const REAL_TIMING: Timing = {
  settleMs: 150,
  doomedSettleMs: 5000,
  stopTimeoutMs: 500,
  restartDelayMs: 100,
  quietMs: 1000,
  shortVerbMs: 400,
  deadlineMs: 20_000,
}

/** A definition that somebody else made. */
export interface ForeignGateway {
  /** Text that is in the definition and nowhere else, so that a backup can be told. */
  readonly marker: string
  /** Whether the definition is, byte for byte, what it was when it was made. */
  readonly untouched: () => Promise<boolean>
  readonly remove: () => Promise<void>
}

/** An install that is killed on its way. */
export interface KilledInstall {
  readonly manager: ServiceManager
  readonly spec: GatewaySpec
  /** The profile root of the suite. */
  readonly root: string
  /** How far it gets: 0 is not at all, each number is further than the one before. */
  readonly step: number
}

/** A host that is not the ordinary one; for testing the suite itself. */
export interface HostChange {
  readonly wrap?: (manager: GuardedServiceManager) => GuardedServiceManager
  readonly lock?: NonNullable<GuardHost['lock']>
}

/** What the author of a backend gives to the suite. Only `test` and `backend` are needed; each hook opens more tests. */
export interface ConformanceOptions {
  /** The runner: `test` of node:test, ava's wrapped, or anything that takes a title and an asynchronous function. */
  readonly test: (title: string, run: () => Promise<void>) => void
  readonly backend: Backend
  /** What the backend finds outside instead of the real thing; `configuration` is `backends.<kind>`. */
  readonly context?: Partial<Pick<BackendContext, 'tools' | 'env' | 'configuration' | 'platform'>>
  /** The scope that throw-away gateways are installed in; default: the first of the backend's. */
  readonly scope?: Scope
  /** Default: real processes that write down what they see. */
  readonly samples?: Samples
  /** Reboots, logs in again, or recreates the container, and does what the boot hook does there. `root` is the profile root. */
  readonly reboot?: (root: string) => Promise<void>
  /** Makes a definition of this profile that runs `argv`, as another program would. `root` is the profile root. */
  readonly foreign?: (profile: string, argv: readonly string[], root: string) => Promise<ForeignGateway>
  /** Makes the init system silent; the function that it returns ends that. */
  readonly silence?: () => Promise<() => Promise<void>>
  /** Runs an install that dies at a step; resolves false when the install was over before that step. */
  readonly killInstall?: (install: KilledInstall) => Promise<boolean>
  /** URL of the module that exports `backend`: with it installs are killed in a process of their own, without `killInstall`. */
  readonly module?: string
  /** Whether start and stop wait for a tool, through `context.tools`. */
  readonly runsTools?: boolean
  readonly timing?: Partial<Timing>
  /** Rounds of the lifecycle; default 10. */
  readonly repeat?: number
  /** What the throw-away profiles are called; default `conformance`. Everything of that name is removed. */
  readonly prefix?: string
  readonly host?: HostChange
}
