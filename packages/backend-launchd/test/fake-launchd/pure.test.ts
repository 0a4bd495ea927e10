import test from 'ava'
import fc from 'fast-check'
import {build} from 'plist'
import {formatLastExit, formatStatusColumn, parseSignal, toWaitStatus} from './exit-status.js'
import {readDefinition} from './job-definition.js'
import {isRestarted} from './keep-alive.js'
import {parsePlist} from './plist-text.js'
import {parseTarget, specifyDomain} from './target.js'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What XML 1.0 can hold, without the carriage returns that a parser takes away. */
const texts = fc
  .string({unit: 'grapheme'})
  .filter(text => !/[^\t\n\u0020-\ud7ff\ue000-\ufffc\u{10000}-\u{10ffff}]/u.test(text))

test('what the library writes is read as it was', t => {
  const values = fc.record({
    Label: texts.filter(text => text !== ''),
    ProgramArguments: fc.array(texts, {minLength: 1}).filter(([first]) => first !== ''),
    EnvironmentVariables: fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]*$/), texts),
  })
  fc.assert(
    fc.property(values, value => {
      const plist = parsePlist(encode(build(value)))
      const definition = plist && readDefinition(plist)
      t.deepEqual([definition?.label, definition?.argv], [value.Label, value.ProgramArguments])
      t.deepEqual({...definition?.environment}, {...value.EnvironmentVariables})
    }),
  )
})

test('bytes that are no UTF-8 are no property list', t => {
  const good = Buffer.from(build({Label: 'aéa'}))
  t.deepEqual({...parsePlist(good)}, {Label: 'aéa'})
  t.is(parsePlist(Buffer.from(good.toString('latin1').replace('Ã©', 'é'), 'latin1')), null)
})

test('a comment with two hyphens and a reference to a control character are no XML', t => {
  const wrap = (text: string): Uint8Array => encode(`<plist version="1.0"><dict>${text}</dict></plist>`)
  const good = '<key>a</key><string>&#9;&#13;&#x20;</string><!-- a - b -->'
  t.deepEqual({...parsePlist(wrap(good))}, {a: '\t\r '})
  for (const bad of ['<!-- a -- b -->', '<key>a</key><string>&#0;</string>', '<key>a</key><string>&#x1B;</string>']) {
    t.is(parsePlist(wrap(bad)), null, bad)
  }
})

test('a target is a domain and, where there is more, a label', t => {
  const domains = fc.constantFrom('system', 'gui/501', 'user/0')
  fc.assert(
    fc.property(domains, fc.string(), (domain, label) => {
      const target = parseTarget(`${domain}/${label}`)
      return target !== null && specifyDomain(target) === domain && target.label === (label === '' ? null : label)
    }),
  )
  for (const bad of ['', 'gui', 'gui/', 'gui/x/a', 'pid/1', 'login/1/a', 'systems']) t.is(parseTarget(bad), null, bad)
})

test('signals have the numbers and words of macOS', t => {
  t.is(parseSignal('USR1'), 'SIGUSR1')
  t.is(parseSignal('30'), 'SIGUSR1')
  t.is(parseSignal('10'), 'SIGBUS')
  t.is(parseSignal('sigterm'), 'SIGTERM')
  t.is(parseSignal('SIGNONE'), null)
  t.is(formatStatusColumn({signal: 'SIGUSR1'}), '-30')
  t.is(toWaitStatus({signal: 'SIGTERM'}), 15)
  t.is(toWaitStatus({code: 1}), 256)
  t.is(formatLastExit({signal: 'SIGTERM'}, 'new'), 'last terminating signal = Terminated: 15')
  t.is(formatLastExit({code: 75}, 'old'), 'last exit status = 75: EX_TEMPFAIL')
})

test('a crash is a signal of its kind, and neither SIGTERM nor an exit code', t => {
  const definition = readDefinition({Label: 'a', Program: '/x', KeepAlive: {Crashed: true}})
  if (definition === null) throw new Error('expected a definition')
  t.true(isRestarted(definition, {signal: 'SIGABRT'}))
  t.false(isRestarted(definition, {signal: 'SIGTERM'}))
  t.false(isRestarted(definition, {code: 1}))
})
