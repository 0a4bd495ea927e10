import type {SuperviseStatus} from '../dist/supervise-status.js'

/** A TAI64N label of a time in whole milliseconds since the epoch. */
export function packTai64n(ms: number): Buffer {
  const label = Buffer.alloc(12)
  label.writeBigUInt64BE((1n << 62n) + BigInt(Math.floor(ms / 1000)) + 37n)
  label.writeUInt32BE((ms - Math.floor(ms / 1000) * 1000) * 1_000_000, 8)
  return label
}

/** supervise/status as s6 writes it; with a process group as only s6 2.13 does. */
export function packStatus(status: SuperviseStatus, processGroup: number | null = null): Buffer {
  const {pid, sinceMs, readySinceMs, lastExit, isPaused, isFinishing, isWantedUp} = status
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(BigInt(value))
    return bytes
  }
  const end = Buffer.alloc(3)
  end.writeUInt16BE(lastExit.signal ?? (lastExit.code ?? 0) << 8)
  end.writeUInt8((isPaused ? 1 : 0) | (isFinishing ? 2 : 0) | (isWantedUp ? 4 : 0), 2)
  const group = processGroup === null ? [] : [number(processGroup)]
  return Buffer.concat([packTai64n(sinceMs), packTai64n(readySinceMs), number(pid ?? 0), ...group, end])
}
