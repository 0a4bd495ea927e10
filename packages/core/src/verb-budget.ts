import type {Configuration} from './configuration.js'

/** What the guard waits beyond the stop timeout for a verb that stops, and beyond the settle time for one that starts. Milliseconds. */
const STOP_MARGIN_MS = 10_000
/** What the guard waits in all for a verb that does not stop anything. Milliseconds. */
export const OTHER_VERBS_MS = 30_000
/** How long Hermes itself waits for a gateway that was sent SIGUSR1: for turns under way, and to end. Milliseconds. */
const DRAIN_MS = 1_815_000
/** How long a gateway that came up anew may take to say that it is healthy, where it says so at all. Milliseconds. */
export const HEALTH_MS = 120_000

/** How long a verb may take where the caller does not say. Milliseconds. Pure. */
export function verbBudgetMs(verb: string, {start, stop}: Pick<Configuration, 'start' | 'stop'>): number {
  const startsMs = Math.max(OTHER_VERBS_MS, start.settleMs + STOP_MARGIN_MS)
  const stopsMs = stop.timeoutMs + STOP_MARGIN_MS
  if (verb === 'drain') return DRAIN_MS + stopsMs + startsMs + HEALTH_MS
  if (verb === 'start' || verb === 'register') return startsMs
  return verb === 'restart' || verb === 'install' ? stopsMs + startsMs : stopsMs
}
