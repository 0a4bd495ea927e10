import type {Scope} from './capabilities.js'
import type {Configuration} from './configuration.js'
import type {Account} from './fs/account.js'
import type {withLock} from './fs/lock.js'
import type {Run} from './fs/shared-rights.js'
import type {HomeFiles} from './hermes/home-files.js'
import type {HermesState} from './hermes/hermes-state.js'
import type {ProcessReach} from './process/process-reach.js'
import type {RecordStore} from './record.js'

/** What the guard gets from its host besides the backend and its context. */
export interface GuardHost {
  readonly records: RecordStore
  /** What is shared with Hermes itself; absent in tests of anything else. */
  readonly hermes?: HermesState
  /** The homes of profiles, to see what their gateways take for themselves; absent in tests of anything else. */
  readonly homes?: HomeFiles
  readonly configuration: Configuration
  /** Dotted configuration keys that the user set. */
  readonly userSet: readonly string[]
  readonly lockDirectory: string
  /** The scope that detection named for a new gateway. */
  readonly scope?: Scope
  /** The account that a gateway runs as where nobody names one; null where it is not known. Reading it may throw HSVC_INVALID_SPEC. */
  readonly account: Account | null
  /** Finds an account by name; null when there is none. */
  readonly accountNamed: (name: string) => Account | null
  /** Whether the backend came with the program. */
  readonly isBundled?: boolean
  /** Wraps synchronous file work, so that it is done with the rights of the root's owner. */
  readonly run?: Run
  /** Throws HSVC_INVALID_SPEC when Hermes has no such profile. */
  readonly assertProfileExists?: (profile: string) => void
  /** Replaces the lock, for tests of what the lock is for. */
  readonly lock?: typeof withLock
  /** Replaces the processes of this machine, for tests whose gateways have none. */
  readonly reach?: ProcessReach
}
