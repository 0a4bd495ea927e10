import type {Capabilities} from '@hermes-svc/core'
import type {Bench} from './bench.js'
import type {ConformanceOptions} from './conformance-options.js'

/** The chapters of docs/contract.md, in its order. */
export const GROUPS = [
  'naming',
  'lifecycle',
  'install',
  'registration',
  'observation',
  'atomicity',
  'concurrency',
  'secrets',
  'foreign',
  'values',
  'planning',
  'capability',
] as const

/** One chapter. */
export type Group = (typeof GROUPS)[number]

/** What decides whether a sentence binds a backend: its capabilities, and the hooks that its author gave. */
export interface Setting {
  readonly capabilities: Capabilities
  readonly options: ConformanceOptions
}

/** A sentence of docs/contract.md with its test. */
export interface Requirement {
  readonly title: string
  /** Why it does not bind here, or cannot be tried; null when it does. Left out: it always does. */
  readonly exempt?: (setting: Setting) => string | null
  readonly run: (bench: Bench) => Promise<void>
}

/** Exempts backends without a capability. */
export function needs(capability: keyof Capabilities): (setting: Setting) => string | null {
  return ({capabilities}) => {
    const value = capabilities[capability]
    return value === false || value === 'none' || value === null
      ? `capabilities.${capability} is ${String(value)}`
      : null
  }
}

/** Exempts backends whose author gave no such hook. */
export function needsHook(...hooks: (keyof ConformanceOptions)[]): (setting: Setting) => string | null {
  return ({options}) =>
    hooks.some(hook => options[hook] !== undefined && options[hook] !== false)
      ? null
      : `no ${hooks.join(' or ')} was given`
}

/** Exempts backends that any of the rules exempts. */
export function allOf(...rules: ((setting: Setting) => string | null)[]): (setting: Setting) => string | null {
  return setting => rules.map(rule => rule(setting)).find(reason => reason !== null) ?? null
}
