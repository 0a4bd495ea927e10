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

/** Why work is over before it has ended: a promise, and an AbortSignal for who asks for one, since most reads are done before. */
class Ending {
  readonly #rejection: PromiseWithReject
  #controller: AbortController | null = null
  #reason: unknown
  #isOver = false

  constructor() {
    this.#rejection = neverFulfilled()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get reason(): unknown {
    return this.#reason
  }

  get rejection(): Promise<never> {
    return this.#rejection.promise
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isOver) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** The first reason counts. */
  end(reason: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#reason = reason
    this.#controller?.abort(reason)
    this.#rejection.reject(reason)
  }
}

interface PromiseWithReject {
  readonly promise: Promise<never>
  readonly reject: (reason: unknown) => void
}

function neverFulfilled(): PromiseWithReject {
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<never>((_resolve, fail) => {
    reject = fail
  })
  // It may lose the race it is made for; that is no unhandled rejection.
  promise.catch(() => undefined)
  return {promise, reject}
}

/** Calls `action` after `ms`, unless the function given is called first. */
function startTimer(clock: Clock, ms: number, action: () => void): () => void {
  if (clock.after !== undefined) return clock.after(ms, action)
  const cancelled = new AbortController()
  clock.sleep(ms, cancelled.signal).then(action, () => undefined)
  return () => {
    cancelled.abort()
  }
}

/** More turns than an answer takes that is there already, whoever passes it on. */
const TURNS_AT_ONCE = 40

/** Whether a promise settles before anything has to be waited for. */
async function settlesAtOnce(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false as boolean
  const settle = (): void => {
    isSettled = true
  }
  promise.then(settle, settle)
  for (let turn = 0; turn < TURNS_AT_ONCE && !isSettled; turn += 1) await Promise.resolve()
  return isSettled
}

/**
 * Runs `work` and settles soon after the deadline even when `work` does not: its signal aborts, it gets `graceMs` to
 * undo, and what it returns later is dropped. Rejects HSVC_ABORTED when a caller aborts.
 */
export async function withDeadline<T>(options: DeadlineOptions, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  const {timeoutMs, clock, onTimeout, graceMs = 0, onGraceOver} = options
  const callers = options.signals.filter(signal => signal !== undefined)
  const ending = new Ending()
  const onAbort = (): void => {
    ending.end(serviceError('HSVC_ABORTED', 'interrupted before the state was observed'))
  }
  const endWithCallers = (): void => {
    if (callers.some(signal => signal.aborted)) onAbort()
  }
  endWithCallers()
  if (ending.isOver) throw ending.reason
  const end = clock.monotonic() + timeoutMs
  const remainingMs = (): number => Math.max(0, end - clock.monotonic())
  // What was ended may reject first, and only says that it was ended; the reason says why.
  const tellWhy = (error: unknown): never => {
    throw ending.isOver && !tellsMore(error) ? ending.reason : error
  }
  const running = work({
    get signal() {
      return ending.signal
    },
    remainingMs,
    race: promise => Promise.race([promise, ending.rejection]).catch(tellWhy),
  })
  // Most answers are there before a timer and its listeners would be made.
  if (await settlesAtOnce(running)) return await running
  for (const signal of callers) {
    // One signal may stand for the whole program, and then any number of verbs listen to it.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', onAbort)
  }
  endWithCallers()
  const cancelTimers: (() => void)[] = []
  if (Number.isFinite(timeoutMs)) {
    cancelTimers.push(
      startTimer(clock, remainingMs(), () => {
        ending.end(onTimeout())
      }),
    )
  }
  const graceOver = ending.rejection.catch(async (reason: unknown) => {
    if (graceMs > 0) {
      await new Promise<void>(resolve => {
        cancelTimers.push(startTimer(clock, graceMs, resolve))
      })
    }
    throw onGraceOver?.(reason) ?? reason
  })
  graceOver.catch(() => undefined)
  try {
    return await Promise.race([running, graceOver])
  } catch (error) {
    return tellWhy(error)
  } finally {
    for (const cancel of cancelTimers) cancel()
    for (const signal of callers) signal.removeEventListener('abort', onAbort)
  }
}
