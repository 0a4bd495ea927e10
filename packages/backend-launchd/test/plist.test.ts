import test from 'ava'
import fc from 'fast-check'
import {type JobKeys, renderPlist, unholdableReason} from '../dist/plist.js'
import {assertGolden} from './golden.js'
import {CHOSEN, hostileText} from './hostile-texts.js'
import {loadWithPython, why, withPlistlib} from './plistlib.js'

const LEAST: JobKeys = {
  Label: 'ai.hermes-svc.coder',
  ProgramArguments: ['/Users/ada/.hermes/hermes-gateway-coder', 'ab12', '78', '/opt/homebrew/bin/hermes'],
  WorkingDirectory: '/Users/ada/.hermes',
  RunAtLoad: true,
  KeepAlive: {SuccessfulExit: false},
}

const ALL: Required<JobKeys> = {
  ...LEAST,
  UserName: 'hermes',
  ThrottleInterval: 10,
  ExitTimeOut: 60,
  LimitLoadToSessionType: 'Background',
  StandardOutPath: '/var/log/a & b/<current>',
  StandardErrorPath: '/dev/null',
  StartInterval: 0,
  SoftResourceLimits: {NumberOfFiles: 8192},
  ProcessType: 'Interactive',
}

test('a plist is as it was', t => {
  assertGolden(t, 'agent.plist', renderPlist(LEAST))
  assertGolden(t, 'all-keys.plist', renderPlist(ALL))
})

test('the order of the keys makes no difference', t => {
  const reversed = Object.fromEntries(Object.entries(ALL).reverse()) as unknown as JobKeys
  t.is(renderPlist(reversed), renderPlist(ALL))
})

test('a carriage return is written as a reference, since XML would read it as a line feed', t => {
  t.true(renderPlist({...LEAST, Label: 'a\r\nb\r'}).includes('<string>a&#xD;\nb&#xD;</string>'))
})

/** Values that are wrong for some key, and those of ALL are right for the others. */
const WRONG: Readonly<Record<keyof JobKeys, readonly unknown[]>> = {
  Label: [undefined, null, 7, true, ['x'], 'a\u0001', '\ud800'],
  ProgramArguments: [undefined, null, 'x', [], [7], ['x', null], ['a\u0000'], {0: 'x'}],
  WorkingDirectory: [undefined, null, 7, '\uffff'],
  UserName: [null, 501, ''.padEnd(3, '\u001b')],
  RunAtLoad: [undefined, null, 'true', 1, {}],
  KeepAlive: [undefined, null, 1, 'true', [], {}, {SuccessfulExit: 1}, {Crashed: true}, {SuccessfulExit: false, x: 1}],
  ThrottleInterval: [null, '10', 1.5, -1, NaN, Infinity, 1e21, 10n],
  ExitTimeOut: [null, '60', 0.1],
  LimitLoadToSessionType: [null, ['Aqua'], 7],
  StandardOutPath: [null, 7, '\ufffe'],
  StandardErrorPath: [null, true],
  StartInterval: [null, '60', -1],
  SoftResourceLimits: [null, 7, {}, [], {NumberOfFiles: '8192'}, {NumberOfFiles: 1, Core: 0}, {Core: 0}],
  ProcessType: [null, 7],
}

test('a value of another type than the key has is refused with the name of the key', t => {
  for (const [key, values] of Object.entries(WRONG)) {
    for (const value of values) {
      const error = t.throws(() => renderPlist({...ALL, [key]: value}), {instanceOf: TypeError})
      t.regex(error.message, new RegExp(`^expected .* for the key ${key}, got another `))
    }
  }
})

test('a key that is missing or that is not in the table is refused', t => {
  for (const key of Object.keys(LEAST)) {
    const {[key as keyof JobKeys]: _left, ...others} = LEAST
    t.throws(() => renderPlist(others as unknown as JobKeys), {message: new RegExp(`for the key ${key}, got`)})
  }
  for (const key of ['Program', 'EnvironmentVariables', 'toString', '__proto__x']) {
    const job = {...LEAST, [key]: 'x'}
    t.throws(() => renderPlist(job), {message: `expected a key that a job of ours has, got ${key}`})
  }
})

