import test from 'ava'
import fc from 'fast-check'
import {parseDotenv} from '../../dist/hermes/dotenv.js'

// The right column is what python-dotenv 1.2.2 gives.
for (const [text, values] of [
  ['A=1', {A: '1'}],
  ['export A=1\r\n  B = 2 \r\n', {A: '1', B: '2'}],
  ['export\tA=1', {A: '1'}],
  ['exportA=1', {exportA: '1'}],
  ['# A=1\n\n  # B=2\nC=3', {C: '3'}],
  ['A=a#b\nB=a #b\nC=#c\nD= #d', {A: 'a#b', B: 'a', C: '#c', D: '#d'}],
  [`A="x # y" # c\nB='x # y' # c`, {A: 'x # y', B: 'x # y'}],
  ['A=""\nB=\'\'\nC=\nD', {A: '', B: '', C: ''}],
  ['A="two\nlines"\nB=2', {A: 'two\nlines', B: '2'}],
  ['A="a\\"b\\n\\t\\\\c\\d"', {A: 'a"b\n\t\\c\\d'}],
  ["A='it\\'s\\n'", {A: "it's\\n"}],
  ['A=x\\ny', {A: 'x\\ny'}],
  ['A=`b`\nB=x y  z ', {A: '`b`', B: 'x y  z'}],
  ['A=b=c==', {A: 'b=c=='}],
  ["'A'=1\n'B C'=2", {A: '1', 'B C': '2'}],
  ['A.B-C=1\n1A=2', {'A.B-C': '1', '1A': '2'}],
  ['A=1\nA=2', {A: '2'}],
  // What is no assignment is passed over, and what follows is not.
  ['A="open\nB=2', {B: '2'}],
  ['A="x"y\nB=2', {B: '2'}],
  ["A='x' y\nB=2", {B: '2'}],
  ['=1\nB=2', {B: '2'}],
  ['A: 1\nB=2', {B: '2'}],
  ["'A=1\nB=2", {B: '2'}],
] as const) {
  test(`a .env is read as python-dotenv reads it: ${JSON.stringify(text)}`, t => {
    t.deepEqual(Object.fromEntries(parseDotenv(text)), values)
  })
}

test('a value that refers to other variables is not known, whatever its quotes', t => {
  const values = parseDotenv('A=${B}\nC="x${B}"\nD=\'${B:-y}\'\nE=$B\nF=x')
  t.deepEqual(Object.fromEntries(values), {A: null, C: null, D: null, E: '$B', F: 'x'})
})

test('NUL bytes are dropped, as Hermes drops them before it reads', t => {
  t.deepEqual(Object.fromEntries(parseDotenv('A\0=1\0\n')), {A: '1'})
})

test('a plain value comes back as it was written, in any quotes', t => {
  const plain = fc
    .string({unit: fc.constantFrom('a', 'B', '7', ':', '-', '_', '=', '/', '.')})
    .filter(text => text !== '')
  fc.assert(
    fc.property(plain, fc.constantFrom('', '"', "'"), (value, quote) => {
      t.is(parseDotenv(`X=1\nexport KEY=${quote}${value}${quote}\nY=2`).get('KEY'), value)
    }),
  )
  t.pass()
})

test('whatever is in a .env, reading it ends and gives keys with text or null', t => {
  const piece = fc.constantFrom(
    'A',
    '=',
    "'",
    '"',
    '\\',
    '#',
    ' ',
    '\n',
    '\r',
    'export ',
    '${',
    '\u2028',
    '\uFEFF',
    '__proto__',
  )
  fc.assert(
    fc.property(fc.oneof(fc.string({unit: piece}), fc.string({unit: 'binary'})), text => {
      for (const [key, value] of parseDotenv(text)) t.true(key !== '' && (value === null || typeof value === 'string'))
    }),
  )
  t.pass()
})

test('a long line of open quotes is read in time that grows with its length', t => {
  const started = performance.now()
  t.is(parseDotenv(`A="${'\\"'.repeat(50_000)}\nB=2`).get('B'), '2')
  t.is(parseDotenv(`${"A='x' y\n".repeat(20_000)}B=2`).get('B'), '2')
  t.is(parseDotenv(`A=${' '.repeat(50_000)}x${' '.repeat(50_000)}y`).get('A')?.length, 50_002)
  t.true(performance.now() - started < 5000)
})
