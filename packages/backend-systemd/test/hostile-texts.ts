import fc from 'fast-check'

/** Texts that mean something to one of systemd's ways of reading, or are known to be lost on the way. */
const CHOSEN = [
  ...['', ' ', '  ', 'a b', ' lead', 'trail ', '\t', 'a\tb', ';', 'a;b', '\\;', '#c', '# c', ' # c', '~', '~/x', '.'],
  ...['"', "'", '"q"', "it's", '\\', 'ends\\', 'ends\\\\', '\\"', '\\n', '\\x41', '\\101', '\\x20', '\\u00e9', '\\/'],
  ...['%', '%%', '100%', '%h/%n/%u/%i', '%Z', '$', '$$', '$HOME', '${HOME}', '$(id)', '`id`', '$MAINPID', '${'],
  ...['a\nb', '\n', 'a\r\nb', '\r', 'x\nExecStartPre=/bin/false', '\n[Service]\nUser=nobody', 'a\\\nb', '\nINJECTED=1'],
  ...['-x', '@x', '+x', '!x', '!!x', ':x', '|x', '-', '--', '=', 'K=V', '{a,b}', '*', '?', '[x]', '[!x]', 'a*?[x]~'],
  ...[
    '\u0001',
    '\u001b[31m',
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u200b',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\ufeffa',
    'é',
    '😀',
  ],
  ...['append:x', 'journal', '/../', '/./', '//', '[X-HermesSvc]', 'x'.repeat(5000)],
]

/** A text that core lets pass: whatever has neither NUL nor U+FFFD. */
export const hostileText: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(...CHOSEN),
    fc.string({
      unit: fc.constantFrom(...Array.from('"\'\\$%{}()[]<>|&;*?!#~=-+^@:,. \t\n\r\u0001\u007fabx0é日😀')),
      maxLength: 30,
    }),
    fc.string({unit: 'binary', maxLength: 40}),
  )
  .map(text => text.replaceAll(/[\0\ufffd]/g, ''))

/** The same with the code points that systemd takes for invalid left out. */
export const holdableText: fc.Arbitrary<string> = hostileText.map(text =>
  text.replaceAll(/\p{Noncharacter_Code_Point}/gu, ''),
)

/** Name of a file of these texts. A file system takes at most 255 bytes. */
export function fileName(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return texts
    .map(text => Buffer.from(text.replaceAll('/', '|')).subarray(0, 200).toString().replaceAll('\ufffd', ''))
    .map(name => (['', '.', '..'].includes(name) ? 'x' : name))
}

/** An environment without the names that are refused. */
export function environment(texts: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> {
  const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/)
  return fc.dictionary(key, texts, {maxKeys: 10})
}
