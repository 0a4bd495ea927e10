import test from 'ava'
import {darwinSignalName} from '../dist/darwin-signals.js'

test('signals have the names that macOS gives their numbers, also where Linux counts otherwise', t => {
  const expected = {1: 'HUP', 2: 'INT', 6: 'ABRT', 7: 'EMT', 9: 'KILL', 10: 'BUS', 11: 'SEGV', 12: 'SYS', 15: 'TERM'}
  const more = {
    16: 'URG',
    17: 'STOP',
    19: 'CONT',
    20: 'CHLD',
    24: 'XCPU',
    25: 'XFSZ',
    29: 'INFO',
    30: 'USR1',
    31: 'USR2',
  }
  for (const [signal, name] of Object.entries({...expected, ...more}))
    t.is(darwinSignalName(Number(signal)), `SIG${name}`)
})

test('a number that is no signal stays a number', t => {
  t.is(darwinSignalName(0), 'SIG0')
  t.is(darwinSignalName(32), 'SIG32')
})
