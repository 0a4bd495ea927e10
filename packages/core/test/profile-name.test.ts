import test from 'ava'
import fc from 'fast-check'
import {
  assertProfileName,
  HERMES_PROFILE_NAME_MAX,
  invalidProfileReason,
  isServiceError,
  PROFILE_NAME_MAX,
  profileNameWarning,
} from '@hermes-svc/core'

const FIRST = Array.from('abcdefghijklmnopqrstuvwxyz0123456789')
const LATER = [...FIRST, '_', '-']

test('letters, digits, _ and - make a profile name that begins with a letter or digit', t => {
  const names = fc.tuple(
    fc.constantFrom(...FIRST),
    fc.array(fc.constantFrom(...LATER), {maxLength: PROFILE_NAME_MAX - 1}),
  )
  fc.assert(
    fc.property(names, ([first, rest]) => {
      assertProfileName(first + rest.join(''))
    }),
  )
  t.is(invalidProfileReason('default'), null)
})

test('a name with any other character is refused with HSVC_INVALID_PROFILE', t => {
  const bad = fc.string({unit: 'binary'}).filter(name => Array.from(name).some(character => !LATER.includes(character)))
  fc.assert(
    fc.property(bad, name => {
      t.throws(
        () => {
          assertProfileName(name)
        },
        {code: 'HSVC_INVALID_PROFILE'},
      )
    }),
  )
})

for (const name of [
  '',
  'Coder',
  '-coder',
  '_coder',
  'a/b',
  '..',
  'a b',
  'a.b',
  'coder\n',
  'coder\0',
  'çoder',
  ' coder',
]) {
  test(`${JSON.stringify(name)} is no profile name`, t => {
    t.true(invalidProfileReason(name)?.startsWith('expected a profile name of '))
  })
}

test('the message says expected, then got, in printable characters', t => {
  const reason = invalidProfileReason('co\u001b[31mder\n') ?? ''
  t.regex(reason, /^expected .*; got "co\\u001b\[31mder\\n"$/)
})

test('a long bad name is shortened in the message', t => {
  t.true((invalidProfileReason('A'.repeat(100_000)) ?? '').length < 300)
})

test('251 characters are accepted and 252 are refused', t => {
  t.is(invalidProfileReason('a'.repeat(251)), null)
  t.regex(invalidProfileReason('a'.repeat(252)) ?? '', /at most 251 characters; got 252/)
})

test('on Windows the names of its devices are no profile names, and elsewhere they are', t => {
  for (const name of ['con', 'prn', 'aux', 'nul', 'com1', 'com9', 'lpt1', 'lpt9']) {
    t.regex(invalidProfileReason(name, 'win32') ?? '', new RegExp(`no device of Windows; got "${name}"`))
    t.is(invalidProfileReason(name, 'linux'), null)
  }
  for (const name of ['console', 'com', 'com10', 'lpt0', 'nul-1', 'default'])
    t.is(invalidProfileReason(name, 'win32'), null)
})

test('something that is not a string is refused, not a crash', t => {
  for (const value of [undefined, null, 7, {}, ['coder']] as unknown[]) {
    const error = t.throws(() => {
      assertProfileName(value as string)
    })
    t.true(isServiceError(error))
  }
})

test('the hint is the lower-case, trimmed name where that is valid', t => {
  const hintFor = (name: string) => {
    const error = t.throws(() => {
      assertProfileName(name)
    })
    return isServiceError(error) ? (error.hint ?? null) : undefined
  }
  t.is(hintFor(' Coder\n'), 'did you mean coder?')
  t.is(hintFor('ai.hermes-svc.coder'), 'did you mean coder?')
  t.is(hintFor('hermes-gateway.service'), 'did you mean default?')
  t.is(hintFor('a/b'), null)
  t.is(hintFor('   '), null)
})

test('a valid name longer than Hermes itself accepts has a warning', t => {
  t.is(profileNameWarning('a'.repeat(HERMES_PROFILE_NAME_MAX)), null)
  t.regex(profileNameWarning('a'.repeat(HERMES_PROFILE_NAME_MAX + 1)) ?? '', /65 characters; .* at most 64/)
})
