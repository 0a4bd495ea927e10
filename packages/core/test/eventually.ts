import {setTimeout as sleep} from 'node:timers/promises'

/** Resolves as soon as the condition holds; rejects when it does not within the deadline. Milliseconds. */
export async function eventually(what: string, condition: () => boolean, deadlineMs = 60_000): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`expected ${what} within ${String(deadlineMs)} ms`)
    await sleep(10)
  }
}
