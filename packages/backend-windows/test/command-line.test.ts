import test from 'ava'
import fc from 'fast-check'
import {joinArguments, quoteArgument} from '../dist/command-line.js'
import {READERS, readCommandLine} from './command-line-readers.js'
import {CHOSEN, hostileText} from './hostile-texts.js'

const PROGRAM = String.raw`C:\Program Files\node\node.exe`

test('an argument is quoted only where it has to be', t => {
  for (const [argument, quoted] of [
    ['plain', 'plain'],
    ['', '""'],
    ['a b', '"a b"'],
    ['a\tb', '"a\tb"'],
    ['C:\\a\\', 'C:\\a\\'],
    ['C:\\a b\\', '"C:\\a b\\\\"'],
    ['\\\\srv\\share\\', '\\\\srv\\share\\'],
    ['"', '"\\""'],
    ['a\\"b', '"a\\\\\\"b"'],
    ['a\\\\"b', '"a\\\\\\\\\\"b"'],
    ['a""b', '"a\\"\\"b"'],
    ['a\\b c', '"a\\b c"'],
  ] as const)
    t.is(quoteArgument(argument), quoted)
})

for (const reader of READERS) {
  test(`each of the hostile texts is read back as it was, alone and among others, by ${reader}`, t => {
    for (const text of CHOSEN) {
      const words = [PROGRAM, text, 'x', text, text]
      t.deepEqual(readCommandLine(joinArguments(words), reader), words)
    }
  })

  test(`any arguments are read back as they were by ${reader}`, t => {
    fc.assert(
      fc.property(fc.array(fc.oneof(hostileText, fc.string({unit: 'binary'})), {maxLength: 8}), args => {
        t.deepEqual(readCommandLine(joinArguments([PROGRAM, ...args]), reader), [PROGRAM, ...args])
      }),
      {numRuns: 1000},
    )
  })
}

test('any path that may name a program is read back as it was', t => {
  // Neither may be in a file's name, and none ends with a backslash.
  const path = hostileText.map(text => `C:\\${text.replaceAll(/["\t]/g, '')}.exe`)
  fc.assert(
    fc.property(path, fc.array(hostileText, {maxLength: 3}), (program, args) => {
      for (const reader of READERS)
        t.deepEqual(readCommandLine(joinArguments([program, ...args]), reader), [program, ...args])
    }),
  )
})

test('the readers that the tests rely on read what Microsoft has as examples', t => {
  for (const [line, words] of [
    ['x "abc" d e', ['abc', 'd', 'e']],
    [String.raw`x a\\b d"e f"g h`, ['a\\\\b', 'de fg', 'h']],
    [String.raw`x a\\\"b c d`, ['a\\"b', 'c', 'd']],
    [String.raw`x a\\\\"b c" d e`, ['a\\\\b c', 'd', 'e']],
  ] as const)
    for (const reader of READERS) t.deepEqual(readCommandLine(line, reader), ['x', ...words])
  t.deepEqual(readCommandLine('x a"b"" c d', 'C runtime'), ['x', 'ab" c d'])
  t.deepEqual(readCommandLine('x "a b"" c', 'CommandLineToArgvW'), ['x', 'a b"', 'c'])
  t.deepEqual(readCommandLine('"a b\\" c', 'C runtime'), ['a b\\', 'c'])
})
