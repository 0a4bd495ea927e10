import type {ErrorCode, Scope} from '@hermes-svc/core'
import type {SCHEMA_VERSION} from './envelope.js'

/** One thing the doctor looked at. */
export interface Finding {
  readonly severity: 'ok' | 'warning' | 'error'
  readonly message: string
  /** What to do about it; null when there is nothing to do. */
  readonly hint: string | null
  /** Of errors, so that the exit code says which kind comes first; null otherwise. */
  readonly code: ErrorCode | null
}

/** What `doctor` prints. */
export interface DoctorOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly backend: string | null
  readonly scope: Scope | null
  readonly findings: readonly Finding[]
  readonly warnings: readonly string[]
}
