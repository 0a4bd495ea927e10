import {spawnSync} from 'node:child_process'
import {readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {renderLauncher} from '../dist/launcher.js'
import {DASH, why, withDash} from './dash.js'
import {assertGolden} from './golden.js'
import {DEFINITION, HEADER_LINE, LauncherDirectory} from './launcher-directory.js'

/** A program that says which process it is. */
const WHO = ['/bin/sh', '-c', 'echo "$$"']

const BOTH = {label: 'ai.hermes-svc.coder', launchctl: '/bin/launchctl'}

test('a launcher is as it was', t => {
  assertGolden(t, 'launcher.sh', renderLauncher(BOTH))
})

test('what goes into a launcher is quoted', t => {
  t.true(renderLauncher({label: "it's", launchctl: '/a b'}).includes("$('/a b' list 'it'\\''s' 2>/dev/null)"))
})

withDash(`the process that launchd starts becomes the gateway${why}`, t => {
  const {status, stdout, stderr, pid} = new LauncherDirectory(t).start(WHO)
  t.is(`${String(status)} ${stdout}${stderr}`, `0 ${String(pid)}\n`)
})

withDash(`the exit code is the gateway’s${why}`, t => {
  t.is(new LauncherDirectory(t).start(['/bin/sh', '-c', 'exit 75']).status, 75)
})

withDash(`the first start is noted with its process, and launchctl is not asked${why}`, t => {
  const directory = new LauncherDirectory(t)
  const {pid} = directory.start(WHO, {park: '78'})
  t.is(directory.note, `${String(pid)} 1 0\n${HEADER_LINE}\n`)
  t.deepEqual(directory.calls, [])
})

/** What `launchctl list LABEL` prints of a job that ended with this wait status. */
function listed(status: number | string): string {
  return [
    '{',
    '\t"StandardOutPath" = "/Users/ada/.hermes/logs/gateways/coder/current";',
    '\t"LimitLoadToSessionType" = "Aqua";',
    '\t"Label" = "ai.hermes-svc.coder";',
    '\t"OnDemand" = false;',
    `\t"LastExitStatus" = ${String(status)};`,
    '\t"PID" = 512;',
    '\t"Program" = "/Users/ada/.hermes/hermes-gateway-coder";',
    '\t"ProgramArguments" = (',
    '\t\t"/Users/ada/.hermes/hermes-gateway-coder";',
    '\t\t"\t"LastExitStatus" = 0;',
    '\t);',
    '};',
    '',
  ].join('\n')
}

interface FurtherStart {
  readonly note?: string
  readonly asked?: string
  readonly answer?: string
  readonly answerCode?: number
  readonly park?: string
}

const NOTE = `4711 6 2\n${HEADER_LINE}\n`

/** A start after the one that NOTE is of. */
function startAgain(t: ExecutionContext, {note = NOTE, asked, answer, answerCode, park}: FurtherStart) {
  const directory = new LauncherDirectory(t)
  directory.leave('started', note)
  if (asked !== undefined) directory.leave('asked', asked)
  directory.answer(answer ?? listed(0), answerCode)
  const {status, stdout, stderr, pid} = directory.start(WHO, park === undefined ? {} : {park})
  t.is(`${String(status)} ${stderr}`, '0 ')
  const {note: written, calls, label} = directory
  return {note: written, calls, label, pid, hasStarted: stdout === `${String(pid)}\n`}
}

/** The start went on, and counted so many deaths in a row. */
function assertCounted(t: ExecutionContext, start: FurtherStart, deaths: number): void {
  const {note, pid, hasStarted, calls, label} = startAgain(t, start)
  const what = JSON.stringify(start)
  t.is(note, `${String(pid)} 7 ${String(deaths)}\n${HEADER_LINE}\n`, what)
  t.true(hasStarted, what)
  t.deepEqual(calls, [['list', label]], what)
}

withDash(`a start after an end by a signal or with a code counts one more death${why}`, t => {
  for (const status of [9, 15, 256, 256 * 75, 256 * 255, 139]) assertCounted(t, {answer: listed(status)}, 3)
})

withDash(`a start of a job that launchd loaded anew counts from the beginning${why}`, t => {
  assertCounted(t, {answer: listed(0), park: '0,78'}, 0)
})

withDash(`a start after an end that launchctl does not tell counts one more death${why}`, t => {
  for (const answer of [
    '',
    '0',
    '0;',
    'nonsense\n',
    listed('abc'),
    listed(''),
    listed(-1),
    listed('0x0'),
    listed('00'),
  ])
    assertCounted(t, {answer, park: '0,1,78'}, 3)
  assertCounted(t, {answer: 'Could not find service "x" in domain for port\n', answerCode: 113}, 3)
  assertCounted(t, {answer: listed(0), answerCode: 1}, 3)
})

withDash(`only a line of the job itself tells how it ended${why}`, t => {
  assertCounted(t, {answer: '{\n\t"Label" = "x "LastExitStatus" = 0;";\n\t"LastExitStatus" = 256;\n};\n'}, 3)
})

withDash(`after a code to park at nothing is started, and launchd sees a success${why}`, t => {
  for (const park of ['78', '1,78', '78,1', '2,78,255']) {
    const {note, hasStarted, calls} = startAgain(t, {answer: listed(256 * 78), park})
    t.is(note, `- 7 3 78\n${HEADER_LINE}\n`, park)
    t.false(hasStarted, park)
    t.is(calls.length, 1)
  }
})

withDash(`a code that only looks like one to park at counts as a death${why}`, t => {
  for (const park of ['-', '', '8', '7', '178', '788', '7,8', '78 1', '*', '?8', '[7]8'])
    assertCounted(t, {answer: listed(256 * 78), park}, 3)
  assertCounted(t, {answer: listed(78), park: '78'}, 3)
  assertCounted(t, {answer: listed(256 * 78 + 9), park: '78'}, 3)
})

withDash(
  `a start that somebody asked for is checked for nothing, and has the deaths that it was asked with${why}`,
  t => {
    const {note, pid, hasStarted, calls} = startAgain(t, {asked: '6 9\n', answer: listed(256 * 78), park: '78'})
    t.is(note, `${String(pid)} 7 9\n${HEADER_LINE}\n`)
    t.true(hasStarted)
    t.deepEqual(calls, [])
  },
)

withDash(`what somebody asked for before or after, or not wholly, is not this start${why}`, t => {
  for (const asked of [
    '',
    '\n',
    '5 2\n',
    '7 2\n',
    '06 2\n',
    '6\n',
    '6 2',
    '6 x\n',
    '6 02\n',
    '6 2 2\n',
    '-6 2\n',
    'six 2\n',
    '! 2\n',
    '( 2\n',
  ])
    assertCounted(t, {asked, answer: listed(256)}, 3)
})

withDash(`a gateway that was parked can be asked for, and be loaded anew${why}`, t => {
  const note = `- 6 2 78\n${HEADER_LINE}\n`
  assertCounted(t, {note, answer: listed(0), park: '78'}, 0)
  const asked = startAgain(t, {note, asked: '6 2\n', park: '78'})
  t.is(asked.note, `${String(asked.pid)} 7 2\n${HEADER_LINE}\n`)
})

withDash(`a note that is empty, cut or none of ours is as if there were none${why}`, t => {
  const line = NOTE.slice(0, NOTE.indexOf('\n'))
  const cut = Array.from({length: line.length}, (_, end) => line.slice(0, end + 1))
  const odd = ['', '\n', ' \n', '4711\n', '4711 6\n', '4711 6 2 78 9\n', '4711 x 2\n', '4711 6 x\n']
  const numbers = ['-6 2', '6 -2', '06 2', '6 08', '0x6 2', '6+1 2', '$((1)) 2', `6 ${'9'.repeat(16)}`, 'a[1] 2', '* *']
  const binary = ['\0'.repeat(40), '\u007fELF\u0001', `${'x'.repeat(9000)}\n`, '\ufffd\n']
  for (const note of [...cut, ...odd, ...numbers.map(two => `4711 ${two}\n`), ...binary]) {
    const {note: written, pid, hasStarted, calls} = startAgain(t, {note, asked: '\n', answer: listed(256)})
    const what = JSON.stringify(note)
    t.is(written, `${String(pid)} 1 0\n${HEADER_LINE}\n`, what)
    t.true(hasStarted, what)
    t.deepEqual(calls, [], what)
  }
})

withDash(`without its environment a start is noted that was made with nothing${why}`, t => {
  const directory = new LauncherDirectory(t)
  rmSync(directory.environment)
  const {pid} = directory.start(WHO)
  t.is(directory.note, `${String(pid)} 1 0\n\n`)
})

withDash(`a launchctl that is not there counts one more death${why}`, t => {
  const directory = new LauncherDirectory(t)
  directory.leave('started', NOTE)
  rmSync(join(directory.path, 'launchctl'))
  const {pid, status, stderr} = directory.start(WHO)
  t.is(`${String(status)}${stderr}`, '0')
  t.is(directory.note, `${String(pid)} 7 3\n${HEADER_LINE}\n`)
})

withDash(`a note that cannot be written, as its directory is missing, keeps no gateway from starting${why}`, t => {
  const directory = new LauncherDirectory(t)
  rmSync(directory.state, {recursive: true})
  const {status, stdout, pid, stderr} = directory.start(WHO)
  t.is(`${String(status)} ${stdout}`, `0 ${String(pid)}\n`)
  t.not(stderr, '')
})

withDash(`a note that cannot be written, as on a full disk, keeps no gateway from starting${why}`, t => {
  const directory = new LauncherDirectory(t)
  directory.leave('started', NOTE)
  const full = `trap '' XFSZ; ulimit -f 0; exec "$0" ${DEFINITION} - "$@"`
  const {stdout, pid, stderr} = spawnSync(DASH, ['-c', full, directory.launcher, ...WHO], {encoding: 'utf8'})
  t.is(stdout, `${String(pid)}\n`)
  t.not(stderr, '')
  t.is(directory.note, NOTE, 'the earlier one stays')
})

withDash(`without its environment nothing is started, and the exit code is EX_CONFIG${why}`, t => {
  const directory = new LauncherDirectory(t)
  rmSync(directory.environment)
  const {status, stdout, stderr} = directory.start(WHO)
  t.is(status, 78)
  t.is(stdout, '')
  t.is(stderr, `${directory.launcher}: expected to read ${directory.environment}; install the gateway again\n`)
})

withDash(`a program that is not there ends as in any shell${why}`, t => {
  t.is(new LauncherDirectory(t).start(['/nowhere/hermes']).status, 127)
})

withDash(`the gateway has launchd’s umask, and no descriptor of the launcher’s${why}`, t => {
  const {launcher} = new LauncherDirectory(t)
  const open = 'umask; for fd in 3 4 5 6 7 8 9 10 11 12; do [ ! -e /dev/fd/$fd ] || echo "$fd"; done'
  const under = `umask 0137; exec "$0" ${DEFINITION} - "$@"`
  const {stdout} = spawnSync('/bin/sh', ['-c', under, launcher, '/bin/sh', '-c', open], {encoding: 'utf8'})
  t.is(stdout, '0137\n')
})

withDash(`who reads the note while starts follow each other sees a whole one, in its order${why}`, t => {
  const directory = new LauncherDirectory(t)
  const path = join(directory.state, 'started')
  directory.start(WHO)
  directory.answer(listed(9))
  const again = `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "$0" ${DEFINITION} - /bin/echo; done`
  const reader = 'while [ ! -e "$1" ]; do cat "$0"; echo .; done'
  const script = `(${again.replaceAll('"$0"', '"$2"')}; : >"$1") >/dev/null & ${reader}; wait`
  const {stdout} = spawnSync(DASH, ['-c', script, path, join(directory.path, 'over'), directory.launcher], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  const seen = stdout.split('.\n').slice(0, -1)
  const whole = /^\d+ (\d+) \d+\n# hermes-svc \{.*\}\n$/
  const serials = seen.map(text => Number(whole.exec(text)?.[1]))
  t.true(serials.length > 0)
  t.deepEqual(
    serials,
    serials.toSorted((a, b) => a - b),
  )
  t.is(readFileSync(path, 'utf8').split(' ')[1], '21')
})
