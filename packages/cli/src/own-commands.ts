import {closestNames, type ServiceError, serviceError} from '@hermes-svc/core'
import {OWN_COMMANDS} from './own-command-list.js'
import {usageError} from './usage-error.js'

export {OWN_COMMANDS}

function isTopic(word: string): boolean {
  return OWN_COMMANDS.some(command => command.startsWith(`${word} `))
}

/** The usage error for words that are no command, with the nearest one. */
export function unknownCommand(words: string): ServiceError {
  const topic = words.split(' ')[0] ?? ''
  const [near] = closestNames(words, OWN_COMMANDS)
  const help = `hermes-svc ${isTopic(topic) ? `${topic} ` : ''}--help`
  const meant = near === undefined ? '' : `did you mean hermes-svc ${near}? See `
  return serviceError('HSVC_USAGE', `${JSON.stringify(words)} is not a command`, {hint: `${meant}${help}`})
}

/**
 * Refuses, for callers that want JSON, the lines that oclif answers with help in prose and exit code 0, or takes a flag
 * for a command. Throws HSVC_USAGE.
 */
export function assertCommandNamed(argv: readonly string[]): void {
  const [first] = argv
  if (OWN_COMMANDS.some(command => command === first)) return
  if (argv.includes('--help') || first === '--version') return
  if (first === undefined || first.startsWith('-'))
    throw usageError(`expected a command first, got ${first ?? 'nothing'}`)
  const second = argv[1]
  if ((second === undefined || second.startsWith('-')) && isTopic(first))
    throw usageError(`expected a command after ${first}`, first)
}
