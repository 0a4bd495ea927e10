import {type ErrorCode, isErrorCode} from './error-codes.js'
import {detailsOf} from './error-details.js'
import type {GatewayState, LastExit} from '../gateway-status.js'

/** What an external program was asked and how it ended. Arguments and output never hold environment values. */
export interface ToolFailure {
  readonly file: string
  readonly args: readonly string[]
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stderr: string
  readonly timedOut: boolean
}

/** What an error carries besides its code and message. */
export interface ErrorDetails {
  /** What to do, as one sentence or one command. */
  readonly hint?: string
  readonly backend?: string
  readonly verb?: string
  readonly profile?: string
  /** The state seen when the verb gave up. */
  readonly state?: GatewayState
  readonly lastExit?: LastExit | null
  /** The last lines of the gateway's log, oldest first. */
  readonly logTail?: readonly string[]
  readonly tool?: ToolFailure
  /** What could not be undone: paths or names that are left. */
  readonly remains?: readonly string[]
  readonly cause?: unknown
}

/**
 * The one shape of every failure. It is recognised by `name` and `code`, never by `instanceof`: a plugin may carry
 * its own copy of this package, and then classes differ.
 */
export interface ServiceError extends Error, Omit<ErrorDetails, 'cause'> {
  readonly name: 'HermesSvcError'
  readonly code: ErrorCode
}

/** Makes an error of the contract; details that are undefined are left out. */
export function serviceError(code: ErrorCode, message: string, details: ErrorDetails = {}): ServiceError {
  const {cause, ...rest} = details
  const error = new Error(message, cause === undefined ? undefined : {cause})
  const given = Object.fromEntries(Object.entries<unknown>(rest).filter(([, value]) => value !== undefined))
  return Object.assign(error, {name: 'HermesSvcError' as const, code}, given)
}

/** Whether a thrown value has the contract's shape, whichever copy of core made it. */
export function isServiceError(value: unknown): value is ServiceError {
  if (!(value instanceof Error) || value.name !== 'HermesSvcError' || typeof value.message !== 'string') return false
  return isErrorCode((value as {code?: unknown}).code)
}

/** More than this nobody reads, and a plugin may say any amount. */
const LONGEST_TEXT = 4000

/** What a thrown value says, whatever it is, at a length that can be shown. Never throws. */
export function thrownText(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown).slice(0, LONGEST_TEXT)
  } catch {
    return 'something was thrown that cannot be shown'
  }
}

const CODES_OF_SYSTEM_ERRORS: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'HSVC_PERMISSION_DENIED',
  EPERM: 'HSVC_PERMISSION_DENIED',
  EROFS: 'HSVC_PERMISSION_DENIED',
  ENOSPC: 'HSVC_TOOL_FAILED',
  EDQUOT: 'HSVC_TOOL_FAILED',
  EIO: 'HSVC_TOOL_FAILED',
  EMFILE: 'HSVC_TOOL_FAILED',
  ENFILE: 'HSVC_TOOL_FAILED',
  ENOMEM: 'HSVC_TOOL_FAILED',
}

const ASK_ITS_OWNER = 'run it as the account that it belongs to, or as root'

const HINTS_OF_SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: ASK_ITS_OWNER,
  EPERM: ASK_ITS_OWNER,
  ENOSPC: 'make room on that file system, then do it again',
  EDQUOT: 'make room in the quota of that account, then do it again',
  EROFS: 'that file system is mounted read-only: mount it writable, then do it again',
}

/**
 * Turns whatever was thrown into the contract's shape: errors of the contract gain the missing details, system errors
 * (errno codes) and aborts get their code, everything else is HSVC_INTERNAL.
 */
export function toServiceError(thrown: unknown, details: ErrorDetails = {}): ServiceError {
  if (isServiceError(thrown)) {
    if (!Object.isExtensible(thrown))
      return serviceError(thrown.code, thrown.message, {...details, ...detailsOf(thrown), cause: thrown})
    for (const [key, value] of Object.entries<unknown>({...details})) {
      if (value !== undefined && !Object.hasOwn(thrown, key)) Object.assign(thrown, {[key]: value})
    }
    return thrown
  }
  if (!(thrown instanceof Error))
    return serviceError('HSVC_INTERNAL', `a non-error was thrown: ${thrownText(thrown)}`, details)
  if (thrown.name === 'AbortError') return serviceError('HSVC_ABORTED', 'interrupted', {...details, cause: thrown})
  const systemCode = (thrown as {code?: unknown}).code
  const name = typeof systemCode === 'string' ? systemCode : ''
  const hint = HINTS_OF_SYSTEM_ERRORS[name]
  const more = hint === undefined ? {} : {hint}
  return serviceError(CODES_OF_SYSTEM_ERRORS[name] ?? 'HSVC_INTERNAL', thrownText(thrown), {
    ...more,
    ...details,
    cause: thrown,
  })
}
