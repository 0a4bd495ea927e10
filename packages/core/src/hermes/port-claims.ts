import type {Claim} from './claim.js'
import {parseTruth} from './hermes-config.js'
import {type HermesSettings, isReference} from './hermes-settings.js'
import {usableSecret} from './token-claims.js'

/** Hermes starts no API server whose key is shorter. */
const KEY_LENGTH = 16

/** A listener of Hermes' gateway, and what holds where nothing is said. */
interface Listener {
  readonly name: string
  readonly platform: string
  readonly variable: string
  readonly port: number
  /** Empty: every address. */
  readonly host: string
}

const API_SERVER: Listener = {
  name: 'API server',
  platform: 'api_server',
  variable: 'API_SERVER_PORT',
  port: 8642,
  host: '127.0.0.1',
}
const WEBHOOK: Listener = {name: 'webhook', platform: 'webhook', variable: 'WEBHOOK_PORT', port: 8644, host: ''}

/** What is said of a listener. */
interface Said {
  readonly variable: string | null | undefined
  /** Whether the variable wins over config.yaml. */
  readonly variableWins: boolean
  readonly host: unknown
  /** Whether it surely listens somewhere. */
  readonly starts: boolean
}

/** A port as Hermes reads it, which passes over what is no number. */
export function readPort(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  const port = /^\+?[0-9]{1,10}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : null
}

function claimOf(settings: HermesSettings, listener: Listener, said: Said): Claim[] {
  const written = settings.platform(listener.platform).address('port')
  const host = said.host === undefined || said.host === '' ? listener.host : said.host
  if (said.variable === null || typeof host !== 'string' || [written, host].some(isReference)) return []
  const [inVariable, inConfig] = [readPort(said.variable), readPort(written)]
  const isVariable = inVariable !== null && (said.variableWins || inConfig === null)
  const port = (isVariable ? inVariable : inConfig) ?? listener.port
  const isInDotenv = isVariable && settings.isInDotenv(listener.variable)
  const byHand = listener === API_SERVER ? '--port' : `${listener.variable} in its .env`
  const inFile = isInDotenv
    ? `${listener.variable} in its .env`
    : `platforms.${listener.platform}.extra.port in its config.yaml`
  const setting = isInDotenv || (!isVariable && inConfig !== null) ? inFile : byHand
  // An environment that is not ours may say another one, which only .env would win over.
  const certain = said.starts && settings.complete && (isInDotenv || !settings.foreign)
  return [{kind: 'port', name: listener.name, value: String(port), host, setting, certain}]
}

function apiServerClaims(settings: HermesSettings): Claim[] {
  const platform = settings.platform('api_server')
  const key = settings.variable('API_SERVER_KEY')
  const hasKey = usableSecret(key, KEY_LENGTH) !== null
  // Earlier versions of Hermes start one that is asked for also without a key.
  const asked = parseTruth(settings.variable('API_SERVER_ENABLED')) === true
  if (!(platform.enabled ?? (hasKey || key === null || asked))) return []
  const host = settings.variable('API_SERVER_HOST')
  return claimOf(settings, API_SERVER, {
    variable: settings.variable('API_SERVER_PORT'),
    variableWins: hasKey,
    host: host === undefined ? platform.address('host') : host,
    starts: hasKey || usableSecret(platform.setting('key'), KEY_LENGTH) !== null,
  })
}

function webhookClaims(settings: HermesSettings): Claim[] {
  const platform = settings.platform('webhook')
  const asked = parseTruth(settings.variable('WEBHOOK_ENABLED')) === true
  if (!asked && platform.enabled !== true) return []
  const variable = asked ? settings.variable('WEBHOOK_PORT') : undefined
  return claimOf(settings, WEBHOOK, {variable, variableWins: true, host: platform.address('host'), starts: true})
}

/**
 * The ports that a gateway with these settings listens on. `told` is what install was told with --port: where no API
 * server is on, something else may listen there.
 */
export function portClaims(settings: HermesSettings, told: number | null): Claim[] {
  const apiServer = apiServerClaims(settings)
  const other: Claim[] =
    told === null || apiServer.length > 0
      ? []
      : [{kind: 'port', name: '--port', value: String(told), host: null, setting: '--port', certain: false}]
  return [...apiServer, ...other, ...webhookClaims(settings)]
}
