import test from 'ava'
import fc from 'fast-check'
import {closestNames} from '@hermes-svc/core'

test('a name with one slip is found', t => {
  t.deepEqual(closestNames('codr', ['ops', 'coder', 'default']), ['coder'])
  t.deepEqual(closestNames('op', ['ops', 'coder']), ['ops'])
})

test('a name that is unlike all others has no suggestion', t => {
  t.deepEqual(closestNames('research', ['ops', 'coder', 'default']), [])
})

test('the nearest comes first, and of equally near ones the first in the alphabet', t => {
  t.deepEqual(closestNames('writer', ['writter2', 'waiter', 'writes', 'writer1']), [
    'waiter',
    'writer1',
    'writes',
    'writter2',
  ])
})

test('a name that is there is always the first suggestion for itself', t => {
  fc.assert(
    fc.property(fc.array(fc.string({minLength: 1}), {minLength: 1}), names => {
      t.is(closestNames(names[0] ?? '', names)[0], names[0])
    }),
  )
})
