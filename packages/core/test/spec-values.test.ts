import test from 'ava'
import fc from 'fast-check'
import {assertDeliverable, assertEnvironment, assertPort} from '@hermes-svc/core'

const REFUSED = {code: 'HSVC_INVALID_SPEC'}

test('any well-formed Unicode text without NUL and U+FFFD can be delivered', t => {
  fc.assert(
    fc.property(fc.string({unit: 'binary', maxLength: 200}), text => {
      if (/[\0\uFFFD]/.test(text)) return
      t.notThrows(() => {
        assertDeliverable('argv[1]', text)
      })
    }),
  )
  for (const text of ['', '\n\r\t\u007F', '\u{1F600}', '\u2028\uFEFF\u00A0', '$HOME %PATH% "\'\\`']) {
    t.notThrows(() => {
      assertDeliverable('argv[1]', text)
    })
  }
})

test('NUL, U+FFFD and lone surrogates are refused wherever they are, and the text is not shown', t => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom('\0', '\uFFFD', '\uD800', '\uDC00', '\uDC00\uD800'),
      fc.string(),
      (a, bad, b) => {
        const error = t.throws(() => {
          assertDeliverable('environment KEY', `SECRET${a}${bad}${b}`)
        }, REFUSED)
        t.true(error.message.startsWith('environment KEY: expected '))
        t.false(error.message.includes('SECRET'))
      },
    ),
  )
})

test('what is no text cannot be delivered', t => {
  for (const value of [1, null, undefined, {}, ['x']]) {
    t.throws(
      () => {
        assertDeliverable('argv[0]', value)
      },
      {...REFUSED, message: /^argv\[0\]: expected text, got /},
    )
  }
})

test('an environment key is letters, digits and _, and does not start with a digit', t => {
  for (const key of ['A', '_', 'a1_B', 'PATH']) {
    t.notThrows(() => {
      assertEnvironment({[key]: ''})
    })
  }
  for (const key of ['', '1A', 'A-B', 'A B', 'A=B', 'Ä', 'A\n', 'A.B', '__proto__ ']) {
    t.throws(
      () => {
        assertEnvironment({[key]: ''})
      },
      {...REFUSED, message: /^environment: expected a key/},
    )
  }
})

test('the value of a refused environment entry is not shown', t => {
  for (const env of [{A: 'SECRET\0'}, {'A-B': 'SECRET'}, {A: ['SECRET']}]) {
    const error = t.throws(() => {
      assertEnvironment(env)
    }, REFUSED)
    t.false(error.message.includes('SECRET'))
  }
})

test('a port is a whole number from 1 to 65535, or none', t => {
  for (const port of [null, 1, 8642, 65_535]) {
    t.notThrows(() => {
      assertPort(port)
    })
  }
  for (const port of [0, -1, 65_536, 1.5, '80', undefined, Number.NaN]) {
    t.throws(
      () => {
        assertPort(port)
      },
      {...REFUSED, message: /^port: expected a whole number from 1 to 65535/},
    )
  }
})

test('what is longer than Linux hands over in one piece is refused, a variable with its name', t => {
  const longest = 'x'.repeat(131_071)
  t.notThrows(() => {
    assertDeliverable('argv[1]', longest)
  })
  t.throws(
    () => {
      assertDeliverable('argv[1]', `${longest}x`)
    },
    {message: /^argv\[1\]: expected text that any program can be given, got 131073 bytes/},
  )
  t.notThrows(() => {
    assertEnvironment({KEY: longest.slice(4)})
  })
  t.throws(
    () => {
      assertEnvironment({KEY: longest.slice(3)})
    },
    {message: /^environment KEY: /},
  )
})
