import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import {join} from 'node:path'

/** Where a gateway's output goes. */
export interface LogTarget {
  readonly directory: string
  /** How many archives are kept besides the current file. */
  readonly files: number
  readonly sizeBytes: number
}

const CURRENT = 'current'
// The number, not the time, gives the order: a clock may be set back. The word sorts before `current`.
const ARCHIVE = /^archive\.(\d{10})$/
const RETRY_MS = 1000

/** Cuts off the piece of a line that a killed writer left at the end, so that the next line begins a line. */
function dropTornLine(descriptor: number): void {
  const block = Buffer.alloc(64 * 1024)
  let end = fstatSync(descriptor).size
  const whole = end
  while (end > 0) {
    const from = Math.max(0, end - block.length)
    const got = readSync(descriptor, block, 0, end - from, from)
    const newline = block.subarray(0, got).lastIndexOf(0x0a)
    if (newline !== -1) {
      end = from + newline + 1
      break
    }
    end = from
  }
  if (end < whole) ftruncateSync(descriptor, end)
}

/**
 * Appends whole lines, each with the time in front, to `current`, which becomes an archive when it is full. All calls
 * are synchronous: what was taken is in the file before more is read. When that fails it keeps what it has, is
 * `blocked`, tries again each second and goes on at the very byte.
 */
export class RotatingLog {
  #target: LogTarget
  readonly #queue: Buffer[] = []
  readonly #onChange: (problem: string | null) => void
  #descriptor: number | null = null
  #repaired = false
  #size = 0
  /** Of lines taken from the queue, what is not in the file yet. */
  #unwritten: Buffer | null = null
  #problem: string | null = null
  #retry: NodeJS.Timeout | null = null

  /** `onChange` hears when writing begins to fail, and (null) when it works again. */
  constructor(target: LogTarget, onChange: (problem: string | null) => void) {
    this.#target = target
    this.#onChange = onChange
  }

  /** Whether writers must wait. */
  get blocked(): boolean {
    return this.#problem !== null
  }

  /** Writes to another place, or by another policy, from now on. */
  aimAt(target: LogTarget): void {
    if (target.directory !== this.#target.directory && this.#descriptor !== null) {
      closeSync(this.#descriptor)
      this.#descriptor = null
      this.#repaired = false
    }
    this.#target = target
  }

  /** Takes lines that end in a newline. */
  append(lines: readonly Buffer[]): void {
    if (lines.length === 0) return
    const stamp = Buffer.from(`${new Date().toISOString()} `)
    for (const line of lines) this.#queue.push(Buffer.concat([stamp, line]))
    if (!this.blocked) this.flush()
  }

  /** Writes what is held, as far as that works. */
  flush(): void {
    let problem: string | null = null
    try {
      this.#write()
    } catch (error) {
      problem = `log cannot be written: ${(error as Error).message}`
      this.#retry ??= setTimeout(() => {
        this.#retry = null
        this.flush()
      }, RETRY_MS)
    }
    if (problem === this.#problem) return
    this.#problem = problem
    this.#onChange(problem)
  }

  /** Tries once more and lets go of the file; what still cannot be written is lost. */
  close(): void {
    this.flush()
    if (this.#retry !== null) clearTimeout(this.#retry)
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
  }

  #write(): void {
    while (this.#unwritten !== null || this.#queue.length > 0) {
      const descriptor = (this.#descriptor ??= this.#open())
      this.#unwritten ??= this.#takeBatch()
      if (this.#unwritten === null) {
        this.#rotate()
        continue
      }
      const written = writeSync(descriptor, this.#unwritten)
      this.#size += written
      this.#unwritten = written < this.#unwritten.length ? this.#unwritten.subarray(written) : null
    }
  }

  /** As many lines as fit into the current file; null when it is full. A line larger than a file has one for itself. */
  #takeBatch(): Buffer | null {
    let count = 0
    let bytes = 0
    for (const line of this.#queue) {
      if (this.#size + bytes + line.length > this.#target.sizeBytes && this.#size + bytes > 0) break
      bytes += line.length
      count += 1
    }
    return count === 0 ? null : Buffer.concat(this.#queue.splice(0, count), bytes)
  }

  #open(): number {
    mkdirSync(this.#target.directory, {recursive: true, mode: 0o700})
    const descriptor = openSync(join(this.#target.directory, CURRENT), 'a+', 0o600)
    if (!this.#repaired) {
      dropTornLine(descriptor)
      this.#prune()
      this.#repaired = true
    }
    this.#size = fstatSync(descriptor).size
    return descriptor
  }

  // Killed after the rename: the next open makes a new current file; killed before the pruning: so does that.
  #rotate(): void {
    const {directory} = this.#target
    const last = this.#archives().at(-1)
    const next = last === undefined ? 1 : Number(ARCHIVE.exec(last)?.[1]) + 1
    try {
      renameSync(join(directory, CURRENT), join(directory, `archive.${String(next).padStart(10, '0')}`))
    } catch (error) {
      // Somebody removed it; what was written is where they wanted it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
    this.#prune()
  }

  #archives(): string[] {
    return readdirSync(this.#target.directory)
      .filter(name => ARCHIVE.test(name))
      .sort()
  }

  #prune(): void {
    const archives = this.#archives()
    const surplus = archives.length - this.#target.files
    for (const name of archives.slice(0, Math.max(0, surplus))) {
      rmSync(join(this.#target.directory, name), {force: true})
    }
  }
}
