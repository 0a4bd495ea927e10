import {isAbsolute} from 'node:path'
import type {BackendContext} from '@hermes-svc/core'

/** `backends.launchd` of the configuration, checked. */
export interface LaunchdSettings {
  /** Absolute path of launchctl. */
  readonly launchctl: string
}

const LAUNCHCTL = '/bin/launchctl'

/** Reads `backends.launchd`. Throws HSVC_CONFIG_INVALID naming the key, what was expected and what was there. */
export function parseSettings({
  configuration,
  error,
}: Pick<BackendContext, 'configuration' | 'error'>): LaunchdSettings {
  for (const [key, value] of Object.entries(configuration)) {
    if (key === 'launchctl' && typeof value === 'string' && isAbsolute(value)) continue
    const [expected, got] =
      key === 'launchctl'
        ? ['an absolute path', JSON.stringify(value).slice(0, 80)]
        : ['the key launchctl', 'another key']
    throw error('HSVC_CONFIG_INVALID', `backends.launchd.${key}: expected ${expected}, got ${got}`, {
      hint: `fix or remove backends.launchd.${key}`,
    })
  }
  const {launchctl} = configuration as Partial<LaunchdSettings>
  return {launchctl: launchctl ?? LAUNCHCTL}
}
