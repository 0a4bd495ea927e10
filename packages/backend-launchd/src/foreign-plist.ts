import {parsePlist} from './parse-plist.js'

/** The Hermes home that somebody else's definition sets; undefined where it sets none, or cannot be read. Pure. */
export function readHermesHome(text: string): string | undefined {
  const variables = parsePlist(text)?.['EnvironmentVariables']
  if (variables === null || typeof variables !== 'object') return undefined
  const {HERMES_HOME: home} = variables as Record<string, unknown>
  return typeof home === 'string' && home !== '' ? home : undefined
}
