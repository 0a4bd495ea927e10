/** Where a definition lives: the account's own manager, the machine's, or a container's init. */
export type Scope = 'user' | 'system' | 'container'

/**
 * What a backend can do, as plain data that never changes. The host reads these fields and never the backend's kind:
 * what is not declared here is refused before the backend is asked.
 */
export interface Capabilities {
  /** Registration that lives until the container ends. Without it register and unregister reject HSVC_UNSUPPORTED. */
  readonly runtimeRegistration: boolean
  /** The scopes a definition can have, the default one first. Another one is refused at plan time. */
  readonly scopes: readonly Scope[]
  /** Installed gateways come back by themselves after reboot or login. Without it, status says autostart false and install warns. */
  readonly autostart: boolean
  /** There is a readiness protocol. Without it `ready` is null and a start settles by the pid living for `start.settle`. */
  readonly readiness: boolean
  /** Deaths are counted. Without it `restarts` is null. */
  readonly restartCount: boolean
  /** How the delay between restarts grows. With `fixed` or `none` a default back-off becomes a plan note, one that the user set is refused. */
  readonly backoff: 'exponential' | 'fixed' | 'none'
  /** It can give up after a number of failed starts. Without it a `giveUpAfter` that the user set is refused. */
  readonly giveUp: boolean
  /** It can park a gateway on given exit codes. Without it defaults become a plan note, codes that the user set are refused. */
  readonly fatalExitCodes: boolean
  /** Where output goes. With `none`, logs rejects HSVC_UNSUPPORTED. */
  readonly logs: 'file' | 'journal' | 'none'
  /** Logs can be followed. Without it `logs -f` rejects HSVC_UNSUPPORTED. */
  readonly follow: boolean
  /** It can run a gateway as another account than the one that installs. Without it another account that the user set is refused. */
  readonly runAsUser: boolean
  /** A start must take over from a gateway started by hand; the default command then carries `--replace`. Without it it does not. */
  readonly reclaimsStrays: boolean
  /** How many gateways it holds, null where there is no such limit. One more rejects HSVC_CAPACITY. */
  readonly maxGateways: number | null
}
