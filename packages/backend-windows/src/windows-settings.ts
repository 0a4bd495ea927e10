import {isAbsolute} from 'node:path'
import type {BackendContext} from '@hermes-svc/core'

/** What starts a gateway at logon: a Scheduled Task, or an entry in the account's Startup folder. */
export type Starter = 'task' | 'startup'

/** `backends.windows` of the configuration, checked. */
export interface WindowsSettings {
  /** Absolute path of schtasks; null: that of the system directory. */
  readonly schtasks: string | null
  /** `startup` does not even try to make a task. */
  readonly starter: Starter
}

type Check = readonly [expected: string, isValid: (value: unknown) => boolean]

const KEYS: Readonly<Record<keyof WindowsSettings, Check>> = {
  schtasks: ['an absolute path', value => typeof value === 'string' && isAbsolute(value)],
  starter: ['task or startup', value => value === 'task' || value === 'startup'],
}

/** Reads `backends.windows`. Throws HSVC_CONFIG_INVALID naming the key, what was expected and what was there. */
export function parseSettings({
  configuration,
  error,
}: Pick<BackendContext, 'configuration' | 'error'>): WindowsSettings {
  for (const [key, value] of Object.entries(configuration)) {
    const check = Object.hasOwn(KEYS, key) ? KEYS[key as keyof WindowsSettings] : null
    if (check?.[1](value) === true) continue
    const [expected, got] =
      check === null
        ? [`one of the keys ${Object.keys(KEYS).join(', ')}`, 'another key']
        : [check[0], JSON.stringify(value).slice(0, 80)]
    throw error('HSVC_CONFIG_INVALID', `backends.windows.${key}: expected ${expected}, got ${got}`, {
      hint: `fix or remove backends.windows.${key}`,
    })
  }
  const {schtasks = null, starter = 'task'} = configuration as Partial<WindowsSettings>
  return {schtasks, starter}
}
