import type {BackendContext} from '@hermes-svc/core'

/** `backends.systemd` of the configuration, checked. */
export interface SystemdSettings {
  /** Whether install may turn lingering on for the account of a user unit, so that it runs from boot on. */
  readonly linger: 'enable' | 'leave'
}

const LINGER = ['enable', 'leave']

/** Reads `backends.systemd`. Throws HSVC_CONFIG_INVALID naming the key, what was expected and what was there. */
export function parseSettings({
  configuration,
  error,
}: Pick<BackendContext, 'configuration' | 'error'>): SystemdSettings {
  for (const [key, value] of Object.entries(configuration)) {
    if (key === 'linger' && LINGER.includes(value as string)) continue
    const [expected, got] =
      key === 'linger' ? [LINGER.join(' or '), JSON.stringify(value).slice(0, 80)] : ['the key linger', 'another key']
    throw error('HSVC_CONFIG_INVALID', `backends.systemd.${key}: expected ${expected}, got ${got}`, {
      hint: `fix or remove backends.systemd.${key}`,
    })
  }
  const {linger} = configuration as Partial<SystemdSettings>
  return {linger: linger ?? 'leave'}
}
