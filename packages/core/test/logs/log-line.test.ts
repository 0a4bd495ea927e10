import test from 'ava'
import {parseLogLine} from '../../dist/logs/log-line.js'

const parse = (line: string) => {
  const {at, text} = parseLogLine('coder', line)
  return [at, text]
}

test('a line of s6-log gives its time as UTC to the millisecond, and its text', t => {
  t.deepEqual(parse('2030-01-01 00:00:00.123456789  text'), ['2030-01-01T00:00:00.123Z', 'text'])
  t.deepEqual(parse('2030-01-01 00:00:00.999999999    two more spaces '), [
    '2030-01-01T00:00:00.999Z',
    '  two more spaces ',
  ])
  t.deepEqual(parse('2030-01-01 00:00:00.000000000  '), ['2030-01-01T00:00:00.000Z', ''])
})

test('only the first time of a line is taken off, whoever wrote the line', t => {
  const ours = '2030-01-01T00:00:00.123Z'
  const theirs = '2030-01-01 00:00:00.123456789 '
  t.deepEqual(parse(`${ours} ${theirs} text`), [ours, `${theirs} text`])
  t.deepEqual(parse(`${theirs} ${ours} text`), [ours, `${ours} text`])
  t.deepEqual(parse(`${theirs} ${theirs} text`), [ours, `${theirs} text`])
})

test("a program's own time is text", t => {
  const lines = [
    '2030-01-01 00:00:00,123 INFO text',
    '2030-01-01 00:00:00.123 text',
    '2030-01-01 00:00:00.123456  text',
    '2030-01-01 00:00:00.123456789 text',
    '2030-13-01 00:00:00.123456789  text',
    ' 2030-01-01 00:00:00.123456789  text',
    '@400000006b03744c2e1d47fb text',
  ]
  for (const line of lines) t.deepEqual(parse(line), [null, line])
})
