/** What a test may take with the wait for its turn, which on a busy machine is the longer one. Milliseconds. */
export const LONGEST_TURN_MS = 1_800_000

/** Lets some jobs run side by side and the rest wait: as many at a time as there are lanes. */
export class Lanes {
  readonly #ends: Promise<unknown>[]
  #assigned = 0

  constructor(count: number) {
    this.#ends = Array.from({length: count}, () => Promise.resolve())
  }

  /** A place in the next lane: the function runs a job when those before it there have ended. */
  next(): (job: () => Promise<void>) => Promise<void> {
    const lane = this.#assigned++ % this.#ends.length
    return async job => {
      const turn = (this.#ends[lane] ?? Promise.resolve()).then(job)
      this.#ends[lane] = turn.catch(() => undefined)
      await turn
    }
  }
}
