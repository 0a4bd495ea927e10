import type {Paths} from './backend.js'
import type {BackendRegistry} from './backend-registry.js'
import type {Scope} from './capabilities.js'
import type {Configuration} from './configuration.js'
import type {GuardedServiceManager} from './guarded-service-manager.js'
import type {HermesState} from './hermes/hermes-state.js'
import type {HomeFiles} from './hermes/home-files.js'
import type {RecordStore} from './record.js'

/** Which manager is asked for. */
export interface ManagerOptions {
  /** Kind; goes past detection. */
  readonly backend?: string | undefined
  /** Whether a fallback will do when no init system is there. Default true. */
  readonly fallback?: boolean
}

/** A manager with the scope that a new gateway would get. */
export interface ChosenManager {
  readonly manager: GuardedServiceManager
  readonly scope: Scope
}

/** What gathering an overview and reconciling need of a host. */
export interface HostView {
  readonly configuration: Configuration
  readonly env: Readonly<Record<string, string | undefined>>
  readonly paths: Paths
  readonly records: RecordStore
  readonly homes: HomeFiles
  readonly hermes: HermesState
  readonly registry: BackendRegistry
  readonly warnings: readonly string[]
  readonly complete: boolean
  warn(message: string): void
  manager(options?: ManagerOptions): Promise<GuardedServiceManager>
  chosen(options?: ManagerOptions): Promise<ChosenManager>
}
