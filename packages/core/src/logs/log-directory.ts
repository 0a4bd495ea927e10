import {closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync, type BigIntStats} from 'node:fs'
import {join} from 'node:path'
import {LONGEST_LINE_BYTES} from './line-splitter.js'
import {sortArchives} from './sort-archives.js'

const CURRENT = 'current'

/** What s6-log calls the full file until it is an archive. Meanwhile it writes nothing to the new current file. */
const PREVIOUS = 'previous'

const BLOCK_BYTES = 64 * 1024

/** Runs a piece of synchronous file work, for instance with another account's rights. */
export type RunFileWork = <T>(work: () => T) => T

/** An open log file. Its inode cannot be used for another file until it is closed. */
export interface OpenLog {
  readonly descriptor: number
  readonly identity: string
}

function identityOfFile(stats: BigIntStats): string {
  return `${String(stats.dev)}:${String(stats.ino)}`
}

/** What was in the directory at one moment. */
export interface LogListing {
  /** Names, oldest first. */
  readonly archives: readonly string[]
  /** Whether there is a full file that is no archive yet. */
  readonly hasPrevious: boolean
}

/** One directory of log files: `current`, which is written to, and archives, by our own runner or by s6-log. */
export class LogDirectory {
  readonly #directory: string
  readonly #run: RunFileWork
  readonly #open = new Set<OpenLog>()

  constructor(directory: string, run: RunFileWork) {
    this.#directory = directory
    this.#run = run
  }

  /** Nothing where there is no directory yet. */
  list(): LogListing {
    try {
      const names = this.#run(() => readdirSync(this.#directory))
      return {archives: sortArchives(names, name => this.#modifiedMs(name)), hasPrevious: names.includes(PREVIOUS)}
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {archives: [], hasPrevious: false}
      throw error
    }
  }

  /** The file that was written to last; null before there is one. */
  openLatest(): OpenLog | null {
    // In this order: a rotation in between makes the first of them `previous` or an archive.
    const current = this.open()
    if (current !== null && sizeOf(current) > 0) return current
    const previous = this.open(PREVIOUS)
    if (previous === null) return current
    if (current !== null) this.close(current)
    return previous
  }

  /** Opens one file; null when it is not there, rotated away meanwhile, or no regular file. */
  open(name: string = CURRENT): OpenLog | null {
    // What stands there may have been put there by another account: no link is followed, no FIFO waited for. On
    // Windows both flags are undefined, which counts as 0 here.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    let descriptor
    try {
      descriptor = this.#run(() => openSync(join(this.#directory, name), flags))
      const stats = fstatSync(descriptor, {bigint: true})
      if (stats.isFile()) return this.#keep({descriptor, identity: identityOfFile(stats)})
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ELOOP' && code !== 'ENXIO') throw error
    }
    if (descriptor !== undefined) closeSync(descriptor)
    return null
  }

  /** Whether that name is the open file. */
  isSame(name: string, log: OpenLog): boolean {
    const other = this.open(name)
    if (other !== null) this.close(other)
    return other?.identity === log.identity
  }

  /** Whether the open file is the one that is written to. */
  isCurrent(log: OpenLog): boolean {
    return this.isSame(CURRENT, log)
  }

  /** Whether that name is a copy of what the open file begins with. */
  hasCopy(name: string, log: OpenLog): boolean {
    const copy = this.open(name)
    if (copy === null) return false
    const found = isCopy(copy, log)
    this.close(copy)
    return found
  }

  close(log: OpenLog): void {
    if (this.#open.delete(log)) closeSync(log.descriptor)
  }

  /** Closes whatever is still open. */
  closeAll(): void {
    for (const log of this.#open) this.close(log)
  }

  #modifiedMs(name: string): number {
    const stats = this.#run(() => lstatSync(join(this.#directory, name), {throwIfNoEntry: false}))
    return stats?.mtimeMs ?? 0
  }

  #keep(log: OpenLog): OpenLog {
    this.#open.add(log)
    return log
  }
}

/** Bytes in the file now. */
export function sizeOf(log: OpenLog): number {
  return fstatSync(log.descriptor).size
}

/** Up to 64 KiB from `position`, not beyond `end`; empty at the end of the file. */
export function readBlock(log: OpenLog, position: number, end = Infinity): Buffer {
  const wanted = Math.min(BLOCK_BYTES, end - position)
  if (wanted <= 0) return Buffer.alloc(0)
  const block = Buffer.allocUnsafe(wanted)
  return block.subarray(0, readSync(log.descriptor, block, 0, wanted, position))
}

/** Whether a file is what another one begins with, as far as the last block of it tells. */
export function isCopy(copy: OpenLog, log: OpenLog): boolean {
  const size = sizeOf(copy)
  const from = Math.max(0, size - BLOCK_BYTES)
  return size <= sizeOf(log) && readBlock(copy, from, size).equals(readBlock(log, from, size))
}

/**
 * The lines of the first `size` bytes from the last to the first, as bytes without line ends, read from the end. A line
 * longer than the longest comes in pieces.
 */
export function* linesBackwards(log: OpenLog, size: number): Generator<Buffer> {
  let position = size
  let tail: Buffer[] = []
  let tailBytes = 0
  while (position > 0) {
    const start = Math.max(0, position - BLOCK_BYTES)
    let block = readBlock(log, start, position)
    position = start
    for (let end = block.lastIndexOf(0x0a); end !== -1; end = block.lastIndexOf(0x0a)) {
      yield Buffer.concat([block.subarray(end + 1), ...tail])
      tail = []
      tailBytes = 0
      block = block.subarray(0, end)
    }
    tail.unshift(block)
    tailBytes += block.length
    if (tailBytes < LONGEST_LINE_BYTES) continue
    yield Buffer.concat(tail)
    tail = []
    tailBytes = 0
  }
  if (size > 0) yield Buffer.concat(tail)
}
