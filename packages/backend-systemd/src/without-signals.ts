import type {Socket} from 'node:net'

const HEADER_BYTES = 16
const SIGNAL = 4
const LITTLE_ENDIAN = 'l'.charCodeAt(0)

/** Length of what follows the fixed part of a message's header: its fields, padded, and its body. */
function restLength(header: Buffer): number {
  const [body, fields] = [4, 12].map(at =>
    header[0] === LITTLE_ENDIAN ? header.readUInt32LE(at) : header.readUInt32BE(at),
  ) as [number, number]
  return Math.ceil(fields / 8) * 8 + body
}

/**
 * Has a reader of whole messages of D-Bus, which takes the fixed part of the header first and then the rest, not see the signals
 * among them. A manager tells everybody on its own socket of each job and each property that changes, and to take that
 * apart takes longer than all that was asked for. To be called where a message begins.
 */
export function withoutSignals(stream: Pick<Socket, 'read'>): void {
  const read = (size: number): Buffer | null => take(size) as Buffer | null
  const take = stream.read.bind(stream)
  let isInside = false
  let toSkip = 0
  stream.read = (size = 0) => {
    if (isInside) {
      const rest = read(size)
      isInside = rest === null
      return rest
    }
    for (;;) {
      if (toSkip > 0 && read(toSkip) === null) return null
      toSkip = 0
      const header = read(HEADER_BYTES)
      if (header === null) return null
      isInside = header[1] !== SIGNAL
      if (isInside) return header
      toSkip = restLength(header)
    }
  }
}
