import fc from 'fast-check'

/** Texts that mean something to one of the grammars between us and a process on Windows, or are known to be lost on the way. */
export const CHOSEN: readonly string[] = [
  ...['', ' ', '  ', '\t', 'a b', ' lead', 'trail ', 'a\tb', 'plain', '-', '--', '/B', '//E:JScript', '.'],
  // CommandLineToArgvW: backslashes count only before a quotation mark.
  ...['"', '""', '"""', 'a"b', 'a""b', '"a b"', '"a" "b"', '\\', '\\\\', 'a\\', 'a b\\', 'a b\\\\', '\\"', '\\\\"'],
  ...[
    'a\\"b',
    'a\\\\"b',
    'a\\\\\\"b',
    'a\\b',
    'a\\ b',
    'a"\\',
    '" \\',
    'C:\\a b\\',
    '\\\\srv\\share\\',
    '\\\\?\\C:\\x',
  ],
  // XML.
  ...['&', '<', '>', "'", '&amp;', '&#13;', '<x/>', '</Arguments>', ']]>', '<![CDATA[x]]>', '<!-- x -->', '&x;'],
  // cmd, VBScript, JScript and whatever replaces variables.
  ...['%', '%%', '%PATH%', '%1', '!', '!PATH!', '^', '|', 'a&b', '(x)', '@', '`', '$(Arg0)', "it's", '" & x & "'],
  ...['\\u0041', '\\x41', '\\n', '\\', "'", '//', '/*', '*/', ':', ';', '#', '~', '=', '*', '?'],
  ...['é', 'ß', 'Ж', '方舟', '日本', 'ｱ', '€', '\u00a0', '\u00ad', '\u0301', '\u200b', '\u200f', '\u2028', '\u2029'],
  ...['\ufeff', '\ufffd', '😀', '\u{1f468}\u200d\u{1f469}', '\u{10ffff}', '\ud7ff', '\ue000', 'é'.repeat(400)],
  ...['"'.repeat(400), '\\'.repeat(400), '&'.repeat(400)],
]

function isHoldable(character: string): boolean {
  return (character >= ' ' || character === '\t') && character !== '\ufffe' && character !== '\uffff'
}

/** Any text that XML can hold and that a path or an argument on Windows may be made of: no control characters but tabs. */
export const hostileText: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(...CHOSEN),
    fc.string({unit: fc.constantFrom(...Array.from('"\\ \t%&<>\'^|!$()/;abé方😀')), maxLength: 30}),
    fc.string({unit: 'binary', maxLength: 30}),
  )
  .map(text => Array.from(text).filter(isHoldable).join(''))
