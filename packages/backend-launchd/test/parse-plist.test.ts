import {Buffer} from 'node:buffer'
import test from 'ava'
import fc from 'fast-check'
import {parsePlist} from '../dist/parse-plist.js'
import {type JobKeys, renderPlist, unholdableReason} from '../dist/plist.js'
import {CHOSEN, hostileText} from './hostile-texts.js'
import {loadWithPython, why, withPlistlib} from './plistlib.js'

const JOB: JobKeys = {
  Label: 'ai.hermes-svc.coder',
  ProgramArguments: ['/bin/hermes', '', ' <&> '],
  WorkingDirectory: '/Users/ada/.hermes',
  RunAtLoad: false,
  KeepAlive: {SuccessfulExit: true},
  ThrottleInterval: 10,
}

const holdable = hostileText.filter(text => unholdableReason(text) === null)

test('what was rendered is read back', t => {
  t.deepEqual(parsePlist(renderPlist(JOB)), {...JOB})
  fc.assert(
    fc.property(fc.array(holdable, {minLength: 1}), argv => {
      t.deepEqual(parsePlist(renderPlist({...JOB, ProgramArguments: argv}))?.['ProgramArguments'], argv)
    }),
  )
})

const DICTIONARY = '<dict><key>Label</key><string>x</string></dict>'

withPlistlib(`what is read is what Python reads${why}`, t => {
  const values = [
    '<integer>7</integer>',
    '<true/>',
    '<array><string/></array>',
    '<dict><key/><false/></dict>',
    '<dict/>',
  ]
  const texts = [...CHOSEN, 'a\rb', '\u0085\u2028'].filter(text => unholdableReason(text) === null)
  const strings = texts.flatMap(text => [
    `<string>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</string>`,
    `<string><![CDATA[${text.replaceAll(']]>', '')}]]></string>`,
  ])
  const plists = [...values, ...strings].map(value => `<plist><dict><key>k</key>${value}</dict></plist>`)
  t.deepEqual(
    plists.map(text => ({value: parsePlist(text)})),
    loadWithPython(plists) as unknown[],
  )
})

test('a plist that somebody wrote by hand is read', t => {
  const body = [
    '<!-- by hand --> <dict> <key>Label</key><string><![CDATA[a & b]]></string> <key>N</key><integer> 7 </integer>',
    '<key>E</key><string/> <key>T</key><true></true> <key>L</key><array><real>1.5</real><dict/></array></dict>',
  ].join('\n')
  const value = {Label: 'a & b', N: 7, E: '', T: true, L: [1.5, {}]}
  for (const begin of ['', '\ufeff', '\n ', '<?xml version="1.0" encoding="UTF-8"?>\r\n'])
    t.deepEqual(parsePlist(`${begin}<plist version="1.0">${body}</plist>`), value, begin)
})

/** Keeps what is written to the terminal while an action runs. */
function watchConsole<T>(action: () => T): {readonly result: T; readonly written: number} {
  const {error} = console
  let written = 0
  console.error = () => {
    written += 1
  }
  try {
    return {result: action(), written}
  } finally {
    console.error = error
  }
}

const OTHERS = {
  'an empty text': ['', ' \n'],
  'the binary format': ['bplist00\u00d1\u0001\u0002', Buffer.from('bplist00d1010258', 'latin1').toString()],
  'the format of OpenStep': ['{Label = x;}', '(a, b)', '{"Label": "x"}'],
  'another XML': ['<html><body>x</body></html>', '<html><dict/></html>', '<?xml version="1.0"?>'],
  'a plist of another value': [
    '<array/>',
    '<string>x</string>',
    '<true/>',
    '<data>AAAA</data>',
    '<date>2020-01-01T00:00:00Z</date>',
  ],
  'a plist with no value or two': ['', `${DICTIONARY}${DICTIONARY}`],
  'an unknown element': ['<dict><key>a</key><tru/></dict>', '<dict><key>a</key><null2/></dict>'],
  'a dictionary out of order': [
    '<dict><string>a</string><true/></dict>',
    '<dict><string>a</string></dict>',
    '<dict><key>a</key><key>b</key></dict>',
  ],
  'XML that is not well-formed': [
    ...['<dict><key>a</key><string>x</dict>', '<dict><key>a</key><string>x', '<dict', '<<<<', '</dict>'],
    ...['<dict><key>a</key><string>&foo;</string></dict>', `${DICTIONARY}</plist>junk`],
  ],
  'more levels than can be': [`${'<array>'.repeat(20_000)}${'</array>'.repeat(20_000)}`],
}

for (const [what, texts] of Object.entries(OTHERS)) {
  test(`${what} is no dictionary, without a throw and without a word on the terminal`, t => {
    for (const text of texts) {
      for (const whole of [text, `<plist version="1.0">${text}</plist>`]) {
        const {result, written} = watchConsole(() => parsePlist(whole))
        t.is(result, null, whole.slice(0, 200))
        t.is(written, 0, whole.slice(0, 200))
      }
    }
  })
}

test('what reads on after an odd attribute or a character for what was no text is read', t => {
  const {result, written} = watchConsole(() =>
    parsePlist('<plist><dict x=1><key>k</key><string>\ufffd</string></dict></plist>'),
  )
  t.deepEqual(result, {k: '\ufffd'})
  t.is(written, 0)
})

test('a key with a meaning to objects is a key as any other', t => {
  const text =
    '<plist><dict><key>__proto__</key><dict><key>x</key><true/></dict><key>toString</key><false/></dict></plist>'
  const read = parsePlist(text) ?? {}
  t.deepEqual(Object.keys(read), ['__proto__', 'toString'])
  t.is(Object.getPrototypeOf(read), Object.prototype)
  t.is(({} as Record<string, unknown>)['x'], undefined)
})

test('a number is one, with blanks around it, and nothing else', t => {
  const read = (number: string) => parsePlist(`<plist><dict><key>k</key>${number}</dict></plist>`)
  t.deepEqual(read('<integer> -7\n</integer>'), {k: -7})
  t.deepEqual(read('<integer>0x10</integer>'), {k: 16})
  t.deepEqual(read('<real>1.5e3</real>'), {k: 1500})
  for (const text of ['', ' ', 'abc', '1 2', '7x']) t.is(read(`<integer>${text}</integer>`), null, text)
})

test('an entity is neither resolved nor fetched', t => {
  const declared = [
    '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">',
    '<!ENTITY c SYSTEM "file:///etc/passwd">',
    '<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;',
  ]
  for (const entities of declared) {
    const text = `<!DOCTYPE plist [${entities}]><plist><dict><key>k</key><string>&c;</string></dict></plist>`
    t.is(parsePlist(text), null)
  }
})

test('no text makes reading throw or write', t => {
  const pieces = fc.array(
    fc.oneof(
      hostileText,
      fc.constantFrom(
        '<plist>',
        '</plist>',
        '<dict>',
        '</dict>',
        '<key>',
        '</key>',
        '<string>',
        '</string>',
        '<?',
        '<!',
      ),
    ),
  )
  fc.assert(
    fc.property(pieces, between => {
      t.is(watchConsole(() => parsePlist(`<${between.join('')}`)).written, 0)
    }),
  )
})
