import {createHash, randomBytes} from 'node:crypto'
import {realpathSync} from 'node:fs'

/** The variable that every process of a gateway inherits; its value is fresh for each start. */
export const INVOCATION_VARIABLE = 'HERMES_SVC_INVOCATION'

/** Environment entry of every runner, by which a tree that is killed leaves runners alone. */
export const RUNNER_MARK = 'HERMES_SVC_RUNNER='

/** Twelve hex digits that name a runner directory: in its socket's name and in its invocations. */
export function directoryHash(directory: string): string {
  return createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 12)
}

/** The start that all invocations of one runner directory have in common. */
export function invocationPrefix(directoryDigits: string): string {
  return `${directoryDigits.slice(0, 8)}-${directoryDigits.slice(8, 12)}-`
}

/**
 * A fresh UUID (version 8 of RFC 9562) that begins with the directory's digits: by it a runner finds what an earlier
 * one left running, even when that one was killed before it could write down a pid.
 */
export function newInvocation(directoryDigits: string): string {
  const random = randomBytes(10).toString('hex')
  return `${invocationPrefix(directoryDigits)}8${random.slice(0, 3)}-a${random.slice(3, 6)}-${random.slice(6, 18)}`
}
