import {detailsOf, type ErrorCode, type ServiceError, toServiceError} from '@hermes-svc/core'
import {exitCodeOf} from './exit-codes.js'
import {isParserError, toUsageError} from './usage-error.js'

/** What is told about a failure, in JSON and in text. Nothing else of an error leaves the program. */
export interface ErrorReport extends Pick<
  ServiceError,
  'hint' | 'profile' | 'backend' | 'verb' | 'state' | 'lastExit' | 'logTail' | 'tool' | 'remains'
> {
  readonly code: ErrorCode
  readonly message: string
  readonly exitCode: number
}

function classify(thrown: unknown): ServiceError {
  return isParserError(thrown) ? toUsageError(thrown) : toServiceError(thrown)
}

/** The report of whatever was thrown: oclif's parse errors become HSVC_USAGE, what nobody knows HSVC_INTERNAL. */
export function reportError(thrown: unknown): ErrorReport {
  const error = classify(thrown)
  const {code, message} = error
  return {code, message, ...detailsOf(error), exitCode: exitCodeOf(code)}
}
