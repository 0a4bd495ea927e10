import {setTimeout as delay} from 'node:timers/promises'

const PATIENCE_MS = 120_000

/** Asks until the answer is true. */
export async function waitUntil(what, probe, patienceMs = PATIENCE_MS) {
  const end = performance.now() + patienceMs
  while (!(await probe())) {
    if (performance.now() > end) throw new Error(`expected within ${patienceMs} ms: ${what}`)
    await delay(10)
  }
}
