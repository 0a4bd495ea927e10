import type {Configuration} from './configuration.js'

/** What the guard waits beyond the stop timeout for a verb that stops, and in all for one that does not. Milliseconds. */
const STOP_MARGIN_MS = 10_000
export const OTHER_VERBS_MS = 30_000

/** How long a verb may take where the caller does not say, in milliseconds. Pure. */
export function verbBudgetMs(verb: string, {start, stop}: Pick<Configuration, 'start' | 'stop'>): number {
  const startsMs = Math.max(OTHER_VERBS_MS, start.settleMs + STOP_MARGIN_MS)
  const stopsMs = stop.timeoutMs + STOP_MARGIN_MS
  if (verb === 'start' || verb === 'register') return startsMs
  return verb === 'restart' || verb === 'install' ? stopsMs + startsMs : stopsMs
}
