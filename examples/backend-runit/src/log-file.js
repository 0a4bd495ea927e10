/** @import {Clock, LogLine, LogOptions} from '@hermes-svc/core' */
import {closeSync, constants, fstatSync, openSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

const POLL_MS = 200

/** As `svlogd -ttt` writes it: UTC, and one space. */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d* /

/**
 * @param {string} profile
 * @param {string} line
 * @returns {LogLine}
 */
function parseLine(profile, line) {
  const [stamp, time] = STAMP.exec(line) ?? []
  return stamp === undefined
    ? {profile, at: null, text: line}
    : {profile, at: `${String(time)}Z`, text: line.slice(stamp.length)}
}

/** @param {string} path */
function openLog(path) {
  try {
    // Whose directory this is could have put anything there: no link is followed, no FIFO waited for.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return null
    throw error
  }
}

/** One file of a log, read on from where it was left. */
class LogReader {
  #pending = Buffer.alloc(0)

  /** @param {number} descriptor */
  constructor(descriptor) {
    this.descriptor = descriptor
    this.inode = fstatSync(descriptor).ino
  }

  /** The whole lines that were added since the last call. */
  lines() {
    const bytes = Buffer.concat([this.#pending, readFileSync(this.descriptor)])
    const end = bytes.lastIndexOf('\n') + 1
    this.#pending = bytes.subarray(end)
    return end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n')
  }

  close() {
    closeSync(this.descriptor)
  }
}

/**
 * The last lines of the archives, newest archive first, until there are enough.
 *
 * @param {string} directory
 * @param {number} wanted
 */
function archivedLines(directory, wanted) {
  /** @type {string[]} */
  let found = []
  // Their names are times, so their order is that of names.
  for (const name of readdirSync(directory)
    .filter(entry => entry.startsWith('@'))
    .sort()
    .reverse()) {
    if (found.length >= wanted) break
    const descriptor = openLog(join(directory, name))
    if (descriptor === null) continue
    const archive = new LogReader(descriptor)
    found = [...archive.lines(), ...found]
    archive.close()
  }
  return found
}

/**
 * The last lines of a gateway's log, then, with `follow`, what is added, across rotations, until the signal aborts.
 *
 * @param {{profile: string, directory: string, clock: Clock}} place
 * @param {LogOptions} options
 * @returns {AsyncGenerator<LogLine, void, undefined>}
 */
export async function* readLog({profile, directory, clock}, {lines = 100, since, follow = false, signal}) {
  const isSince = (/** @type {LogLine} */ {at}) => since === undefined || (at !== null && Date.parse(at) >= +since)
  const parse = (/** @type {string[]} */ texts) => texts.map(text => parseLine(profile, text)).filter(isSince)
  const openCurrent = () => {
    const descriptor = openLog(join(directory, 'current'))
    return descriptor === null ? null : new LogReader(descriptor)
  }
  let current = openCurrent()
  try {
    const newest = current?.lines() ?? []
    const older = current === null || newest.length >= lines ? [] : archivedLines(directory, lines - newest.length)
    if (lines > 0) yield* parse([...older, ...newest]).slice(-lines)
    while (follow && signal?.aborted !== true) {
      const next = openCurrent()
      // In this order: what the old file got before the new one was there comes first.
      if (current !== null) yield* parse(current.lines())
      if (next !== null && next.inode !== current?.inode) {
        current?.close()
        current = next
        yield* parse(current.lines())
      } else next?.close()
      await clock.sleep(POLL_MS, signal).catch(() => undefined)
    }
  } finally {
    current?.close()
  }
}
