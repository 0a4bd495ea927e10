import test from 'ava'
import {textOrder} from '../dist/text-order.js'

test('texts are in order of their code units, and equal ones in none', t => {
  t.deepEqual(['b', 'a', 'mid_1', 'mid-1', 'a'].sort(textOrder), ['a', 'a', 'b', 'mid-1', 'mid_1'])
  t.is(textOrder('a', 'a'), 0)
  t.is(textOrder('B', 'a'), -1)
  t.is(textOrder('b', 'a'), 1)
})
