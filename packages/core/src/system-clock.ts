import type {Clock} from './backend.js'

// Node turns a longer delay into one millisecond.
const LONGEST_TIMER_MS = 2 ** 31 - 1

function after(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS))
  return () => {
    clearTimeout(timer)
  }
}

function abortError({reason}: AbortSignal): Error {
  return Object.assign(new Error('The sleep was aborted', {cause: reason}), {name: 'AbortError', code: 'ABORT_ERR'})
}

/** The machine's own time. `sleep` of more than 24 days ends after 24 days. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Node makes `performance` when it is first asked for, out of a dozen modules, and loads `timers/promises` when it is imported.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(abortError(signal))
        return
      }
      const onAbort = (): void => {
        cancel()
        reject(abortError(signal as AbortSignal))
      }
      const cancel = after(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, {once: true})
    }),
  after,
}
