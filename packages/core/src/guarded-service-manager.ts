import type {GatewaySpec} from './gateway-spec.js'
import type {GatewayStatus} from './gateway-status.js'
import type {Plan} from './plan.js'
import type {GatewayRequest} from './record.js'
import type {InstallOptions, LifecycleOptions, RegisterOptions, ServiceManager, VerbOptions} from './service-manager.js'

/** What install would do. */
export interface Preview {
  readonly spec: GatewaySpec
  readonly plan: Plan
  readonly change: 'none' | 'create' | 'update'
  readonly warnings: readonly string[]
}

/** What every verb that brings a gateway up takes beyond the contract. */
export interface BringUpOptions {
  /** Called when it was started, and all that is left is to see that it stays up. */
  readonly onWaiting?: () => void
}

/** Options of restart, with what a rolling restart needs beyond the contract. */
export interface GuardedRestartOptions extends LifecycleOptions, BringUpOptions {
  /**
   * Ask Hermes (SIGUSR1) to finish its turns and end, instead of stopping it, and wait for the process that its supervisor
   * starts then, healthy where Hermes reports health. Never kills; what does not run is left as it is. Rejects
   * HSVC_UNSUPPORTED, with nothing touched, for a gateway that cannot be asked.
   */
  readonly drain?: boolean
}

/** Options of register, with what `gateway register` takes beyond the contract. */
export interface GuardedRegisterOptions extends RegisterOptions, BringUpOptions {
  readonly request?: GatewayRequest
  /** As for install. */
  readonly keepFailed?: boolean
  /** As for start. */
  readonly wait?: boolean
}

/** Options of start, with what reconcile needs beyond the contract. */
export interface GuardedStartOptions extends LifecycleOptions, BringUpOptions {
  /** Do nothing where it is not wanted up any more when its turn comes. */
  readonly ifWanted?: boolean
}

/** Options of stop, with what a batch needs beyond the contract. */
export interface GuardedStopOptions extends LifecycleOptions {
  /** Called when it was told to end, and all that is left is to wait for that. */
  readonly onWaiting?: () => void
}

/** Options of install, with what reconcile needs beyond the contract. */
export interface GuardedInstallOptions extends InstallOptions, BringUpOptions {
  /** Move it here from the backend that its record names, which is gone: one that is not would run it twice. */
  readonly rehome?: boolean
  /** Leave it defined and wanted up when its start fails, as what a record asks for has to be there. */
  readonly keepFailed?: boolean
  /** Leave it in the record what is wanted, although it is not started: another gateway does its work for now. */
  readonly keepWanted?: boolean
  /** As for start. */
  readonly wait?: boolean
}

/** What a backend says of a definition beyond its status. */
export interface Inspection {
  /** Whether it runs its user's own command instead of Hermes'; null where its backend does not say. */
  readonly ownCommand: boolean | null
  /** Whether parts of it are gone. */
  readonly damaged: boolean
}

/** A ServiceManager whose sentences hold for the caller; install also takes a request and resolves it. */
export interface GuardedServiceManager extends ServiceManager {
  start(profile: string, options?: GuardedStartOptions): Promise<GatewayStatus>
  stop(profile: string, options?: GuardedStopOptions): Promise<GatewayStatus>
  restart(profile: string, options?: GuardedRestartOptions): Promise<GatewayStatus>
  install(request: GatewayRequest, options?: GuardedInstallOptions): Promise<GatewayStatus>
  registerProfileGateway(profile: string, options?: GuardedRegisterOptions): Promise<GatewayStatus>
  /** A closer look at a definition than status gives. */
  inspect(profile: string): Promise<Inspection>
  /** As PutsAside, under the lock of the gateway; false where the backend does nothing of the kind. */
  putAside(profile: string, options?: VerbOptions): Promise<boolean>
  /** The plan of install, and nothing touched. */
  preview(request: GatewayRequest, options?: InstallOptions): Promise<Preview>
}
