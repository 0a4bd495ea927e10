import test from 'ava'
import fc from 'fast-check'
import {decodeText, encodeText} from './code-page.js'
import {expandVariables, splitArguments, splitCommandLine} from './command-line.js'
import {messagesIn} from './messages.js'
import {secondsOf} from './task-schema.js'
import {parseXml} from './xml-tree.js'
import {renderXml, textAt, withTextAt} from './xml-element.js'

test('arguments are split as CommandLineToArgvW does', t => {
  const vectors: readonly (readonly [string, readonly string[]])[] = [
    ['a b', ['a', 'b']],
    ['  a\t b ', ['a', 'b']],
    ['"a b" c', ['a b', 'c']],
    ['""', ['']],
    [String.raw`"C:\a b\\" c`, ['C:\\a b\\', 'c']],
    [String.raw`C:\a\b`, [String.raw`C:\a\b`]],
    [String.raw`"a\"b"`, ['a"b']],
    [String.raw`"a\\\"b"`, [String.raw`a\"b`]],
    [String.raw`a\\b`, [String.raw`a\\b`]],
    [String.raw`\\srv\share\ x`, [String.raw`\\srv\share` + '\\', 'x']],
    ['"a""b"', ['a"b']],
    ['"a"""', ['a"']],
    ['a"b c"d', ['ab cd']],
    ['', []],
  ]
  for (const [text, expected] of vectors) t.deepEqual(splitArguments(text), expected, text)
})

test('for the program of a command line backslashes mean nothing', t => {
  t.deepEqual(splitCommandLine(String.raw`"C:\a b\" "c\"d"`), ['C:\\a b\\', 'c"d'])
  t.deepEqual(splitCommandLine(' /bin/sh -c x'), ['/bin/sh', '-c', 'x'])
})

test('names between percent signs are replaced in any case, unknown ones stay', t => {
  const env = {SystemRoot: '/w', b: '%SystemRoot%'}
  t.is(expandVariables('%systemroot%/x 100% %nope% %B%', env), '/w/x 100% %nope% %SystemRoot%')
})

test('what a code page has is read as it was, and the rest is a question mark', t => {
  const samples = {
    437: 'Äß░éñ',
    850: 'Zoë ÜÕ',
    866: 'Отказано в доступе ё',
    932: 'アクセスが拒否されました。ソ表ｱ',
  } as const
  for (const page of [437, 850, 866, 932] as const) {
    const sample = `x\r\n${samples[page]}`
    t.is(decodeText(encodeText(sample, page), page), sample)
    t.is(encodeText('方a\u{1f600}', page).at(-1), 0x3f)
  }
  const upper = Uint8Array.from({length: 128}, (_, at) => 0x80 + at)
  for (const page of [437, 850, 866] as const) t.deepEqual([...encodeText(decodeText(upper, page), page)], [...upper])
  t.deepEqual([...encodeText('é', 437)], [0x82])
  t.deepEqual([...encodeText('õ', 850)], [0xe4])
  t.deepEqual([...encodeText('я', 866)], [0xef])
  t.deepEqual([...encodeText('表', 932)], [0x95, 0x5c])
})

test('every language can say what it has to in its code page', t => {
  for (const language of ['en', 'de', 'ru', 'ja', 'made-up'] as const) {
    const {codePage, ...messages} = messagesIn(language)
    const text = JSON.stringify(messages)
    t.is(decodeText(encodeText(text, codePage), codePage), text)
  }
  t.not(messagesIn('made-up').failures[0x8007_0005], messagesIn('en').failures[0x8007_0005])
})

test('durations are those of XML Schema up to days', t => {
  t.is(secondsOf('PT5M'), 300)
  t.is(secondsOf('P1DT1H1M1S'), 90_061)
  t.is(secondsOf('PT0S'), 0)
  for (const bad of ['', 'P', 'PT', '5M', 'PT5', 'P1W']) t.is(secondsOf(bad), null, bad)
})

test('a document is read as it was written', t => {
  const texts = fc.string({unit: 'grapheme'}).map(text => text.replaceAll(/[^\u0020-\ud7ff\ue000-\ufffd]/g, 'x').trim())
  fc.assert(
    fc.property(texts, text => {
      const root = withTextAt(parseXml('<a><b/></a>'), text, 'b', 'c')
      t.is(textAt(parseXml(renderXml(root)), 'b', 'c'), text)
    }),
    {examples: [['a\u2028b'], ['a\u0085b']]},
  )
})
