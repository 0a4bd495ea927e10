import type {DotenvValues} from './dotenv.js'
import {isMapping, parseTruth} from './hermes-config.js'

type Mapping = Readonly<Record<string, unknown>>

/** What decides how a gateway connects. A source that could not be read is null. */
export interface SettingSources {
  /** What we give it; null for one that others define. */
  readonly env: Readonly<Record<string, string>> | null
  readonly dotenv: DotenvValues | null
  readonly config: Mapping | null
  /** Whether the home has a gateway.json of earlier versions, which Hermes still reads below config.yaml. */
  readonly legacy?: boolean
}

/** One platform of config.yaml. */
export interface PlatformSettings {
  /** null where config.yaml leaves it to Hermes, which then goes by the environment. */
  readonly enabled: boolean | null
  setting(name: string): unknown
  /** A setting that also counts in a block of the platform's name at the top, and wins there. */
  address(name: 'host' | 'port'): unknown
}

function mappingAt(from: Mapping | null, ...path: readonly string[]): Mapping {
  let found: unknown = from
  for (const key of path) found = isMapping(found) ? found[key] : undefined
  return isMapping(found) ? found : {}
}

function overlay(blocks: readonly Mapping[]): Mapping {
  return blocks.reduce((below, above) => ({...below, ...above}), {})
}

/** Whether a text names other variables, which Hermes fills in and we cannot. */
export function isReference(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${')
}

/**
 * The settings of one profile as its gateway finds them, by Hermes' gateway/config.py and hermes_cli/env_loader.py
 * (https://github.com/NousResearch/hermes-agent): `.env` is loaded over the environment of the process, so it wins over what
 * install gave, and both win over config.yaml.
 */
export class HermesSettings {
  readonly #sources: SettingSources

  constructor(sources: SettingSources) {
    this.#sources = sources
  }

  /** Whether nothing but these sources can decide. A secret manager that config.yaml enables may replace what `.env` says. */
  get complete(): boolean {
    const {dotenv, config, legacy = false} = this.#sources
    const managers = Object.keys(mappingAt(config, 'secrets'))
    const asked = managers.some(name => parseTruth(mappingAt(config, 'secrets', name)['enabled']) === true)
    return dotenv !== null && config !== null && !legacy && !asked
  }

  /** Whether an environment that we do not know may set what `.env` leaves open. */
  get foreign(): boolean {
    return this.#sources.env === null
  }

  /** A variable of the gateway's environment: null where it refers to others, undefined where it is unset or empty. */
  variable(key: string): string | null | undefined {
    const {env, dotenv} = this.#sources
    const value = dotenv?.has(key) === true ? dotenv.get(key) : env?.[key]
    return value === '' ? undefined : value
  }

  /** Whether `variable` has it from the profile's own `.env`. */
  isInDotenv(key: string): boolean {
    return this.#sources.dotenv?.has(key) === true
  }

  /** A platform's block: it may be in four places, and Hermes lays them over each other in this order. */
  platform(name: string): PlatformSettings {
    const {config} = this.#sources
    const top = mappingAt(config, name)
    const blocks = [
      mappingAt(config, 'gateway', 'platforms', name),
      mappingAt(config, 'platforms', name),
      mappingAt(config, 'gateway', name),
    ]
    const merged = overlay(blocks)
    const extra = overlay(blocks.map(block => mappingAt(block, 'extra')))
    const enabled = Object.hasOwn(top, 'enabled') ? top['enabled'] : merged['enabled']
    const setting: PlatformSettings['setting'] = key => extra[key] ?? merged[key]
    return {
      enabled: enabled === undefined ? null : (parseTruth(enabled) ?? false),
      setting,
      address: key => top[key] ?? setting(key),
    }
  }
}
