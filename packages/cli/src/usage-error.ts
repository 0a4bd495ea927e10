import {type ServiceError, isServiceError, serviceError} from '@hermes-svc/core'

// What oclif puts around a message of ours when a value of a flag is bad, and around its own.
const DECORATION = /^Parsing --\S+\s+|\s*See more help with --help\s*$/g

/** A usage error of ours: exit 64, pointing at the help of the command. */
export function usageError(message: string, command?: string): ServiceError {
  const of = command === undefined || command === '' ? '' : ` ${command.replaceAll(':', ' ')}`
  return serviceError('HSVC_USAGE', message, {hint: `hermes-svc${of} --help`})
}

/** Turns what oclif's parser throws into a usage error; its own objects carry the whole configuration. */
export function toUsageError(thrown: unknown, command?: string): ServiceError {
  if (isServiceError(thrown) && thrown.code !== 'HSVC_USAGE') return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return usageError(
    message
      .replaceAll(DECORATION, '')
      .replaceAll(/\s*\n\s*/g, ' ')
      .trim(),
    command,
  )
}

/** Whether an error of oclif's own says that flags, arguments or the command are wrong. */
export function isParserError(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  const {parse, oclif} = thrown as {parse?: unknown; oclif?: {exit?: unknown}}
  return parse !== undefined || oclif?.exit === 127
}
