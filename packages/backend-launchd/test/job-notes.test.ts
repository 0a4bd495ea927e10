import test from 'ava'
import {parseAskedNote, parseStartNote} from '../dist/job-notes.js'

const HEADER = {
  specHash: 'ff00',
  port: null,
  autostart: true,
  ownCommand: false,
  throttleSeconds: 5,
  cleanExitCodes: [0],
  digest: 'd1',
}
const LINE = `# hermes-svc ${JSON.stringify(HEADER)}`

test('a note of the launcher has the process, how many starts and deaths there were, and what it was started with', t => {
  t.deepEqual(parseStartNote(`77 3 2\n${LINE}\n`, 5), {
    pid: 77,
    serial: 3,
    deaths: 2,
    parked: null,
    header: HEADER,
    atMs: 5,
  })
})

test('a note of a gateway that was parked has the exit code and no process', t => {
  t.like(parseStartNote(`- 4 3 78\n${LINE}\n`, 5), {pid: null, parked: 78})
})

test('a note without what it was started with is one all the same', t => {
  t.is(parseStartNote('77 3 2\n\n', 5)?.header, null)
  t.is(parseStartNote('77 3 2\nnonsense\n', 5)?.header, null)
})

for (const text of [
  '',
  '77',
  '77 3 2',
  '77 3 2\n',
  `77 3 2\n${LINE}`,
  'x 3 2\n\n',
  '77 3\n\n',
  '77 3 2 x\n\n',
  ' 77 3 2\n\n',
]) {
  test(`a note that is not whole is none: ${JSON.stringify(text.slice(0, 20))}`, t => {
    t.is(parseStartNote(text, 5), null)
  })
}

test('a note that a start is asked for has the start that it follows, and the deaths until then', t => {
  t.deepEqual(parseAskedNote('3 2\n'), {serial: 3, deaths: 2})
})

for (const text of ['', '3', '3 2', '3 x\n', '3 2 1\n']) {
  test(`a note that a start is asked for which is not whole is none: ${JSON.stringify(text)}`, t => {
    t.is(parseAskedNote(text), null)
  })
}