test('what XML cannot hold is named by its code point', t => {
  t.is(unholdableReason('a\u0001b'), 'the character U+0001')
  t.is(unholdableReason('\0'), 'the character U+0000')
  t.is(unholdableReason('\u001f\u0001'), 'the character U+001F')
  t.is(unholdableReason('\uffff'), 'the character U+FFFF')
  t.is(unholdableReason('\ud83e'), 'the character U+D83E')
  t.is(unholdableReason('a\udd16'), 'the character U+DD16')
  t.is(unholdableReason('\u{1F916}\t\r\n\u007f\u0085\u2028\ufffd\u{1fffe}'), null)
  t.is(unholdableReason(''), null)
})

const holdable = hostileText.filter(text => unholdableReason(text) === null)
const HOLDABLE = CHOSEN.filter(text => unholdableReason(text) === null)

withPlistlib(`every key is of the type that launchd expects, and says what it was given${why}`, t => {
  const [least, all, off] = loadWithPython([
    renderPlist(LEAST),
    renderPlist(ALL),
    renderPlist({...ALL, RunAtLoad: false, KeepAlive: true}),
  ])
  t.deepEqual(least, {value: LEAST})
  t.deepEqual(all, {value: ALL})
  t.deepEqual(off, {value: {...ALL, RunAtLoad: false, KeepAlive: true}})
})

withPlistlib(`each of the hostile texts is read as it was, in every place for a text${why}`, t => {
  const jobs = HOLDABLE.map(text => ({
    ...ALL,
    Label: text,
    ProgramArguments: ['', text, text, ''],
    WorkingDirectory: text,
    StandardOutPath: text,
  }))
  t.deepEqual(
    loadWithPython(jobs.map(renderPlist)),
    jobs.map(value => ({value})),
  )
})

withPlistlib(`any texts are read as they were${why}`, t => {
  const jobs = fc
    .sample(fc.array(holdable, {minLength: 1, maxLength: 30}), 400)
    .map(argv => ({...LEAST, ProgramArguments: argv}))
  t.deepEqual(
    loadWithPython(jobs.map(renderPlist)),
    jobs.map(value => ({value})),
  )
})

/** Every code unit, and a few code points of each plane above. */
const POINTS = [
  ...Array.from({length: 0x1_0000}, (_, unit) => String.fromCharCode(unit)),
  ...Array.from({length: 16}, (_, plane) => [0, 1, 0xfffd, 0xfffe, 0xffff].map(at => (plane + 1) * 0x1_0000 + at))
    .flat()
    .map(point => String.fromCodePoint(point)),
]

withPlistlib(`every code point that is not refused is read as it was${why}`, t => {
  const argv = POINTS.filter(point => unholdableReason(point) === null).map(point => `a${point}b`)
  t.true(argv.length > 63_000)
  const chunks = Array.from({length: Math.ceil(argv.length / 100)}, (_, index) =>
    argv.slice(index * 100, index * 100 + 100).join(''),
  )
  const [loaded] = loadWithPython([renderPlist({...LEAST, ProgramArguments: chunks})])
  t.deepEqual((loaded?.value as JobKeys | undefined)?.ProgramArguments, chunks)
})

withPlistlib(`every code point that is refused is refused by expat as well${why}`, t => {
  const refused = POINTS.filter(point => unholdableReason(point) !== null)
  t.is(refused.length, 29 + 2048 + 2)
  const loaded = loadWithPython(
    refused.map(point => `<plist version="1.0"><dict><key>k</key><string>a${point}b</string></dict></plist>`),
  )
  for (const [index, {value, error}] of loaded.entries()) {
    t.is(value, undefined, JSON.stringify(refused[index]))
    t.not(error, undefined)
  }
})
