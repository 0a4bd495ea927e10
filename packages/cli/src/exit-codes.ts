import {ERROR_CODES, type ErrorCode} from '@hermes-svc/core'

/** Exit code of `gateway status` when a gateway is there and not running. */
export const EXIT_NOT_RUNNING = 3

/** The exit code that the contract's table gives to an error code. */
export function exitCodeOf(code: ErrorCode): number {
  return ERROR_CODES[code].exitCode
}

/** The exit code of a batch: that of the first failure in the order asked for, 0 without one. */
export function exitCodeOfBatch(failures: readonly {readonly code: ErrorCode}[]): number {
  const [first] = failures
  return first === undefined ? 0 : exitCodeOf(first.code)
}
