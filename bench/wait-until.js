import {setTimeout as delay} from 'node:timers/promises'
import {interrupted} from './clean-up.js'

const PATIENCE_MS = 120_000

/** Asks until the answer is true. Rejects when the bench is interrupted; `cleansUp`: not then. */
export async function waitUntil(what, probe, {patienceMs = PATIENCE_MS, cleansUp = false} = {}) {
  const end = performance.now() + patienceMs
  while (!(await probe())) {
    if (!cleansUp) interrupted.throwIfAborted()
    if (performance.now() > end) throw new Error(`expected within ${patienceMs} ms: ${what}`)
    await delay(10)
  }
}
