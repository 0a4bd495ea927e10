import type {Clock} from './backend.js'
import {serviceError} from './errors/service-error.js'
import type {LogLine} from './gateway-status.js'

/** How long a log that nobody wants any more may take to end by itself. Milliseconds. */
const CLOSING_MS = 1000

/** How long lines are waited for. */
export interface LineBounds {
  readonly clock: Clock
  readonly signals: readonly (AbortSignal | undefined)[]
  /** For the next line, at least. Milliseconds. */
  readonly patienceMs: number
  readonly noAnswer: Error
}

/**
 * The lines of a backend's log, ended in time also where the backend hangs. Who follows waits for the next line as long as
 * it takes, and to abort is then an end like any other. Bounds do not cost more than a promise for each line: logs are long.
 */
export async function* boundedLines(
  log: AsyncIterable<LogLine>,
  follow: boolean,
  {clock, signals, patienceMs, noAnswer}: LineBounds,
): AsyncGenerator<LogLine, void, undefined> {
  const lines = log[Symbol.asyncIterator]()
  const aborted = serviceError('HSVC_ABORTED', 'interrupted')
  const finished = new AbortController()
  const pause = (ms: number): Promise<void> => clock.sleep(ms, finished.signal)
  let asked = 0
  const waiting: {over?: Error; refuse?: ((reason: Error) => void) | undefined} = {}
  const end = (reason: Error): void => {
    waiting.over = reason
    waiting.refuse?.(reason)
  }
  const onAbort = (): void => {
    pause(follow ? CLOSING_MS : 0).then(
      () => {
        end(aborted)
      },
      () => undefined,
    )
  }
  const watch = async (): Promise<void> => {
    let seen = -1
    while (waiting.over === undefined) {
      // A reader that takes its time is no fault of the backend's.
      if (asked === seen && waiting.refuse !== undefined) end(noAnswer)
      seen = asked
      await pause(patienceMs)
    }
  }
  const next = (): Promise<IteratorResult<LogLine>> =>
    new Promise((resolve, reject) => {
      asked += 1
      waiting.refuse = reject
      lines.next().then(resolve, reject)
    })
  for (const signal of signals) signal?.addEventListener('abort', onAbort, {once: true, signal: finished.signal})
  if (signals.some(signal => signal?.aborted)) onAbort()
  if (!follow) watch().catch(() => undefined)
  try {
    for (;;) {
      if (waiting.over !== undefined) throw waiting.over
      const line = await next()
      waiting.refuse = undefined
      if (line.done === true) return
      yield line.value
    }
  } catch (error) {
    if (error !== aborted || !follow) throw error
  } finally {
    // A backend that hangs in its work hangs in closing it too, and is left.
    await Promise.race([lines.return?.(), pause(CLOSING_MS)]).catch(() => undefined)
    finished.abort()
  }
}
