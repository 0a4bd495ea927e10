import {PassThrough} from 'node:stream'
import test from 'ava'
import {withoutSignals} from '../dist/without-signals.js'

const HEADER_BYTES = 16
const RETURN = 2
const SIGNAL = 4

/** A message with so many bytes of fields, padded, and a body; what the bytes say does not matter. */
function message(type: number, fields: number, body: string, endian: 'l' | 'B' = 'l'): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(endian)
  header[1] = type
  for (const [value, at] of [
    [body.length, 4],
    [fields, 12],
  ] as const)
    if (endian === 'l') header.writeUInt32LE(value, at)
    else header.writeUInt32BE(value, at)
  return Buffer.concat([header, Buffer.alloc(Math.ceil(fields / 8) * 8, '.'), Buffer.from(body)])
}

/** Reads as the library does: the fixed part of a header, then the rest, as much as has come. */
function bodies(stream: PassThrough): () => string[] {
  let missing: number | null = null
  return () => {
    const found: string[] = []
    for (;;) {
      const part = stream.read(missing ?? HEADER_BYTES) as Buffer | null
      if (part === null) return found
      if (missing === null) missing = 8 + part.readUInt32LE(4)
      else {
        found.push(part.toString('latin1', 8))
        missing = null
      }
    }
  }
}

test('signals are not seen, in whatever pieces they come', t => {
  const bytes = Buffer.concat([
    message(SIGNAL, 3, 'told'),
    message(RETURN, 3, 'one'),
    message(SIGNAL, 30, 'told again'),
    message(SIGNAL, 8, '', 'B'),
    // As long as a header.
    message(RETURN, 3, 'eight by'),
    message(SIGNAL, 9, 'x'),
    message(RETURN, 3, 'last'),
  ])
  for (let size = 1; size <= bytes.length; size += 1) {
    const stream = new PassThrough()
    withoutSignals(stream)
    const read = bodies(stream)
    const found: string[] = []
    for (let at = 0; at < bytes.length; at += size) {
      stream.write(bytes.subarray(at, at + size))
      found.push(...read())
    }
    t.deepEqual(found, ['one', 'eight by', 'last'], `in pieces of ${String(size)}`)
  }
})
