/** How a process ended: wait status of wait(2). */
export interface WaitStatus {
  readonly code: number | null
  /** Signal number. */
  readonly signal: number | null
}

/** What s6-supervise last wrote of a service. */
export interface SuperviseStatus {
  /** The process of ./run, or of ./finish while `isFinishing`; null when there is none. */
  readonly pid: number | null
  readonly isFinishing: boolean
  readonly isWantedUp: boolean
  readonly isPaused: boolean
  /** Of ./run: since when it is up; otherwise since when it is dead. Wall clock, milliseconds since the epoch. */
  readonly sinceMs: number
  /** Down: since when it could be started again. Wall clock, milliseconds since the epoch. */
  readonly readySinceMs: number
  /** How ./run ended last; `{code: 0}` also when it never ran. */
  readonly lastExit: WaitStatus
}

const SHORT_BYTES = 35
// s6 2.13.0 to 2.13.2 keep the process group in between.
const LONG_BYTES = 43

const PAUSED = 1
const FINISHING = 2
const WANTED_UP = 4

/** The upper half of 2^62, which TAI64 counts from. */
const TAI_EPOCH_UPPER = 2 ** 30
// TAI64 counts leap seconds as skalibs does: 10 of before 1972 and 27 since.
const TAI_MINUS_UTC = 37

// Damaged bytes are no date (8.64e15 is the last), and a listing is of every gateway. Leaves room for a delay.
const LATEST_MS = 8e15

// By hand: of Buffer's own readers each call makes garbage, and a listing reads a dozen numbers of each of a thousand slots.
function byteAt(bytes: Buffer, offset: number): number {
  return bytes[offset] ?? 0
}

function uint16At(bytes: Buffer, offset: number): number {
  return (byteAt(bytes, offset) << 8) | byteAt(bytes, offset + 1)
}

function uint32At(bytes: Buffer, offset: number): number {
  return uint16At(bytes, offset) * 2 ** 16 + uint16At(bytes, offset + 2)
}

/** The time of a TAI64N label (cr.yp.to/libtai/tai64.html) as milliseconds since the epoch. */
export function timeOfTai64n(bytes: Buffer, offset: number): number {
  // In halves: a listing reads thousands, and BigInt is slow.
  const upper = uint32At(bytes, offset) - TAI_EPOCH_UPPER
  const seconds = upper * 2 ** 32 + uint32At(bytes, offset + 4) - TAI_MINUS_UTC
  const ms = seconds * 1000 + Math.floor(uint32At(bytes, offset + 8) / 1e6)
  return Math.max(-LATEST_MS, Math.min(ms, LATEST_MS))
}

function parseWaitStatus(bits: number): WaitStatus {
  const signal = bits & 0x7f
  return signal === 0 ? {code: bits >> 8, signal: null} : {code: null, signal}
}

/**
 * Reads supervise/status: 35 bytes, or 43 in s6 2.13 (libs6/s6_svstatus_unpack.c). The file is replaced by rename, so it
 * is whole or not there. null for any other length.
 */
export function parseSuperviseStatus(bytes: Buffer, length = bytes.length): SuperviseStatus | null {
  if (length !== SHORT_BYTES && length !== LONG_BYTES) return null
  const rest = length - 3
  const pid = uint32At(bytes, 24) * 2 ** 32 + uint32At(bytes, 28)
  const flags = byteAt(bytes, rest + 2)
  return {
    pid: pid === 0 ? null : pid,
    isFinishing: (flags & FINISHING) !== 0,
    isWantedUp: (flags & WANTED_UP) !== 0,
    isPaused: (flags & PAUSED) !== 0,
    sinceMs: timeOfTai64n(bytes, 0),
    readySinceMs: timeOfTai64n(bytes, 12),
    lastExit: parseWaitStatus(uint16At(bytes, rest)),
  }
}

/** The process of ./run; null where there is none, or ./finish has its place. */
export function runPid(status: SuperviseStatus | null): number | null {
  return status === null || status.isFinishing ? null : status.pid
}
