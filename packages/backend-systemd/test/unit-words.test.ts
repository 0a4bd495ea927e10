import test from 'ava'
import {
  globPath,
  plainPath,
  plainText,
  quoteArgument,
  quoteProgram,
  unholdableReason,
  unquotablePathReason,
  unquotableProgramReason,
} from '../dist/unit-words.js'

/** Name of what is written, what is written, and how it reads in a unit. */
type Row = readonly [text: string, rendered: string]

const ARGUMENTS: Readonly<Record<string, readonly Row[]>> = {
  'an argument with nothing special in it stays as it is': [
    ['gateway', 'gateway'],
    ['--port=8642', '--port=8642'],
    ['/opt/hermes/bin', '/opt/hermes/bin'],
    ['a@b:c+d,e.f_g-h', 'a@b:c+d,e.f_g-h'],
  ],
  'an empty argument is two quotes': [['', '""']],
  'blanks are kept in quotes': [
    ['a b', '"a b"'],
    [' lead and trail ', '" lead and trail "'],
  ],
  'quotes and backslashes are escaped, single quotes are not': [
    ['say "hi"', '"say \\"hi\\""'],
    ['C:\\dir\\n', '"C:\\\\dir\\\\n"'],
    ['ends\\', '"ends\\\\"'],
    ["it's", '"it\'s"'],
  ],
  'percent and dollar are doubled': [
    ['%h 100%', '"%%h 100%%"'],
    ['$HOME ${HOME} $$', '"$$HOME $${HOME} $$$$"'],
  ],
  'control characters are written as numbers': [
    ['a\nExecStartPre=/bin/true', '"a\\x0aExecStartPre=/bin/true"'],
    ['\t\r\u0001\u001b\u007f', '"\\x09\\x0d\\x01\\x1b\\x7f"'],
    ['\\x41', '"\\\\x41"'],
  ],
  'what means something to systemd or a shell at the start of a word stands in quotes': [
    [';', '";"'],
    ['#c', '"#c"'],
    ['!x', '"!x"'],
    ['~', '"~"'],
    ['*?[x]', '"*?[x]"'],
  ],
  'letters of other scripts, C1 controls and wide code points are as they are': [
    ['é日😀', '"é日😀"'],
    ['\u0085\u00a0\u2028\ufeff', '"\u0085\u00a0\u2028\ufeff"'],
  ],
}

for (const [title, rows] of Object.entries(ARGUMENTS)) {
  test(title, t => {
    for (const [text, rendered] of rows) t.is(quoteArgument(text), rendered)
  })
}

test('a program keeps its dollars, which systemd does not expand there', t => {
  t.is(quoteProgram('/opt/hermes/bin/hermes'), '/opt/hermes/bin/hermes')
  t.is(quoteProgram('/opt/my $HOME/100%'), '"/opt/my $HOME/100%%"')
  t.is(quoteProgram('/opt/é (x86)'), '"/opt/é (x86)"')
})

test('a path outside quotes has its percent signs doubled and nothing else', t => {
  t.is(plainPath('/my dir/$HOME/100%/"q"\\x'), '/my dir/$HOME/100%%/"q"\\x')
})

test('a path that is looked for as a pattern has the characters of patterns escaped as well', t => {
  t.is(globPath('/a b/*?[x]\\100%'), '/a b/\\*\\?\\[x\\]\\\\100%%')
  t.is(globPath('/home/ada/.hermes/{a,b}~!'), '/home/ada/.hermes/{a,b}~!')
})

test('a free text is one line', t => {
  t.is(plainText('Hermes gateway coder'), 'Hermes gateway coder')
  t.is(plainText(' x\nExecStartPre=/bin/true\r\n\ty\u007f '), 'x ExecStartPre=/bin/true y')
  t.is(plainText('100% of "it"'), '100%% of "it"')
})

test('a backslash at the end of a free text does not join the next line', t => {
  for (const text of ['ends\\', 'ends\\\\', '\\', 'ends\\\n', 'ends\\ ']) t.regex(plainText(text), /[^\\]$/)
  t.is(plainText('a\\b'), 'a\\b')
})

const NONCHARACTER = 'a code point that Unicode keeps from being a character'
const ODD = 'a quote, a backslash or a control character in it'

const NONCHARACTERS = ['\ufdd0', '\ufdef', '\ufffe', '\uffff', '\u{1fffe}', '\u{10ffff}']

test('a code point that is no character cannot be in a unit; its neighbours can', t => {
  for (const point of NONCHARACTERS) {
    t.is(unholdableReason(`a${point}b`), NONCHARACTER)
  }
  for (const point of ['', '\ufdcf', '\ufdf0', '\ufffd', '\ufeff', '\u{1fffd}', '\u{10fffd}', '\n\u0001\u007f\u0085'])
    t.is(unholdableReason(point), null)
})

const PATHS: readonly (readonly [path: string, reason: string | null])[] = [
  ['/', null],
  ['/home/ada/.hermes', null],
  ['/a dir/..b/.c/d../.../.', null],
  ['/"it\'s"/\\x', null],
  ['/é\u0085\u2028', null],
  ['/a\tb\u0001\u007f', null],
  ['/a\nb', 'an end of a line in it'],
  ['/a\r', 'an end of a line in it'],
  ['/a/../b', 'a ".." in it'],
  ['/a/..', 'a ".." in it'],
  ['/a\ufffe', NONCHARACTER],
]

test('a path that cannot stand outside quotes has a reason', t => {
  for (const [path, reason] of PATHS) t.is(unquotablePathReason(path), reason, path)
})

const PROGRAMS: readonly (readonly [path: string, reason: string | null])[] = [
  ['/opt/$HOME/100% (x86)/é', null],
  ['/opt/../bin/hermes', null],
  ['/a"b', ODD],
  ["/it's", ODD],
  ['/a\\b', ODD],
  ['/a\nb', ODD],
  ['/a\tb', ODD],
  ['/a\u007f', ODD],
  ['/a\ufffe', NONCHARACTER],
]

test('a program that cannot be the first word has a reason', t => {
  for (const [path, reason] of PROGRAMS) t.is(unquotableProgramReason(path), reason, path)
})

// systemd 257 hands it over as a line whose end is stripped.
test('a program cannot end in a blank', t => {
  t.not(unquotableProgramReason('/opt/x/hermes '), null)
  t.is(unquotableProgramReason('/opt/x /hermes'), null)
})
