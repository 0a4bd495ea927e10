import type {GatewayReport} from '../hermes/gateway-state.js'
import type {BringUpOptions} from '../guarded-service-manager.js'
import type {HostView} from '../host-view.js'
import type {LifecycleOptions} from '../service-manager.js'

/** How to reconcile. */
export interface ReconcileOptions {
  /** Only say what would be done. */
  readonly dryRun?: boolean
  /** Remove gateways whose profile directory is gone; never one that runs its own command. */
  readonly prune?: boolean
  /** Where gateways go whose own backend is not here. One that is here keeps its gateways, or they would run twice. */
  readonly backend?: string | undefined
  /** false: send the starts and do not wait for what comes of them, so that a container's boot is not held up. Default true. */
  readonly wait?: boolean
  readonly signal?: AbortSignal
}

/** What was done about one gateway, or would be, and why. */
export interface ReconcileAction {
  readonly profile: string
  readonly action: 'none' | 'register' | 'define' | 'repair' | 'start' | 'stop' | 'rehome' | 'remove' | 'orphan'
  readonly reason: string
  /** What Hermes had noted of the gateway: what was wanted, else the state that it was in; null: nothing. */
  readonly priorState: string | null
  /** Names of files in the profile's home that an earlier gateway had left there and that were removed. */
  readonly staleFiles: readonly string[]
}

/** What is to be done about one gateway. */
export interface Step extends Pick<ReconcileAction, 'profile' | 'action' | 'reason'> {
  readonly run?: () => Promise<unknown>
  /** Looks closer, and may find that something had to be done after all. */
  readonly check?: () => Promise<Pick<ReconcileAction, 'action' | 'reason'> | undefined>
  /** The gateway has no process, so what an earlier one has left may be looked for. Default true. */
  readonly idle?: boolean
}

/** What is known when it is decided about one gateway. */
export interface StepContext {
  readonly host: HostView
  readonly options: ReconcileOptions
  readonly verbOptions: LifecycleOptions & BringUpOptions
  /** What Hermes says of it; null: nothing. */
  readonly report: GatewayReport | null
  /** The init system is a container's. There a gateway that was at work is wanted up, as Hermes itself decides. */
  readonly inContainer: boolean
  /** Somebody else's definition of it was there, and was taken away before anything else was done. */
  readonly wasForeign: boolean
  /** The gateway of `default` serves this profile too, and one of its own would end at once. */
  readonly served: boolean
}

/** Why a definition is made anew. */
export const FOREIGN = 'its definition was made by somebody else; the record says that it is ours'
export const PARTS_GONE = 'parts of its definition are gone'
export const UNREADABLE = 'its definition cannot be read'

/** Why a gateway that is wanted up is not started. */
export const SERVED = 'the gateway of default serves this profile'
