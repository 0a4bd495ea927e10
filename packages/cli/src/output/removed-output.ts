import type {Removed} from '@hermes-svc/core'
import type {ErrorRow, SCHEMA_VERSION} from './envelope.js'

/** What uninstall and unregister print. */
export interface RemovedOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly removed: readonly Removed[]
  /** Profiles that --if-supported leaves as they are, with the error that they would be without it. */
  readonly skipped?: readonly ErrorRow[]
  readonly errors: readonly ErrorRow[]
  readonly warnings: readonly string[]
}
