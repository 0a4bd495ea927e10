import type {ErrorCode, GatewayStatus, Scope} from '@hermes-svc/core'
import type {ErrorReport} from '../error-report.js'

/** Version of every JSON document that the CLI prints; it rises when a key changes its meaning or goes. */
export const SCHEMA_VERSION = 1

/** One profile of a batch that failed. */
export interface ErrorRow {
  readonly profile: string
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
}

/** What list, status, install and register print. */
export interface GatewaysOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  /** What a new gateway would get; null when there is no backend. */
  readonly backend: string | null
  readonly scope: Scope | null
  /** false when something could not be read, so that `gateways` may lack some. */
  readonly complete: boolean
  readonly gateways: readonly GatewayStatus[]
  /** Of register --if-supported: the profile that it leaves as it is, with the error that it would be without it. */
  readonly skipped?: readonly ErrorRow[]
  readonly errors: readonly ErrorRow[]
  readonly warnings: readonly string[]
}

/** What became of a batch, in numbers and in the names that are in no other list. The numbers add up to `asked`. */
export interface BatchSummary {
  readonly asked: number
  readonly succeeded: number
  readonly failed: number
  /** Left as they were, since they did not run; their rows are among `gateways`. */
  readonly left: readonly string[]
  /** A failure before them ended the batch. */
  readonly notReached: readonly string[]
}

/** What start, stop and restart print. */
export interface BatchOutput extends GatewaysOutput {
  readonly summary: BatchSummary
}

/** What a command prints that failed altogether. */
export interface ErrorOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly error: ErrorReport
}

/** Puts the version in front, as every document has it. */
export function envelope<T extends object>(fields: T): {readonly schemaVersion: typeof SCHEMA_VERSION} & T {
  return {schemaVersion: SCHEMA_VERSION, ...fields}
}

/** The row of one failed profile. */
export function errorRow(profile: string, report: ErrorReport): ErrorRow {
  const {code, message, hint} = report
  return hint === undefined ? {profile, code, message} : {profile, code, message, hint}
}
