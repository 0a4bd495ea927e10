import type {CandidateReport, Scope} from '@hermes-svc/core'
import {envelope, type SCHEMA_VERSION} from './envelope.js'

/** One backend as detection saw it; `capabilities` in `backend list` only. */
export type CandidateRow = Pick<
  CandidateReport,
  | 'kind'
  | 'package'
  | 'version'
  | 'priority'
  | 'fallback'
  | 'source'
  | 'presence'
  | 'scope'
  | 'evidence'
  | 'reason'
  | 'hint'
> &
  Partial<Pick<CandidateReport, 'capabilities'>>

/** What `backend detect` and `backend list` print, candidates in the order tried. */
export interface CandidatesOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly backend: string | null
  readonly scope: Scope | null
  readonly candidates: readonly CandidateRow[]
  readonly warnings: readonly string[]
}

/** The document of a detection. */
export function candidatesOutput(
  detected: {
    readonly chosen: string | null
    readonly scope: Scope | null
    readonly candidates: readonly CandidateReport[]
  },
  withCapabilities: boolean,
  warnings: readonly string[],
): CandidatesOutput {
  const rows = detected.candidates.map(report => {
    const {kind, package: name, version, priority, fallback, source, presence, scope, evidence, reason, hint} = report
    const row = {kind, package: name, version, priority, fallback, source, presence, scope, evidence, reason, hint}
    return withCapabilities ? {...row, capabilities: report.capabilities} : row
  })
  return envelope({backend: detected.chosen, scope: detected.scope, candidates: rows, warnings: [...new Set(warnings)]})
}
