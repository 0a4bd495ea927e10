/** How long something took, time and again. */
export class Durations {
  readonly #all: number[] = []

  /** Does it, and notes how long that took. */
  async measure<T>(work: () => Promise<T>): Promise<T> {
    const begun = performance.now()
    const result = await work()
    this.#all.push(performance.now() - begun)
    return result
  }

  /** `1.2 s (median), 3.4 s (longest)`. */
  toString(): string {
    const sorted = [...this.#all].sort((a, b) => a - b)
    const show = (ms = 0): string => `${(ms / 1000).toFixed(1)} s`
    return `${show(sorted[Math.floor(sorted.length / 2)])} (median), ${show(sorted.at(-1))} (longest)`
  }
}
