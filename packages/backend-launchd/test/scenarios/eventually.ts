import assert from 'node:assert/strict'
import {setTimeout as sleep} from 'node:timers/promises'

const POLL_MS = 20

/** Polls until there is a value; throws what was awaited after the deadline. Resolves with the value. */
export async function eventually<T>(
  what: string,
  look: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  deadlineMs = 60_000,
): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const found = await look()
    if (found !== false && found !== null && found !== undefined) return found
    assert.ok(performance.now() < end, `expected within ${String(deadlineMs)} ms: ${what}`)
    await sleep(POLL_MS)
  }
}

/** Looks for a while; throws as soon as the answer is false. */
export async function stays(what: string, look: () => boolean | Promise<boolean>, forMs: number): Promise<void> {
  const end = performance.now() + forMs
  for (;;) {
    assert.ok(await look(), `expected to stay: ${what}`)
    if (performance.now() >= end) return
    await sleep(POLL_MS)
  }
}
