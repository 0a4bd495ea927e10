/** Texts that some layer between us and a process is known to change: shells, unit files, XML, property lists, terminals. */
const CHOSEN = [
  '',
  ' ',
  '  two  spaces  ',
  ' leading and trailing ',
  '"double"',
  "'single'",
  '`tick`',
  '"\'mixed\'"',
  '$HOME',
  '${HOME}',
  '$(id)',
  '$$',
  '$',
  '%i %n %%',
  '%PATH%',
  '%',
  'back\\slash',
  'trailing\\',
  '\\n is not a line end',
  'line\nend',
  'line\r\nend',
  '\n',
  '\r',
  'tab\tstop',
  '\x01\x1b[31m\x7f',
  '\u00a0nbsp\u00a0',
  '\ufeffbom',
  'para\u2028graph\u2029',
  'e\u0301 \u00e9',
  '\u{1F916}\u200d\u{1F468}',
  '# comment',
  '; semicolon & ampersand | pipe > redirect',
  '*?[a-z]{a,b}~',
  '<xml attr="v">&amp;</xml>]]>',
  '-n',
  '--',
  '=',
  'key=value',
  '!history',
  'x'.repeat(5000),
]

const ROUNDS = 3
const TEXTS_IN_A_ROUND = 12
const LONGEST_TEXT = 24

/** Texts that no operating system can hand over, or that are what is left of bytes that were not UTF-8. */
export const UNDELIVERABLE = ['\0', '\uD83E', '\uDD16', '\uFFFD']

/** A text of code points that a process can be given. */
function randomText(random: () => number): string {
  const length = Math.floor(random() * LONGEST_TEXT)
  const points = Array.from({length}, () => {
    const plane = random()
    if (plane < 0.5) return 1 + Math.floor(random() * 0x7e)
    if (plane < 0.9) return 0x80 + Math.floor(random() * 0xd700)
    return 0x1_0000 + Math.floor(random() * 0xf_ffff)
  })
  return String.fromCodePoint(...points).replaceAll('\uFFFD', '')
}

/** Lists of hostile texts: the chosen ones, then some that are different each time. */
export function hostileValues(random: () => number = Math.random): string[][] {
  const rounds = Array.from({length: ROUNDS}, () => Array.from({length: TEXTS_IN_A_ROUND}, () => randomText(random)))
  return [CHOSEN, ...rounds]
}
