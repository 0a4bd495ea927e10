import type {Clock} from '../backend.js'
import type {LogLine} from '../gateway-status.js'
import type {LogOptions} from '../service-manager.js'
import {decodeLine, LineSplitter} from './line-splitter.js'
import {
  isCopy,
  linesBackwards,
  LogDirectory,
  readBlock,
  sizeOf,
  type OpenLog,
  type RunFileWork,
} from './log-directory.js'
import {parseLogLine} from './log-line.js'

/** Which log: the gateway's profile, and the directory with `current` and its archives. */
export interface LogFilePlace {
  readonly profile: string
  readonly directory: string
}

/** How to read it. */
export interface LogFileOptions extends LogOptions {
  readonly clock: Clock
  /** Runs each opening of a file, for instance with another account's rights. */
  readonly run?: RunFileWork
}

const DEFAULT_LINES = 100

const POLL_MS = 200

function isSince(line: LogLine, since: Date | undefined): boolean {
  return since === undefined || (line.at !== null && Date.parse(line.at) >= since.getTime())
}

/** Reads one log directory: first its end, backwards, then what is added. */
class LogReader {
  readonly #files: LogDirectory
  readonly #place: LogFilePlace
  readonly #options: LogFileOptions
  readonly #wanted: number
  #current: OpenLog | null = null
  #position = 0
  /** What the current file begins with, as somebody copied it to empty the file then. */
  #copy: OpenLog | null = null
  /** Archives whose lines were read or were there before us. */
  #passed = new Set<string>()

  constructor(place: LogFilePlace, options: LogFileOptions) {
    this.#files = new LogDirectory(place.directory, options.run ?? (work => work()))
    this.#place = place
    this.#options = options
    this.#wanted = options.lines ?? DEFAULT_LINES
  }

