import test from 'ava'
import {LAUNCHCTL} from '../dist/launchctl-codes.js'

test('no code has two names', t => {
  const codes = Object.values(LAUNCHCTL)
  t.is(new Set(codes).size, codes.length)
})
