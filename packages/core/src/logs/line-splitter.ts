const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * Longer lines are cut into pieces of this size, in bytes, so that a stream without line ends cannot fill memory. The
 * runner's own limit of 1 MiB, to which it adds a time, is below it.
 */
export const LONGEST_LINE_BYTES = 2 * 1024 * 1024

/** The text of a line's bytes; a carriage return before the line end belongs to the line end. */
export function decodeLine(bytes: Buffer): string {
  const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length
  return bytes.toString('utf8', 0, end)
}

/** Cuts a stream of bytes into lines. It cuts bytes, not text, so no character is torn at the border of two chunks. */
export class LineSplitter {
  #pending: Buffer[] = []
  #pendingBytes = 0

  /** Bytes of the line that has no end yet. */
  get heldBytes(): number {
    return this.#pendingBytes
  }

  /** The lines that this chunk completes. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = []
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      this.#keep(rest.subarray(0, end))
      lines.push(this.#take())
      rest = rest.subarray(end + 1)
    }
    this.#keep(rest)
    if (this.#pendingBytes >= LONGEST_LINE_BYTES) lines.push(this.#take())
    return lines
  }

  /** What is left without a line end; null when there is nothing. */
  end(): string | null {
    return this.#pendingBytes === 0 ? null : this.#take()
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return
    // A copy: the caller may use its buffer again.
    this.#pending.push(Buffer.from(bytes))
    this.#pendingBytes += bytes.length
  }

  #take(): string {
    const line = decodeLine(this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending))
    this.#pending = []
    this.#pendingBytes = 0
    return line
  }
}
