import type {Scope} from '@hermes-svc/core'
import {envelope, type SCHEMA_VERSION} from './envelope.js'

/** What became of one sentence of the contract. */
export interface VerifiedSentence {
  /** Chapter of the contract. */
  readonly group: string
  readonly title: string
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly durationMs: number
  /** Why it failed, or was not tried; null when it passed. */
  readonly reason: string | null
}

/** What is said of a whole run. */
export interface Verdict {
  readonly backend: string
  readonly scope: Scope | null
  /** It was ended by the user before everything was tried. */
  readonly interrupted: boolean
  readonly durationMs: number
}

/** What `backend verify` prints. */
export interface VerificationOutput extends Verdict {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly tests: readonly VerifiedSentence[]
  readonly warnings: readonly string[]
}

/** The document of a run. */
export function verificationOutput(
  verdict: Verdict,
  tests: readonly VerifiedSentence[],
  warnings: readonly string[],
): VerificationOutput {
  const count = (result: VerifiedSentence['result']): number => tests.filter(one => one.result === result).length
  const counts = {passed: count('passed'), failed: count('failed'), skipped: count('skipped')}
  return envelope({...verdict, ...counts, tests, warnings})
}
