import type {HomeFiles} from './home-files.js'

/** What a profile's config.yaml says. */
export interface HermesConfig {
  /** Empty where there is no file or nothing in it; null where it could not be read. Its values may be secrets. */
  readonly data: Readonly<Record<string, unknown>> | null
  /** Why it could not be read, without any of its text; null where it could. */
  readonly problem: string | null
}

const FILE = 'config.yaml'

/** Whether YAML gave a mapping, whose values can be looked up. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** The line of a parser's complaint, whose text quotes the file. */
function lineOf(error: unknown): string {
  const line = (error as {mark?: {line?: unknown}} | undefined)?.mark?.line
  return typeof line === 'number' ? ` near line ${String(line + 1)}` : ''
}

/**
 * Reads a profile's config.yaml. Never rejects for what is in the file or who may read it: it is not ours, and Hermes
 * itself goes on without one that does not parse. The parser is imported only where there is something to parse.
 */
export async function readHermesConfig(homes: HomeFiles, profile: string): Promise<HermesConfig> {
  const path = homes.path(profile, FILE)
  let text: string | null
  try {
    text = homes.read(profile, FILE)
  } catch (error) {
    return {data: null, problem: `${path} could not be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`}
  }
  if (text === null || text.trim() === '') return {data: {}, problem: null}
  const {load} = await import('js-yaml')
  try {
    // As PyYAML does, the last of two equal keys counts.
    const data = load(text, {json: true}) ?? {}
    return isMapping(data)
      ? {data, problem: null}
      : {data: null, problem: `${path}: expected a mapping, got other YAML`}
  } catch (error) {
    return {data: null, problem: `${path}: expected YAML, got something else${lineOf(error)}`}
  }
}

/**
 * Reads a truth value as Hermes does: YAML 1.1's `yes` and `on` are text to a parser of YAML 1.2, and environments have
 * only text. null for what Hermes passes over, which is empty or none of its words.
 */
export function parseTruth(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  const word = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (['1', 'true', 'yes', 'on'].includes(word)) return true
  return ['0', 'false', 'no', 'off'].includes(word) ? false : null
}

/**
 * Whether one gateway, that of `default`, serves all profiles: `gateway.multiplex_profiles` of its config.yaml, or the
 * same key at the top, which wins; GATEWAY_MULTIPLEX_PROFILES of its environment wins over both.
 */
export function servesAllProfiles(
  config: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>> = {},
): boolean {
  const {gateway, multiplex_profiles: top} = config
  const nested = isMapping(gateway) ? gateway['multiplex_profiles'] : undefined
  return parseTruth(env['GATEWAY_MULTIPLEX_PROFILES']) ?? parseTruth(top ?? nested) ?? false
}
