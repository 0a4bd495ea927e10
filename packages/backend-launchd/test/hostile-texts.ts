import fc from 'fast-check'

function codePoints(from: number, to: number): string[] {
  return Array.from({length: to - from + 1}, (_, index) => String.fromCodePoint(from + index))
}

/** Every control character but NUL, which no argument can have: C0, DEL and C1 with NEL. */
export const CONTROLS: readonly string[] = [...codePoints(0x01, 0x1f), ...codePoints(0x7f, 0x9f)]

/** Texts that mean something to XML, to a property list or to a shell, or are known to be lost on the way. */
export const CHOSEN: readonly string[] = [
  ...CONTROLS,
  ...CONTROLS.map(control => `a${control}b`),
  ...CONTROLS.join('').split(/(?<=\n)/),
  // Each byte that dash(1) uses to mark text for itself, as the end of a letter.
  ...codePoints(0xc0, 0xff),
  ...['', ' ', '  ', 'a b', ' lead', 'trail ', ' \t both\t ', '\n', 'a\nb', '\n\n', 'ends\n', '\r', '\r\n', 'a\r\nb\r'],
  ...['&', '<', '>', '&amp;', '&#13;', '&#x0;', '&lt;', '<true/>', '</string>', ']]>', '<![CDATA[x]]>', '<!-- x -->'],
  ...['--', '<!ENTITY x "y">', '&x;', '<?xml?>', '%', '%s', '%%'],
  ...['"', "'", "''", '"q"', "it's", "'q'", "a'b'c", '\\', 'ends\\', '\\\\', "\\'", '\\n', '\\0101', '\\c', '`id`'],
  ...[
    '$',
    '$$',
    '$HOME',
    '${HOME}',
    '$(id)',
    '$((1))',
    '${',
    '${x:?}',
    '!!',
    '#c',
    '# c',
    ' # c',
    '~',
    '~/x',
    '*',
    '?',
  ],
  ...['[x]', '{a,b}', ';', 'a;b', '|', '&&', '>x', '<x', '(x)', '-', '--', '-n', '-e', '=', 'K=V', '\nINJECTED=1\n'],
  ...[
    '\u00a0',
    '\u200b',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\ufeffa',
    '\u0301',
    'e\u0301',
    '\u1100\u1161',
    'é',
    '日本',
    '😀',
  ],
  ...['\u{1f468}\u200d\u{1f469}', '\ufdd0', '\u{1fffe}', '\u{10ffff}', '\ud7ff', '\ue000', '\ufffd', 'x'.repeat(5000)],
  ...['é'.repeat(5000), "'".repeat(5000), '&'.repeat(5000)],
]

const anyText = fc.oneof(
  fc.constantFrom(...CHOSEN),
  fc.string({
    unit: fc.constantFrom(...Array.from('\'"`$\\{}()[]<>|&;*?!#~=%-+^@:,./ \t\n\r\u0001\u007fabx0é日😀')),
    maxLength: 30,
  }),
  fc.string({unit: 'binary', maxLength: 40}),
)

/** Any text that a process can be given: whatever has no NUL. */
export const hostileText: fc.Arbitrary<string> = anyText.map(text => text.replaceAll('\0', ''))

const OF_THE_SHELL = ['IFS', 'OPTIND', 'PPID', 'PWD']

/** An environment without the names that a shell sets by itself. */
export const hostileEnvironment: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter(name => !OF_THE_SHELL.includes(name)),
  hostileText,
  {maxKeys: 40},
)
