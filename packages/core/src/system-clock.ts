import {setTimeout as sleep} from 'node:timers/promises'
import type {Clock} from './backend.js'

// Node turns a longer delay into one millisecond.
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's own time. `sleep` of more than 24 days ends after 24 days. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Node makes `performance` when it is first asked for, out of a dozen modules.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  async sleep(ms, signal) {
    await sleep(Math.min(Math.max(ms, 0), LONGEST_TIMER_MS), undefined, signal === undefined ? {} : {signal})
  },
}
