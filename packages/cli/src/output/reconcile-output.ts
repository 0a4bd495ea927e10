import type {ReconcileAction} from '@hermes-svc/core'
import type {ErrorRow, SCHEMA_VERSION} from './envelope.js'

/** What `gateway reconcile` prints. */
export interface ReconcileOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly dryRun: boolean
  /** Why nothing at all was looked at; null: it was. */
  readonly skipped: string | null
  /** What was done about each gateway, or would be. */
  readonly actions: readonly ReconcileAction[]
  readonly errors: readonly ErrorRow[]
  readonly warnings: readonly string[]
}
