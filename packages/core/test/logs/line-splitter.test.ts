import test from 'ava'
import fc from 'fast-check'
import {LineSplitter, LONGEST_LINE_BYTES} from '../../dist/logs/line-splitter.js'

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [0, ...places.map(place => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end))
}

test('wherever a stream is cut into chunks, the same lines come out', t => {
  const line = fc.string({unit: 'grapheme'}).map(text => text.replaceAll(/[\n\r]/g, ''))
  fc.assert(
    fc.property(fc.array(line, {minLength: 1}), fc.array(fc.nat()), (lines, places) => {
      const splitter = new LineSplitter()
      const bytes = Buffer.from(lines.map(text => `${text}\n`).join(''))
      const got = cut(bytes, places).flatMap(chunk => splitter.push(chunk))
      t.deepEqual(
        got,
        lines.map(text => Buffer.from(text).toString()),
      )
      t.is(splitter.end(), null)
    }),
  )
})

test('a last line without a line end comes out at the end', t => {
  const splitter = new LineSplitter()
  t.deepEqual(splitter.push(Buffer.from('one\ntw')), ['one'])
  t.is(splitter.heldBytes, 2)
  t.is(splitter.end(), 'tw')
  t.is(splitter.end(), null)
})

test('a carriage return before the line end belongs to it, any other is kept', t => {
  t.deepEqual(new LineSplitter().push(Buffer.from('a\rb\r\n\r\n')), ['a\rb', ''])
})

test('separators that are no line feed do not end a line', t => {
  const text = 'a\u2028b\u2029c\vd\fe\u0085f'
  t.deepEqual(new LineSplitter().push(Buffer.from(`${text}\n`)), [text])
})

test('the buffer of a chunk may be used again', t => {
  const splitter = new LineSplitter()
  const chunk = Buffer.from('ab')
  splitter.push(chunk)
  chunk.fill('x')
  t.deepEqual(splitter.push(Buffer.from('c\n')), ['abc'])
})

test('a line that never ends comes out in pieces', t => {
  const splitter = new LineSplitter()
  const half = Buffer.alloc(LONGEST_LINE_BYTES / 2, 'x')
  t.deepEqual(splitter.push(half), [])
  t.deepEqual(
    splitter.push(half).map(line => line.length),
    [LONGEST_LINE_BYTES],
  )
  t.is(splitter.heldBytes, 0)
})
