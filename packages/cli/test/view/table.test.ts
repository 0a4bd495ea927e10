import test from 'ava'
import fc from 'fast-check'
import {tableLines} from '../../dist/view/table.js'

const word = fc.string({unit: fc.constantFrom('a', 'b', 'c', '0', '-'), minLength: 1, maxLength: 60})

test('columns line up and no line ends in spaces', t => {
  t.deepEqual(
    tableLines(
      ['A', 'LONGER'],
      [
        ['xyz', '1'],
        ['b', ''],
      ],
    ),
    ['A    LONGER', 'xyz  1', 'b'],
  )
})

test('no line is wider than the width while the columns after the first can give way', t => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({unit: fc.constantFrom('p'), maxLength: 20}), word, word, word), {maxLength: 8}),
      rows => {
        const lines = tableLines(['PROFILE', 'ONE', 'TWO', 'THREE'], rows, 80)
        return lines.every(line => line.length <= 80)
      },
    ),
  )
  t.pass()
})

test('the first column, which names the row, is never shortened', t => {
  const profile = 'p'.repeat(100)
  const [, line] = tableLines(['PROFILE', 'NOTE'], [[profile, 'n'.repeat(50)]], 80)
  t.true(line?.startsWith(`${profile}  `))
  t.true(line?.endsWith('…'))
})

test('paint takes no room', t => {
  const bold = (text: string): string => `<${text}>`
  t.deepEqual(tableLines(['A', 'B'], [[{text: 'x', paint: bold}, 'y']]), ['A  B', '<x>  y'])
})
