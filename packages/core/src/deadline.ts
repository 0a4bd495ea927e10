import {setMaxListeners} from 'node:events'
import type {Clock} from './backend.js'
import {serviceError, toServiceError} from './errors/service-error.js'

/** A bounded piece of work. */
export interface Deadline {
  /** Aborts at the deadline or with the caller; `reason` is the error to reject with. */
  readonly signal: AbortSignal
  /** Milliseconds left, never below 0. */
  remainingMs(): number
  /** Settles as the promise does, but rejects at once when the signal aborts, also where the promise ignores it. */
  race<T>(promise: Promise<T>): Promise<T>
}

/** How long, on whose behalf, and what to say when time is up. */
export interface DeadlineOptions {
  /** Infinity: only the callers' signals end it. */
  readonly timeoutMs: number
  readonly clock: Clock
  /** The caller's signals; any of them ends the work with HSVC_ABORTED. */
  readonly signals: readonly (AbortSignal | undefined)[]
  /** Makes the error for time being up. */
  readonly onTimeout: () => Error
  /** How long the work may still undo what it did after its signal aborted. Milliseconds, default 0. */
  readonly graceMs?: number
  /** Makes the HSVC_ROLLBACK_FAILED for an undo that did not end within the grace; default: why the work was ended. */
  readonly onGraceOver?: (reason: unknown) => Error
}

/** Whether an error tells more than that time is up: what remains, or who is in the way. */
function tellsMore(error: unknown): boolean {
  return ['HSVC_ROLLBACK_FAILED', 'HSVC_BUSY'].includes(toServiceError(error).code)
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  const rejection = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, {once: true})
  })
  // It may lose the race it is made for; that is no unhandled rejection.
  rejection.catch(() => undefined)
  return rejection
}

/**
 * Runs `work` and settles soon after the deadline even when `work` does not: its signal aborts, it gets `graceMs` to
 * undo, and what it returns later is dropped. Rejects HSVC_ABORTED when a caller aborts.
 */
export async function withDeadline<T>(options: DeadlineOptions, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  const {timeoutMs, clock, onTimeout, graceMs = 0, onGraceOver} = options
  const callers = options.signals.filter(signal => signal !== undefined)
  const ending = new AbortController()
  const finished = new AbortController()
  const onAbort = (): void => {
    ending.abort(serviceError('HSVC_ABORTED', 'interrupted before the state was observed'))
  }
  if (callers.some(signal => signal.aborted)) onAbort()
  ending.signal.throwIfAborted()
  for (const signal of callers) {
    // One signal may stand for the whole program, and then any number of verbs listen to it.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', onAbort, {once: true, signal: finished.signal})
  }
  const end = clock.monotonic() + timeoutMs
  if (Number.isFinite(timeoutMs)) {
    clock.sleep(timeoutMs, finished.signal).then(
      () => {
        ending.abort(onTimeout())
      },
      () => undefined,
    )
  }
  const ended = rejectionOf(ending.signal)
  const graceOver = ended.catch(async (reason: unknown) => {
    if (graceMs > 0) await clock.sleep(graceMs, finished.signal)
    throw onGraceOver?.(reason) ?? reason
  })
  graceOver.catch(() => undefined)
  // What was ended may reject first, and only says that it was ended; the reason says why.
  const tellWhy = (error: unknown): never => {
    throw ending.signal.aborted && !tellsMore(error) ? ending.signal.reason : error
  }
  try {
    const running = work({
      signal: ending.signal,
      remainingMs: () => Math.max(0, end - clock.monotonic()),
      race: promise => Promise.race([promise, ended]).catch(tellWhy),
    })
    running.catch(() => undefined)
    return await Promise.race([running, graceOver])
  } catch (error) {
    return tellWhy(error)
  } finally {
    finished.abort()
  }
}
