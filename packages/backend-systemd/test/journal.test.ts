import test from 'ava'
import {journalArguments, parseJournalEntry} from '../dist/journal.js'

const UNIT = 'hermes-svc-coder.service'

test('a user’s unit is asked for by fields, so that root finds it too', t => {
  t.deepEqual(journalArguments('user', UNIT, 1000, {}), [
    '--output=json',
    '--output-fields=MESSAGE',
    '--no-pager',
    '--lines=100',
    '_TRANSPORT=stdout',
    `_SYSTEMD_USER_UNIT=${UNIT}`,
    '_UID=1000',
    '+',
    'PRIORITY=3',
    `USER_UNIT=${UNIT}`,
    '_UID=1000',
  ])
})

test('a system unit is asked for whatever account it runs as', t => {
  const args = journalArguments('system', UNIT, 0, {}).slice(4)
  t.deepEqual(args, ['_TRANSPORT=stdout', `_SYSTEMD_UNIT=${UNIT}`, '+', 'PRIORITY=3', `UNIT=${UNIT}`])
})

test('lines, a time and following are passed on', t => {
  const since = new Date('2026-06-01T12:00:00.250Z')
  const args = journalArguments('user', UNIT, 1000, {lines: 0, since, follow: true})
  t.deepEqual(args.slice(3, 6), ['--lines=0', `--since=@${String(since.getTime() / 1000)}`, '--follow'])
  t.true(args.includes('--since=@1780315200.25'))
})

test('more lines than journalctl can count are all of them', t => {
  const lines = (count: number): string | undefined => journalArguments('user', UNIT, 1000, {lines: count})[3]
  t.is(lines(0x7f_ff_ff_ff), '--lines=2147483647')
  t.is(lines(0x80_00_00_00), '--lines=all')
  t.is(lines(Infinity), '--lines=all')
})

function entry(message: unknown, at: unknown = '1780315200250999'): string {
  return JSON.stringify({MESSAGE: message, __REALTIME_TIMESTAMP: at, _PID: '7'})
}

test('an entry gives its text and its time in milliseconds', t => {
  t.deepEqual(parseJournalEntry('coder', entry('hello  ')), {
    profile: 'coder',
    at: '2026-06-01T12:00:00.250Z',
    text: 'hello  ',
  })
  t.is(parseJournalEntry('coder', entry(''))?.text, '')
})

test('a text that comes as bytes is decoded, with U+FFFD for what is not UTF-8', t => {
  const bytes = [...Buffer.from('\u001b[31mé'), 0xff]
  t.is(parseJournalEntry('coder', entry(bytes))?.text, '\u001b[31mé\ufffd')
})

test('an entry without a time that can be read has none', t => {
  for (const at of [undefined, 'soon', '9e99', {}])
    t.is(parseJournalEntry('coder', JSON.stringify({MESSAGE: 'x', __REALTIME_TIMESTAMP: at}))?.at, null)
})

test('what is no entry, or one without a text, is passed over', t => {
  for (const line of ['', '-- No entries --', '{', '7', 'null', '[]', '{}', entry(null), entry(7), entry({})])
    t.is(parseJournalEntry('coder', line), null, line)
})
