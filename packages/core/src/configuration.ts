import type {Scope} from './capabilities.js'
import {serviceError} from './errors/service-error.js'
import type {LogPolicy, RestartPolicy} from './gateway-spec.js'
import {SETTINGS, type Setting, variableOf} from './configuration-settings.js'

/** The configuration in force, validated. Durations in milliseconds, sizes in bytes. */
export interface Configuration {
  readonly backend: string | null
  readonly scope: Scope | null
  readonly hermes: {
    readonly root: string | null
    /** The gateway's command; `{profile}` and `{port}` are filled in. */
    readonly command: readonly string[]
    /** Account that a root supervisor drops to; null: the owner of the root. */
    readonly user: string | null
    readonly cwd: string | null
  }
  readonly restart: RestartPolicy
  readonly start: {readonly settleMs: number}
  readonly stop: {readonly timeoutMs: number}
  readonly logs: LogPolicy
  readonly plugins: {readonly allow: readonly string[] | null}
  /** Settings of each backend by kind; the backend checks its own. */
  readonly backends: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** One source of settings. `source` is shown to people: a path, `environment`, `--backend`. */
export interface ConfigurationLayer {
  readonly source: string
  /** Nested as in a configuration file, or flat with dotted keys. */
  readonly data: unknown
}

/** A setting with where it came from, for `config show`. */
export interface EffectiveValue {
  readonly key: string
  readonly value: unknown
  /** `default`, or the source of the layer. */
  readonly origin: string
}

/** The outcome of laying the sources over each other. */
export interface MergedConfiguration {
  readonly configuration: Configuration
  /** Dotted key → source, for the keys that a source set. */
  readonly origins: Readonly<Record<string, string>>
  /** Dotted keys that a source set, sorted: what the user asked for, as opposed to defaults. */
  readonly userSet: readonly string[]
}

type Flat = Record<string, unknown>

function invalid(source: string, key: string, expected: string, got: unknown): Error {
  const shown = got === undefined ? 'nothing' : JSON.stringify(got)
  const message = `${source}: ${key === '' ? 'the document' : key}: expected ${expected}, got ${shown.slice(0, 80)}`
  return serviceError('HSVC_CONFIG_INVALID', message, {hint: 'hermes-svc config show lists every key with its value'})
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function unknownKey(source: string, key: string): Error {
  const keys = SETTINGS.map(setting => setting.key)
  const prefix = key.includes('.') ? key.slice(0, key.lastIndexOf('.') + 1) : ''
  const near = keys.filter(known => known.startsWith(prefix))
  const expected = `one of ${(near.length > 0 ? near : keys).join(', ')}`
  return serviceError('HSVC_CONFIG_INVALID', `${source}: unknown key ${key}: expected ${expected}`, {
    hint: 'remove the key, or fix its name',
  })
}

/** Flattens one layer to dotted keys that the settings table knows, each value parsed. */
function readLayer({source, data}: ConfigurationLayer): Flat {
  if (data === null || data === undefined) return {}
  if (!isMapping(data)) throw invalid(source, '', 'a mapping of keys', data)
  const settings = new Map(SETTINGS.map(setting => [setting.key, setting]))
  const flat: Flat = {}
  const visit = (value: unknown, key: string): void => {
    const setting = settings.get(key)
    if (setting) {
      flat[key] = parseValue(setting, value, source)
    } else if (isMapping(value) && SETTINGS.some(({key: known}) => known.startsWith(`${key}.`))) {
      for (const [name, inner] of Object.entries(value)) visit(inner, `${key}.${name}`)
    } else if (SETTINGS.some(({key: known}) => known.startsWith(`${key}.`))) {
      throw invalid(source, key, 'a mapping', value)
    } else {
      throw unknownKey(source, key)
    }
  }
  for (const [name, value] of Object.entries(data)) visit(value, name)
  return flat
}

function parseValue(setting: Setting, value: unknown, source: string): unknown {
  const parsed = setting.parse(value)
  if (parsed === undefined) throw invalid(source, setting.key, setting.expected, value)
  return parsed
}

/** Lays sources over the defaults, the first one winning. Throws HSVC_CONFIG_INVALID naming source, key, expected and got. */
export function mergeConfiguration(layers: readonly ConfigurationLayer[]): MergedConfiguration {
  const values: Flat = Object.fromEntries(SETTINGS.map(({key, fallback}) => [key, fallback]))
  const origins: Record<string, string> = {}
  for (const layer of layers) {
    for (const [key, value] of Object.entries(readLayer(layer))) {
      if (Object.hasOwn(origins, key)) continue
      values[key] = value
      origins[key] = layer.source
    }
  }
  const configuration = nest(values)
  if (configuration.restart.maxDelayMs < configuration.restart.delayMs) {
    const source = origins['restart.maxDelay'] ?? origins['restart.delay'] ?? 'default'
    throw invalid(source, 'restart.maxDelay', 'at least restart.delay', `${String(configuration.restart.maxDelayMs)}ms`)
  }
  return {configuration, origins, userSet: Object.keys(origins).sort()}
}

function nest(flat: Flat): Configuration {
  const tree: Record<string, unknown> = {}
  for (const {key, field} of SETTINGS) {
    const path = field.split('.')
    const last = path.pop() ?? key
    let node = tree
    for (const part of path) node = (node[part] ??= {}) as Record<string, unknown>
    node[last] = flat[key]
  }
  return tree as unknown as Configuration
}

/** The HERMES_SVC_* variables as a layer: `restart.maxDelay` is HERMES_SVC_RESTART_MAX_DELAY. Set but empty counts as unset. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>): ConfigurationLayer {
  const data: Flat = {}
  for (const {key, fromText} of SETTINGS) {
    const text = env[variableOf(key)]
    if (text !== undefined && text !== '') data[key] = fromText ? fromText(text) : text
  }
  return {source: 'environment', data}
}

/** Every key with its value, as a file would have it, and where it came from, in the order of the documentation. */
export function effectiveValues(
  configuration: Configuration,
  origins: Readonly<Record<string, string>>,
): EffectiveValue[] {
  return SETTINGS.map(({key, field, show = value => value}) => {
    const value = field
      .split('.')
      .reduce((node: unknown, part) => (node as Record<string, unknown>)[part], configuration)
    return {key, value: show(value ?? null), origin: origins[key] ?? 'default'}
  })
}
