const NEWLINE = 0x0a
/** A longer line is split. Bytes. */
export const LONGEST_LINE = 2 ** 20

/** Where to cut `bytes` at or below `limit` so that no UTF-8 character is cut in two. */
function cutBelow(bytes: Buffer, limit: number): number {
  let cut = limit
  while (cut > limit - 4 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut -= 1
  return cut > limit - 4 ? cut : limit
}

/** Makes whole lines, each with its newline, of a stream of bytes. */
export class LineSplitter {
  readonly #longest: number
  #parts: Buffer[] = []
  #held = 0

  constructor(longest: number = LONGEST_LINE) {
    this.#longest = longest
  }

  /** The lines that this chunk completes; what follows the last newline is held. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = []
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#hold(chunk.subarray(from, at + 1))
      lines.push(...this.#release())
      from = at + 1
    }
    if (from < chunk.length) {
      // A copy: the chunk's memory belongs to a larger pool, which a short rest would keep.
      this.#hold(Buffer.from(chunk.subarray(from)))
      if (this.#held > this.#longest) lines.push(...this.#release())
    }
    return lines
  }

  /** The last line, which had no newline; it gets one. */
  end(): Buffer[] {
    if (this.#held === 0) return []
    this.#hold(Buffer.from('\n'))
    return this.#release()
  }

  #hold(part: Buffer): void {
    this.#parts.push(part)
    this.#held += part.length
  }

  #release(): Buffer[] {
    let rest = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)
    this.#parts = []
    this.#held = 0
    const lines: Buffer[] = []
    while (rest.length - (rest.at(-1) === NEWLINE ? 1 : 0) > this.#longest) {
      const cut = cutBelow(rest, this.#longest)
      lines.push(Buffer.concat([rest.subarray(0, cut), Buffer.from('\n')]))
      rest = rest.subarray(cut)
    }
    if (rest.at(-1) === NEWLINE) lines.push(rest)
    else if (rest.length > 0) this.#hold(rest)
    return lines
  }
}
