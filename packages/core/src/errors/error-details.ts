import {GATEWAY_STATES} from '../gateway-status.js'
import {lastExitShape} from '../service-answers.js'
import {flag, integer, listOf, objectOf, oneOf, orNull, type Shape, text} from '../shape.js'
import type {ErrorDetails, ServiceError, ToolFailure} from './service-error.js'

type ShownDetails = Omit<ErrorDetails, 'cause'>

const DETAILS: Readonly<Record<keyof ShownDetails, Shape>> = {
  hint: text,
  backend: text,
  verb: text,
  profile: text,
  state: oneOf(GATEWAY_STATES),
  lastExit: orNull(lastExitShape),
  logTail: listOf(text),
  tool: objectOf<ToolFailure>({
    file: text,
    args: listOf(text),
    exitCode: orNull(integer),
    signal: orNull(text),
    stderr: text,
    timedOut: flag,
  }),
  remains: listOf(text),
}

/** The details of an error that have the contract's shape; what a plugin put there in another one is left out. */
export function detailsOf(error: ServiceError): ShownDetails {
  const sound = Object.entries<Shape>(DETAILS).flatMap(([name, shape]) => {
    try {
      const value = (error as unknown as Record<string, unknown>)[name]
      return value === undefined ? [] : [[name, shape(value, name)]]
    } catch {
      return []
    }
  })
  return Object.fromEntries(sound) as ShownDetails
}
