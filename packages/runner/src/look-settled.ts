import type {Clock} from '@hermes-svc/core'
import type {RunnerObservation} from './observe-runner.js'

const SETTLE_MS = 500
const POLL_MS = 5

/** What looks at a runner give; null where nothing is defined. */
type Look = {readonly seen: RunnerObservation | null} | null

/** Looks again where a gateway has just died: its runner gets the moment that it takes to write down how. */
export async function lookSettled<T extends Look>(look: () => T, clock: Clock): Promise<T> {
  const deadline = clock.monotonic() + SETTLE_MS
  for (;;) {
    const found = look()
    if (found?.seen?.settled !== false || clock.monotonic() > deadline) return found
    await clock.sleep(POLL_MS)
  }
}
