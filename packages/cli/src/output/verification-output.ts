import type {SCHEMA_VERSION} from './envelope.js'

/** What became of one sentence of the contract. */
export interface VerifiedSentence {
  readonly group: string
  readonly title: string
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly durationMs: number
  /** Why it failed, or does not apply; null when it passed. */
  readonly reason: string | null
}

/** What `backend verify` prints. */
export interface VerificationOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly backend: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly tests: readonly VerifiedSentence[]
  readonly warnings: readonly string[]
}
