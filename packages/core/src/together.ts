/**
 * Does for several at once what costs as much for one: whoever asks while it is done for others shares the next time. Each asks with
 * an item of its own.
 */
export class Together<T, R = unknown> {
  readonly #work: (items: readonly T[]) => Promise<R>
  #underWay: Promise<unknown> = Promise.resolve()
  #next: {readonly items: T[]; readonly done: Promise<R>} | null = null

  constructor(work: (items: readonly T[]) => Promise<R>) {
    this.#work = work
  }

  /** Resolves when it was done for this item, to what came of it for all. Where it fails for several it is done for each alone, since nobody says for which it did. */
  async ask(item: T): Promise<R> {
    const {items, done} = (this.#next ??= this.#begin())
    items.push(item)
    try {
      return await done
    } catch (error) {
      if (items.length === 1) throw error
      return await this.#work([item])
    }
  }

  #begin(): {readonly items: T[]; readonly done: Promise<R>} {
    const items: T[] = []
    const done = this.#underWay.then(() => {
      this.#next = null
      return this.#work(items)
    })
    this.#underWay = done.catch(() => undefined)
    return {items, done}
  }
}
