import test from 'ava'
import fc from 'fast-check'
import {LineSplitter} from '../dist/line-splitter.js'

function split(chunks: readonly Buffer[], longest?: number): Buffer[] {
  const splitter = new LineSplitter(longest)
  return [...chunks.flatMap(chunk => splitter.push(chunk)), ...splitter.end()]
}

test('however a stream is cut into chunks, the lines are the same bytes', t => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({maxLength: 40}).map(bytes => Buffer.from(bytes.map(byte => byte % 16)))),
      chunks => {
        const whole = Buffer.concat(chunks)
        const lines = split(chunks)
        const expected = whole.length > 0 && whole.at(-1) !== 10 ? Buffer.concat([whole, Buffer.from('\n')]) : whole
        t.deepEqual(Buffer.concat(lines), expected)
        t.true(lines.every(line => line.indexOf(10) === line.length - 1))
      },
    ),
  )
})

test('a line without a newline at the end gets one', t => {
  t.deepEqual(split([Buffer.from('a\nb')]).map(String), ['a\n', 'b\n'])
})

test('a line that is too long is split, and no character is torn by that', t => {
  fc.assert(
    fc.property(fc.string({unit: 'grapheme', maxLength: 60}), fc.integer({min: 8, max: 20}), (text, longest) => {
      const line = text.replaceAll('\n', '')
      const lines = split([Buffer.from(`${line}\n`)], longest).map(String)
      t.is(lines.join('').replaceAll('\n', ''), line)
      t.true(lines.every(each => Buffer.byteLength(each) <= longest + 1))
    }),
  )
})

test('a line that never ends is written in pieces as it comes', t => {
  const splitter = new LineSplitter(10)
  t.deepEqual(splitter.push(Buffer.from('0123456789')).map(String), [])
  t.deepEqual(splitter.push(Buffer.from('0123456789abcde')).map(String), ['0123456789\n', '0123456789\n'])
  t.deepEqual(splitter.end().map(String), ['abcde\n'])
})
