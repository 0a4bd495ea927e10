/**
 * What runsv last wrote of a service.
 *
 * @typedef {object} SuperviseStatus
 * @property {'down' | 'run' | 'finish'} phase - Whose process it is: nobody's, that of ./run or that of ./finish.
 * @property {number | null} pid
 * @property {boolean} isWantedUp
 * @property {number} sinceMs - Since when ./run is up or, down, it is dead. Milliseconds since the epoch.
 */

const BYTES = 20
const PHASES = /** @type {const} */ (['down', 'run', 'finish'])
const UP = 'u'.charCodeAt(0)

// runit counts TAI from 2^62 and takes it as 10 s ahead of UTC, without leap seconds.
const TAI_EPOCH = (1n << 62n) + 10n

/**
 * Reads supervise/status: a TAI64N label, the pid (little-endian), whether it is paused, what is wanted, whether TERM was
 * sent, and the phase. runsv replaces the file by rename, so it is whole or not there. null for anything else. Pure.
 *
 * @param {Buffer} bytes
 * @returns {SuperviseStatus | null}
 */
export function parseSuperviseStatus(bytes) {
  const phase = PHASES[bytes[19] ?? -1]
  if (bytes.length !== BYTES || phase === undefined) return null
  const seconds = Number(bytes.readBigUInt64BE(0) - TAI_EPOCH)
  const pid = bytes.readUInt32LE(12)
  return {
    phase,
    pid: pid === 0 ? null : pid,
    isWantedUp: bytes[17] === UP,
    sinceMs: seconds * 1000 + Math.floor(bytes.readUInt32BE(8) / 1e6),
  }
}
