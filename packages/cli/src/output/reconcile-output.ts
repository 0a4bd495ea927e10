import type {ReconcileAction} from '@hermes-svc/core'
import type {ErrorRow, SCHEMA_VERSION} from './envelope.js'

/** What `gateway reconcile` prints. */
export interface ReconcileOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly dryRun: boolean
  /** What was done about each recorded gateway, or would be. */
  readonly actions: readonly ReconcileAction[]
  readonly errors: readonly ErrorRow[]
  readonly warnings: readonly string[]
}
