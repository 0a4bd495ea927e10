import {type Claim, fingerprint} from './claim.js'
import {type HermesSettings, isReference} from './hermes-settings.js'

interface TokenKey {
  readonly key: string
  readonly platform: string
  /** Its name in config.yaml, where it may be there too. */
  readonly setting?: string
  /** The variable without which Hermes does not connect the platform by this one. */
  readonly together?: string
  /** Whether Hermes locks it, so that a second gateway with it does not connect; otherwise both do, and share what comes in. */
  readonly locked: boolean
}

// What the adapters pass to acquire_scoped_lock of gateway/status.py, and two that are as exclusive without a lock.
const TOKENS: readonly TokenKey[] = [
  {key: 'TELEGRAM_BOT_TOKEN', platform: 'telegram', setting: 'token', locked: true},
  {key: 'DISCORD_BOT_TOKEN', platform: 'discord', setting: 'token', locked: true},
  {key: 'SLACK_APP_TOKEN', platform: 'slack', together: 'SLACK_BOT_TOKEN', locked: true},
  {key: 'SLACK_BOT_TOKEN', platform: 'slack', setting: 'token', locked: false},
  {key: 'SIGNAL_ACCOUNT', platform: 'signal', setting: 'account', together: 'SIGNAL_HTTP_URL', locked: true},
  {key: 'WEIXIN_TOKEN', platform: 'weixin', setting: 'token', locked: true},
  {key: 'FEISHU_APP_ID', platform: 'feishu', setting: 'app_id', together: 'FEISHU_APP_SECRET', locked: true},
  {key: 'QQ_APP_ID', platform: 'qqbot', setting: 'app_id', locked: true},
  {key: 'MATRIX_ACCESS_TOKEN', platform: 'matrix', setting: 'token', locked: true},
  {key: 'LINE_CHANNEL_ACCESS_TOKEN', platform: 'line', locked: true},
  {key: 'MATTERMOST_TOKEN', platform: 'mattermost', setting: 'token', locked: false},
]

/** The environment keys of all of them. */
export const TOKEN_KEYS: readonly string[] = TOKENS.map(({key}) => key)

const PLACEHOLDERS = [
  ...['*', '**', '***', 'changeme', 'placeholder', 'example', 'dummy', 'null', 'none'],
  ...['your_api_key', 'your_api_key_here', 'your-api-key'],
]

/** A secret as Hermes takes it: what is not ASCII is dropped, and a placeholder or a rest of one is none; then null. */
export function usableSecret(value: unknown, minimumLength = 4): string | null {
  if (typeof value !== 'string' || isReference(value)) return null
  const secret = value.replaceAll(/[^\0-\x7F]/g, '').trim()
  return secret.length < minimumLength || PLACEHOLDERS.includes(secret.toLowerCase()) ? null : secret
}

/** The tokens that a gateway with these settings connects with. A platform that config.yaml disables is not connected. */
export function tokenClaims(settings: HermesSettings): Claim[] {
  return TOKENS.flatMap(({key, platform: name, setting, together, locked}) => {
    const platform = settings.platform(name)
    const variable = settings.variable(key)
    const written = setting === undefined ? null : platform.setting(setting)
    const secret = usableSecret(variable === undefined ? written : variable)
    const byVariable = variable !== undefined && (together === undefined || settings.variable(together) !== undefined)
    if (secret === null || !(platform.enabled ?? byVariable)) return []
    const place = settings.isInDotenv(key) ? 'in its .env' : 'with --env'
    const where = variable === undefined ? 'in its config.yaml' : place
    // An environment that is not ours may have another one, which only .env would win over.
    const certain = locked && settings.complete && !(settings.foreign && variable === undefined)
    return [{kind: 'token', name: key, value: fingerprint(secret), host: null, setting: `${key} ${where}`, certain}]
  })
}
