import test from 'ava'
import {durationText} from '../../dist/view/duration-text.js'
import {gatewayDetails} from '../../dist/view/gateway-details.js'
import {gatewayTable} from '../../dist/view/gateway-table.js'
import {noteText} from '../../dist/view/gateway-text.js'
import {logLineText} from '../../dist/view/log-line.js'
import {paintFor, showsColor} from '../../dist/view/style.js'
import {definedLine, lifecycleLine, removedLines} from '../../dist/view/verb-lines.js'
import {gateway} from '../samples.js'

const now = Date.parse('2030-01-31T09:00:00.000Z')
const plain = paintFor(false)
const died = {code: 78, signal: null, at: '2030-01-31T08:59:50.000Z'}

test('a duration is told in its two largest units', t => {
  const seconds = [0, 41, 60, 125, 3600, 7500, 86_400, 273_600]
  t.deepEqual(seconds.map(durationText), ['0s', '41s', '1m', '2m 5s', '1h', '2h 5m', '1d', '3d 4h'])
})

test('a start is told in one line with pid, backend and scope', t => {
  t.is(lifecycleLine(gateway()), '✓ coder running (pid 4121, embedded user)')
})

test('an install is told with whether it survives a reboot and where its logs are', t => {
  t.is(
    definedLine(gateway({backend: 'systemd'})),
    '✓ coder running (pid 4121, systemd user) · survives reboot: yes · logs: hermes-svc gateway logs coder -f',
  )
})

for (const [gap, text] of [
  ['unwanted', 'no (--no-autostart)'],
  ['unsupported', 'no (hermes-svc gateway reconcile brings it back)'],
  ['unstarted', 'no (nothing starts systemd user at boot: hermes-svc doctor)'],
] as const) {
  test(`an install that does not survive a reboot says why where that is ${gap}`, t => {
    const line = definedLine(gateway({backend: 'systemd', autostart: false}), gap)
    t.is(line.split(' · ')[1], `survives reboot: ${text}`)
  })
}

test('a registration is told to end with the container', t => {
  const line = definedLine(gateway({origin: 'registered', logs: {kind: 'none'}}))
  t.is(line, '✓ coder running (pid 4121, embedded user) · until the container ends')
})

test('a removal says what went and what stayed', t => {
  t.deepEqual(removedLines({profile: 'coder', removed: ['/a'], kept: ['/logs']}), [
    '✓ coder removed',
    '  removed /a',
    '  kept    /logs',
  ])
  t.deepEqual(removedLines({profile: 'nobody', removed: [], kept: []}), ['✓ nobody: nothing to remove'])
})

test('the table of gateways fits 80 columns with a profile of 20 characters in backoff', t => {
  const backoff = gateway({
    profile: 'a-profile-of-20-char',
    state: 'backoff',
    pid: null,
    uptimeSeconds: null,
    restarts: 1234,
    lastExit: died,
    nextStartAt: '2030-01-31T09:04:00.000Z',
  })
  const lines = gatewayTable([gateway(), backoff], now, plain, 80)
  t.true(
    lines.every(line => line.length <= 80),
    lines.join('\n'),
  )
  t.regex(lines[2] ?? '', /backoff .*exit 78/)
})

test('the table names the scope where a backend has gateways in several, and within 80 columns', t => {
  const own = gateway({profile: 'a-profile-of-20-char', backend: 'systemd'})
  const other = gateway({...own, scope: 'system', origin: 'foreign', restarts: 1234, uptimeSeconds: 86_399})
  const backends = (rows: Parameters<typeof gatewayTable>[0]): (string | undefined)[] =>
    gatewayTable(rows, now, plain, 80).map(line => /BACKEND|systemd( \w+)?|embedded/.exec(line)?.[0])
  t.deepEqual(backends([own, gateway()]), ['BACKEND', 'systemd', 'embedded'])
  t.deepEqual(backends([own, other, gateway()]), ['BACKEND', 'systemd user', 'systemd system', 'embedded'])
  const lines = gatewayTable([own, other], now, plain, 80)
  t.true(
    lines.every(line => line.length <= 80),
    lines.join('\n'),
  )
})

test('an empty table says how to begin', t => {
  t.deepEqual(gatewayTable([], now, plain), ['no gateways; make one: hermes-svc gateway install PROFILE'])
})

test('the note says what the state alone does not', t => {
  t.is(noteText(gateway(), now), '')
  t.is(noteText(gateway({state: 'failed', lastExit: died}), now), 'exit 78')
  t.is(noteText(gateway({state: 'failed', lastExit: {code: null, signal: 'SIGSEGV', at: null}}), now), 'SIGSEGV')
  t.is(
    noteText(gateway({state: 'backoff', lastExit: died, nextStartAt: '2030-01-31T09:00:12.000Z'}), now),
    'exit 78, next in 12s',
  )
  t.is(noteText(gateway({origin: 'foreign', wanted: 'down'}), now), 'foreign, wanted down')
  t.is(noteText(gateway({drift: true}), now), 'drift')
})

test('details leave out what is not known, and hold no escapes of others', t => {
  const health = {state: 'degraded', reason: 'slack \u001b[31mlost', at: null}
  const running = {state: 'running', reason: null, at: new Date(now - 90_000).toISOString()}
  t.true(gatewayDetails(gateway({health: running}), now, plain).includes('  health:     running (said 1m 30s ago)'))
  const lines = gatewayDetails(gateway({health}), now, plain)
  t.is(lines[0], 'coder: running')
  t.true(lines.includes('  pid:        4121, up 1h 1m'))
  t.true(lines.includes('  health:     degraded: slack lost'))
  t.false(lines.some(line => line.includes('port')))
})

test('a log line has its profile in front only when there are several, and is cleaned only for a terminal', t => {
  const line = {profile: 'coder', at: '2030-01-31T08:00:00.000Z', text: '\u001b[31mred'}
  t.is(logLineText(line, {prefixWidth: 0, terminal: true}), '2030-01-31T08:00:00.000Z red')
  t.is(logLineText({...line, at: null}, {prefixWidth: 7, terminal: false}), 'coder   | \u001b[31mred')
})

test('colours are for terminals whose user wants them', t => {
  t.true(showsColor({isTTY: true}, {}))
  t.false(showsColor({}, {}))
  t.false(showsColor({isTTY: true}, {NO_COLOR: '1'}))
  t.false(showsColor({isTTY: true}, {TERM: 'dumb'}))
  t.is(paintFor(true)('red', 'x'), '\u001b[31mx\u001b[0m')
})
