import {invalidProfileReason} from '@hermes-svc/core'
import test from 'ava'
import fc from 'fast-check'
import {isPattern, parsePattern} from '../dist/profile-pattern.js'

const names = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,12}$/)
const pieces = fc.oneof(
  fc.constantFrom('*', '?', '[a-c]', '[!a-c]', '[^0_]', '[x-]', '[-x]'),
  fc.stringMatching(/^[a-c0_-]{1,3}$/),
)
const patterns = fc.array(pieces, {minLength: 1, maxLength: 6}).map(parts => parts.join(''))

/** What a shell's pattern means, said by a regular expression. */
function expressionOf(pattern: string): RegExp {
  const body = pattern.replaceAll(/\[[!^]?|\*|\?/g, token => {
    if (token === '*') return '.*'
    if (token === '?') return '.'
    return token === '[' ? '[' : '[^'
  })
  return new RegExp(`^${body}$`)
}

test('a name is never a pattern, and a pattern never a name', t => {
  fc.assert(fc.property(names, name => !isPattern(name)))
  fc.assert(fc.property(patterns.filter(isPattern), pattern => invalidProfileReason(pattern) !== null))
  t.pass()
})

test('a pattern fits the names that the same pattern of a shell fits', t => {
  fc.assert(
    fc.property(patterns, names, (pattern, name) => {
      t.is(parsePattern(pattern)(name), expressionOf(pattern).test(name), `${pattern} ${name}`)
    }),
    {numRuns: 2000},
  )
})

test('a pattern made of a name by putting * for any part of it fits that name', t => {
  const cut = fc.tuple(names, fc.nat(), fc.nat())
  fc.assert(
    fc.property(cut, ([name, one, other]) => {
      const [from, to] = [one % (name.length + 1), other % (name.length + 1)].sort((a, b) => a - b) as [number, number]
      return parsePattern(`${name.slice(0, from)}*${name.slice(to)}`)(name)
    }),
  )
  t.pass()
})

for (const [pattern, fitting, others] of [
  ['*', ['a', 'web-1'], []],
  ['web-*', ['web-1', 'web-', 'web-a-b'], ['web', 'my-web-1']],
  ['ops-?', ['ops-1'], ['ops-', 'ops-10']],
  ['[ab]*', ['a', 'bob'], ['cab']],
  ['[!ab]?', ['cx'], ['ax', 'c']],
  ['*-*-1', ['a-b-1', 'a-b-c-1'], ['a-1']],
] as const) {
  test(`${pattern} fits whole names only`, t => {
    const fits = parsePattern(pattern)
    t.deepEqual([...fitting, ...others].filter(fits), [...fitting])
  })
}

test('a pattern of many stars is decided at once', t => {
  const started = performance.now()
  t.false(parsePattern(`${'*a'.repeat(100)}b`)('a'.repeat(251)))
  t.true(performance.now() - started < 1000)
})

test('a pattern that no profile name could fit is refused, and shown', t => {
  for (const pattern of ['Web-*', 'web *', 'web-[', '[]', '[!]*', '[z-a]*', 'a.*', '{a,b}*', '*\n']) {
    const error = t.throws(() => parsePattern(pattern), {code: 'HSVC_INVALID_PROFILE'} as object)
    t.true(error.message.endsWith(JSON.stringify(pattern)))
  }
})
