import {isAbsolute} from 'node:path'
import type {BackendContext} from '@hermes-svc/core'

/** `backends.s6` of the configuration, checked. */
export interface S6Settings {
  /** The scan directory; null: found by detection. */
  readonly scandir: string | null
  /** Where s6's programs are; null: the usual places. */
  readonly binDir: string | null
  /** What a slot runs: Hermes' command of today, or that of the reference module. */
  readonly dialect: 'hermes' | 'reference'
  /** How many services with a logger the supervisor takes; its own default is 500. */
  readonly capacity: number
}

/** What s6-svscan takes when it is not told otherwise: `-C 1000` slots, two for a service with a logger (s6-svscan.html). */
export const DEFAULT_CAPACITY = 500

const DIALECTS = ['hermes', 'reference']

function isPath(value: unknown): boolean {
  return typeof value === 'string' && isAbsolute(value) && !value.includes('\0')
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0
}

const RULES: Readonly<Record<string, {readonly expected: string; readonly fits: (value: unknown) => boolean}>> = {
  scandir: {expected: 'an absolute path', fits: isPath},
  binDir: {expected: 'an absolute path', fits: isPath},
  dialect: {expected: 'hermes or reference', fits: value => DIALECTS.includes(value as string)},
  capacity: {expected: 'a whole number from 1', fits: isCount},
}

/** Reads `backends.s6`. Throws HSVC_CONFIG_INVALID naming the key, what was expected and what was there. */
export function parseSettings({configuration, error}: Pick<BackendContext, 'configuration' | 'error'>): S6Settings {
  for (const [key, value] of Object.entries(configuration)) {
    const rule = Object.hasOwn(RULES, key) ? RULES[key] : undefined
    if (rule?.fits(value) === true) continue
    const expected = rule?.expected ?? `one of the keys ${Object.keys(RULES).join(', ')}`
    const got = rule === undefined ? 'another key' : JSON.stringify(value).slice(0, 80)
    throw error('HSVC_CONFIG_INVALID', `backends.s6.${key}: expected ${expected}, got ${got}`, {
      hint: `fix or remove backends.s6.${key}`,
    })
  }
  const {scandir, binDir, dialect, capacity} = configuration as Partial<S6Settings>
  return {
    scandir: scandir ?? null,
    binDir: binDir ?? null,
    dialect: dialect ?? 'hermes',
    capacity: capacity ?? DEFAULT_CAPACITY,
  }
}
