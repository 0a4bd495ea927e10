/** Polls until the condition holds, half of the time at most: many conditions run a program. Throws after the deadline. */
export async function eventually<T>(
  what: string,
  condition: () => T | false | undefined | Promise<T | false | undefined>,
  deadlineMs = 60_000,
): Promise<T> {
  const started = performance.now()
  for (;;) {
    const asked = performance.now()
    const value = await condition()
    if (value !== false && value !== undefined) return value
    if (performance.now() - started > deadlineMs) throw new Error(`not within ${String(deadlineMs)} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, Math.max(20, performance.now() - asked)))
  }
}
