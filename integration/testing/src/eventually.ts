/** Polls until the condition holds; throws after the deadline. */
export async function eventually<T>(
  what: string,
  condition: () => T | false | undefined | Promise<T | false | undefined>,
  deadlineMs = 20_000,
): Promise<T> {
  const started = performance.now()
  for (;;) {
    const value = await condition()
    if (value !== false && value !== undefined) return value
    if (performance.now() - started > deadlineMs) throw new Error(`not within ${String(deadlineMs)} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
