import {closestNames, type ServiceError, serviceError} from '@hermes-svc/core'
import {usageError} from './usage-error.js'

/** Every command of ours, as typed: what an unknown one is compared with. A test holds it to the files. */
export const OWN_COMMANDS = [
  'gateway list',
  'gateway status',
  'gateway install',
  'gateway uninstall',
  'gateway register',
  'gateway unregister',
  'gateway start',
  'gateway stop',
  'gateway restart',
  'gateway logs',
  'gateway reconcile',
  'backend list',
  'backend detect',
  'backend verify',
  'doctor',
  'config show',
  'plugins',
  'plugins install',
  'plugins update',
  'plugins uninstall',
  'plugins link',
  'plugins reset',
] as const

/** Whether a command line names one of our commands and does not ask for its help. */
export function isOwnCommand(argv: readonly string[]): boolean {
  const words = argv.join(' ').replace(':', ' ')
  return !argv.includes('--help') && OWN_COMMANDS.some(command => `${words} `.startsWith(`${command} `))
}

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
