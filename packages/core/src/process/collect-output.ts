import type {Readable} from 'node:stream'

/** Output of one stream beyond this is not kept, and ends the tool. Bytes. */
export const OUTPUT_LIMIT_BYTES = 32 * 1024 * 1024

/** What a tool wrote to one stream so far. */
export interface CollectedOutput {
  readonly bytes: () => Uint8Array
  readonly isTooLong: () => boolean
}

/**
 * Keeps what a tool writes, up to the limit; `onTooLong` hears when that is reached. execa's own collecting takes seconds
 * for ten megabytes of bytes.
 */
export function collectOutput(stream: Readable, onTooLong: () => void): CollectedOutput {
  const chunks: Uint8Array[] = []
  let size = 0
  let isTooLong = false
  stream.on('data', (chunk: Uint8Array) => {
    if (isTooLong) return
    size += chunk.length
    if (size <= OUTPUT_LIMIT_BYTES) {
      chunks.push(chunk)
      return
    }
    isTooLong = true
    onTooLong()
  })
  // A stream that is destroyed under a killed tool is no news; execa reports how the tool ended.
  stream.on('error', () => undefined)
  return {bytes: () => Buffer.concat(chunks), isTooLong: () => isTooLong}
}
