let timer: NodeJS.Timeout | undefined

/** Calls back when none of our commands has begun in that time: before one does, hooks of plugins run, and may hang. */
export function limitStart(ms: number, onLate: () => void): void {
  timer = setTimeout(onLate, ms).unref()
}

/** A command of ours begins. */
export function started(): void {
  clearTimeout(timer)
}