  /** The history, then what follows where that was asked for. */
  async *lines(): AsyncIterable<LogLine> {
    if (this.#options.signal?.aborted === true) return
    yield* this.#history()
    if (this.#options.follow === true) yield* this.#follow()
  }

  close(): void {
    this.#files.closeAll()
  }

  /** The last lines, oldest first. */
  #history(): LogLine[] {
    for (;;) {
      const found = this.#collectHistory()
      if (this.#current === null || sizeOf(this.#current) >= this.#position) return found.reverse()
      // Emptied while we read it; what was in it is in an archive now.
      this.#files.close(this.#current)
    }
  }

  /** The last lines, newest first. */
  #collectHistory(): LogLine[] {
    // In this order: a rotation in between makes this file an archive, where it is then passed over.
    this.#current = this.#files.openLatest()
    const found: LogLine[] = []
    if (this.#current !== null) this.#collectBackwards(this.#current, this.#endOfHistory(this.#current), found)
    const archives = this.#archivesBefore(this.#current, this.#files.list().archives)
    this.#passed = new Set(archives)
    for (const name of archives.reverse()) {
      if (found.length >= this.#wanted) break
      const archive = this.#files.open(name)
      if (archive === null) continue
      try {
        this.#collectBackwards(archive, sizeOf(archive), found)
      } finally {
        this.#files.close(archive)
      }
    }
    return found
  }

  /** Goes on after the history until the signal aborts. */
  async *#follow(): AsyncIterable<LogLine> {
    const {clock, signal} = this.#options
    while (signal?.aborted !== true) {
      // In this order: what the old file got until the new one was there is read before the change.
      const next = this.#files.open()
      if (this.#current !== null) yield* this.#readCurrent(this.#current)
      if (next !== null && next.identity !== this.#current?.identity) yield* this.#changeTo(next)
      else if (next !== null) this.#files.close(next)
      await clock.sleep(POLL_MS, signal).catch(() => undefined)
    }
  }

  /** Where the history ends: a last line that is still being written is left to whoever follows. */
  #endOfHistory(current: OpenLog): number {
    const size = sizeOf(current)
    this.#position = size
    if (this.#options.follow !== true) return size
    const [unfinished] = linesBackwards(current, size)
    this.#position = size - (unfinished?.length ?? 0)
    return this.#position
  }

  #collectBackwards(log: OpenLog, size: number, found: LogLine[]): void {
    if (found.length >= this.#wanted) return
    let isLast = true
    for (const bytes of linesBackwards(log, size)) {
      const isAfterLastLineEnd = isLast && bytes.length === 0
      isLast = false
      if (isAfterLastLineEnd) continue
      const line = parseLogLine(this.#place.profile, decodeLine(bytes))
      if (isSince(line, this.#options.since)) found.push(line)
      if (found.length >= this.#wanted) return
    }
  }

  /** Those whose lines are older than all in the open file, which may itself be among the others, or have a copy there. */
  #archivesBefore(log: OpenLog | null, archives: readonly string[]): string[] {
    if (log === null) return [...archives]
    const own = archives.findIndex(name => this.#files.isSame(name, log))
    const [last] = archives.slice(-1)
    if (own === -1 && last !== undefined && this.#files.hasCopy(last, log)) return archives.slice(0, -1)
    return archives.slice(0, own === -1 ? undefined : own)
  }

  /** Archives that are new while the open file is still the one that is written to: copies of it, before it was emptied. */
  #newCopies(log: OpenLog): string[] {
    const added = this.#files.list().archives.filter(name => !this.#passed.has(name))
    return added.length > 0 && this.#files.isCurrent(log) ? added : []
  }

  /**
   * The lines that were added to the file that is written to, or all of them when it was emptied. An unfinished last line
   * is read again next time, since a writer that restarts may cut it off.
   */
  *#readCurrent(log: OpenLog): Generator<LogLine> {
    let splitter = new LineSplitter()
    for (;;) {
      const block = readBlock(log, this.#position)
      // In this order: an archive is there before the file is emptied, so that without a new one this block is what follows.
      const copies = this.#newCopies(log)
      if (copies.length > 0) {
        this.#position -= splitter.heldBytes
        yield* this.#readCopies(copies)
      } else if (this.#isEmptied(log, this.#position - splitter.heldBytes)) {
        this.#position = 0
        this.#dropCopy()
      } else {
        this.#position += block.length
        yield* this.#parse(splitter.push(block))
        if (block.length > 0) continue
        break
      }
      splitter = new LineSplitter()
    }
    this.#position -= splitter.heldBytes
  }

  #isEmptied(log: OpenLog, position: number): boolean {
    return sizeOf(log) < position || (this.#copy !== null && !isCopy(this.#copy, log))
  }

  /** What was added until the file was emptied, and from one time to the next. */
  *#readCopies(names: readonly string[]): Generator<LogLine> {
    let position = this.#position
    for (const name of names) {
      this.#passed.add(name)
      const copy = this.#files.open(name)
      const goesOn = copy !== null && (this.#copy === null || isCopy(this.#copy, copy))
      if (!goesOn) position = 0
      this.#dropCopy()
      if (copy === null) continue
      this.#copy = copy
      yield* this.#readRest(copy, position)
      position = Math.max(position, sizeOf(copy))
    }
    this.#position = position
  }

  #dropCopy(): void {
    if (this.#copy !== null) this.#files.close(this.#copy)
    this.#copy = null
  }

  /** The lines from `position` to the end of a file that is written to no more. */
  *#readRest(log: OpenLog, position: number): Generator<LogLine> {
    const splitter = new LineSplitter()
    let from = position
    for (let block = readBlock(log, from); block.length > 0; block = readBlock(log, from)) {
      from += block.length
      yield* this.#parse(splitter.push(block))
    }
    const last = splitter.end()
    if (last !== null) yield* this.#parse([last])
  }

  /** After a rotation: the rest of the old file, archives that came and went unseen, then the new file. */
  *#changeTo(next: OpenLog): Generator<LogLine> {
    const old = this.#current
    // In this order: the rotation may end in between.
    const isUnused = sizeOf(next) === 0
    const {archives: all, hasPrevious} = this.#files.list()
    if (isUnused && hasPrevious) {
      // In the middle of a rotation: a file that we pass now would come again as an archive.
      this.#files.close(next)
      return
    }
    if (old !== null) yield* this.#readRest(old, this.#position)
    const archives = this.#archivesBefore(next, all)
    const unread = archives.filter(name => !this.#passed.has(name) && !(old !== null && this.#files.isSame(name, old)))
    if (old !== null) this.#files.close(old)
    this.#dropCopy()
    this.#current = next
    this.#passed = new Set(archives)
    for (const name of unread) {
      const archive = this.#files.open(name)
      if (archive === null) continue
      yield* this.#readRest(archive, 0)
      this.#files.close(archive)
    }
    this.#position = 0
    yield* this.#readCurrent(next)
  }

  *#parse(lines: readonly string[]): Generator<LogLine> {
    for (const text of lines) {
      const line = parseLogLine(this.#place.profile, text)
      if (isSince(line, this.#options.since)) yield line
    }
  }
}

/**
 * The last lines of a gateway's log files in time order, then, with `follow`, what is added, across rotations, until
 * the signal aborts. Files are read from their ends, in blocks. A line may begin with a time as our runner or s6-log writes
 * it, in UTC; with `since`, lines without a time are left out. Throws the system error of a file that may not be read.
 */
export async function* readLogFile(place: LogFilePlace, options: LogFileOptions): AsyncIterable<LogLine> {
  const reader = new LogReader(place, options)
  try {
    for await (const line of reader.lines()) {
      if (options.signal?.aborted === true) return
      yield line
    }
  } finally {
    reader.close()
  }
}
