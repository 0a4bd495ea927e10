import type {Clock} from '@hermes-svc/core'

/** Answers that cost a process to ask for, and that a verb needs many times while they hardly change. */
export class Remembered<T> {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #lastsMs: number
  readonly #known = new Map<string, {readonly at: number; readonly answer: Promise<T>}>()

  constructor(clock: Pick<Clock, 'monotonic'>, lastsMs: number) {
    this.#clock = clock
    this.#lastsMs = lastsMs
  }

  /** The answer for a key, asked for where there is none yet or it is too old. What failed, or was given up, is asked again. */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const now = this.#clock.monotonic()
    const known = this.#known.get(key)
    if (known !== undefined && now - known.at < this.#lastsMs) return known.answer
    const answer = ask()
    this.#known.set(key, {at: now, answer})
    answer.catch(() => this.#known.delete(key))
    return answer
  }

  /** To be called when something was changed that answers are about. */
  forget(): void {
    this.#known.clear()
  }
}
