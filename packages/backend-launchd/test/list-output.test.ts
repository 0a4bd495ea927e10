import test from 'ava'
import fc from 'fast-check'
import {parseListOutput} from '../dist/list-output.js'
import {hostileText} from './hostile-texts.js'

const LIST = [
  'PID\tStatus\tLabel',
  '48211\t0\tai.hermes-svc.coder',
  '-\t78\tai.hermes-svc.helper',
  '51725\t-9\tai.hermes-svc.writer',
  '-\t-15\tcom.apple.quicklook',
  '-\t-\tcom.apple.odd',
  '812\t???\tcom.apple.stopped',
  '-\t0\tapplication.com.example. name with blanks.1.2',
  '',
].join('\n')

test('each job that is loaded is read with its pid and how it ended last', t => {
  t.deepEqual(
    [...(parseListOutput(LIST) ?? [])],
    [
      ['ai.hermes-svc.coder', {pid: 48_211, status: 0}],
      ['ai.hermes-svc.helper', {pid: null, status: 78}],
      ['ai.hermes-svc.writer', {pid: 51_725, status: -9}],
      ['com.apple.quicklook', {pid: null, status: -15}],
      ['com.apple.odd', {pid: null, status: 0}],
      ['com.apple.stopped', {pid: 812, status: 0}],
      ['application.com.example. name with blanks.1.2', {pid: null, status: 0}],
    ],
  )
})

test('a domain without jobs has none', t => {
  t.is(parseListOutput('PID\tStatus\tLabel\n')?.size, 0)
  t.is(parseListOutput('PID\tStatus\tLabel')?.size, 0)
})

test('without the headings it is no list', t => {
  for (const text of ['', '\n', '-\t0\tx\n', 'PID Status Label\n-\t0\tx\n', '{\n\t"PID" = 7;\n};\n', `\n${LIST}`])
    t.is(parseListOutput(text), null, text)
})

test('lines that are no rows are passed over', t => {
  const odd = ['x\t0\ty', '7\tx\ty', '7\t0', '7\t0\t', '', '-7\t0\ty', '7 0 y', '7\t0x\ty']
  t.is(parseListOutput(`PID\tStatus\tLabel\n${odd.join('\n')}\n`)?.size, 0)
  fc.assert(fc.property(hostileText, text => parseListOutput(`PID\tStatus\tLabel\n${text}`) !== null))
})
