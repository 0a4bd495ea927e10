import test from 'ava'
import fc from 'fast-check'
import {toPrintable} from '../../dist/view/printable.js'

const cases: [name: string, text: string, expected: string][] = [
  ['colours', '\u001b[31mred\u001b[0m', 'red'],
  ['a window title ended by BEL', 'a\u001b]0;owned\u0007b', 'ab'],
  ['a hyperlink ended by ST', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
  ['a clipboard write that never ends', 'a\u001b]52;c;ZXZpbA==', 'a'],
  ['8-bit CSI', 'a\u009b2Jb', 'ab'],
  ['a question to the terminal', '\u001b[6n\u001bZ', ''],
  ['carriage return and backspace', 'safe\rfake\b', 'safefake'],
  ['tabs, which stay', 'a\tb', 'a\tb'],
  ['text of other scripts, which stays', 'héllo ☃ 😀', 'héllo ☃ 😀'],
]

for (const [name, text, expected] of cases) {
  test(`printable text: ${name}`, t => {
    t.is(toPrintable(text), expected)
  })
}

test('printable text never holds an escape or another control character but the tab', t => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('\u001b', '[', ']', '0', ';', 'm', '\u0007', '\\', '\u009b', '\r', '\n', 'a', '\t', 'P'),
      }),
      text => {
        // eslint-disable-next-line no-control-regex
        return !/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/.test(toPrintable(text))
      },
    ),
  )
  t.pass()
})
