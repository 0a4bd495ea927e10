import type {GatewayState, GatewayStatus, Wanted} from '@hermes-svc/core'
import test from 'ava'
import {gatewayStatusOf, type JobObservation, type RowPlace} from '../dist/gateway-status-of.js'
import type {JobDefinition} from '../dist/job-definitions.js'
import type {JobNotes, StartNote} from '../dist/job-notes.js'
import type {JobPrint} from '../dist/print-output.js'

const NOW_MS = Date.parse('2026-06-01T12:00:00.000Z')
const SECOND_MS = 1000
const PLACE: RowPlace = {
  kind: 'launchd',
  logs: {kind: 'file', path: '/Users/ada/.hermes/logs/gateways/coder'},
  nowMs: NOW_MS,
}

const HEADER = {
  specHash: 'ff00',
  port: 8642,
  autostart: true,
  ownCommand: false,
  throttleSeconds: 5,
  cleanExitCodes: [0, 3],
  digest: 'd1',
}
const DEFINITION: JobDefinition = {
  profile: 'coder',
  scope: 'user',
  label: 'ai.hermes-svc.coder',
  path: '/Users/ada/Library/LaunchAgents/ai.hermes-svc.coder.plist',
  marker: {id: 'ab12', autostart: true, digest: 'd1'},
  session: 'Aqua',
  problem: null,
}
const FOREIGN: JobDefinition = {...DEFINITION, label: 'ai.hermes.gateway-coder', marker: null, session: null}

/** The third start, after two deaths, of the process 77, a minute and a half ago. */
const START: StartNote = {pid: 77, serial: 3, deaths: 2, parked: null, header: HEADER, atMs: NOW_MS - 90 * SECOND_MS}
const NOTES: JobNotes = {header: HEADER, start: START, asked: null, lacksParts: false}
const NO_NOTES: JobNotes = {header: null, start: null, asked: null, lacksParts: false}

const JOB: JobPrint = {
  state: 'running',
  pid: 77,
  runs: 3,
  lastExit: {code: 1, signal: null},
  arguments: null,
  path: null,
  exitTimeoutSeconds: 70,
}
const WAITING: JobPrint = {...JOB, state: 'spawn scheduled', pid: null}
const RESTING: JobPrint = {...JOB, state: 'not running', pid: null}

function row(changes: Partial<JobObservation> = {}): GatewayStatus {
  return gatewayStatusOf(
    {definition: DEFINITION, notes: NOTES, listed: null, job: null, isDisabled: false, problem: null, ...changes},
    PLACE,
  )
}

const STATES: readonly [what: string, Partial<JobObservation>, GatewayState, Wanted][] = [
  ['listed with a pid', {listed: {pid: 77, status: 0}}, 'running', 'up'],
  ['printed with a pid', {job: JOB}, 'running', 'up'],
  ["still launchd's own helper", {job: {...JOB, state: 'xpcproxy'}}, 'starting', 'up'],
  ['sent TERM', {job: {...JOB, state: 'SIGTERMed'}, isDisabled: true}, 'stopping', 'down'],
  ['sent KILL', {job: {...JOB, state: 'SIGKILLed'}, isDisabled: true}, 'stopping', 'down'],
  ['waiting for its next start after a death', {job: WAITING}, 'backoff', 'up'],
  [
    'waiting for a start that was asked for',
    {job: WAITING, notes: {...NOTES, asked: {serial: 3, deaths: 2}}},
    'starting',
    'up',
  ],
  ['waiting for its first start', {job: {...WAITING, lastExit: null}}, 'starting', 'up'],
  ['loaded and not started yet', {job: {...RESTING, lastExit: null}}, 'starting', 'up'],
  ['ended by itself with exit code 0', {job: {...RESTING, lastExit: {code: 0, signal: null}}}, 'stopped', 'up'],
  ['ended otherwise and left alone all the same', {job: RESTING}, 'failed', 'up'],
  ['the same as an older macOS says it', {job: {...RESTING, state: 'waiting'}}, 'failed', 'up'],
  [
    'parked by a fatal exit code',
    {job: RESTING, notes: {...NOTES, start: {...START, pid: null, parked: 78}}},
    'failed',
    'up',
  ],
  [
    'parked by a clean exit code',
    {job: RESTING, notes: {...NOTES, start: {...START, pid: null, parked: 3}}},
    'stopped',
    'up',
  ],
  ['not loaded and disabled', {isDisabled: true}, 'stopped', 'down'],
  ['not loaded and not disabled: it comes with the next login', {}, 'stopped', 'up'],
  ['of a file that cannot be read', {problem: 'EACCES'}, 'unknown', 'up'],
]

for (const [what, changes, state, wanted] of STATES) {
  test(`a job that is ${what} is ${state}, wanted ${wanted}`, t => {
    const status = row(changes)
    t.deepEqual([status.state, status.wanted], [state, wanted])
  })
}

test('a process has the start that its launcher noted', t => {
  const status = row({listed: {pid: 77, status: 256}})
  t.is(status.pid, 77)
  t.is(status.startedAt, '2026-06-01T11:58:30.000Z')
  t.is(status.uptimeSeconds, 90)
})

test('a process that the note does not tell of has no start', t => {
  const status = row({listed: {pid: 78, status: 0}})
  t.deepEqual([status.pid, status.startedAt, status.uptimeSeconds], [78, null, null])
})

test('a clock that was set back makes no negative uptime', t => {
  const notes = {...NOTES, start: {...START, atMs: NOW_MS + SECOND_MS}}
  t.is(row({listed: {pid: 77, status: 0}, notes}).uptimeSeconds, 0)
})

const DEATHS: readonly [what: string, Partial<JobObservation>, number | null][] = [
  ['of the process that the launcher noted', {listed: {pid: 77, status: 1}}, 2],
  ['of a process that the launcher has not come to note', {listed: {pid: 78, status: 1}}, 3],
  [
    'of such a process whose start was asked for',
    {listed: {pid: 78, status: 1}, notes: {...NOTES, asked: {serial: 3, deaths: 2}}},
    2,
  ],
  [
    'of such a process after an earlier start that was asked for',
    {listed: {pid: 78, status: 1}, notes: {...NOTES, asked: {serial: 2, deaths: 0}}},
    3,
  ],
  ['in backoff', {job: WAITING}, 3],
  ['in backoff, while a start is asked for', {job: WAITING, notes: {...NOTES, asked: {serial: 3, deaths: 3}}}, 3],
  ['once parked', {job: RESTING, notes: {...NOTES, start: {...START, pid: null, deaths: 3, parked: 78}}}, 3],
  ['of a job that is not loaded', {isDisabled: true}, 2],
  ['before the first start', {notes: {...NOTES, start: null}}, 0],
  ["of somebody else's job", {definition: FOREIGN, notes: NO_NOTES, listed: {pid: 5, status: 1}}, null],
]

for (const [what, changes, deaths] of DEATHS) {
  test(`deaths ${what} are ${String(deaths)}`, t => {
    t.is(row(changes).restarts, deaths)
  })
}

const EXITS: readonly [
  what: string,
  Partial<JobObservation>,
  Pick<NonNullable<GatewayStatus['lastExit']>, 'code' | 'signal'> | null,
][] = [
  ['of a process that came after a death', {listed: {pid: 77, status: 1}}, {code: 1, signal: null}],
  ['by a signal', {listed: {pid: 77, status: -9}}, {code: null, signal: 'SIGKILL'}],
  ['with 0 before', {listed: {pid: 77, status: 0}}, {code: 0, signal: null}],
  [
    'of a first process, for which the list says 0',
    {listed: {pid: 77, status: 0}, notes: {...NOTES, start: {...START, deaths: 0}}},
    null,
  ],
  ['in backoff', {job: WAITING}, {code: 1, signal: null}],
  [
    'once parked: that of the gateway, not that of the launcher which parked it',
    {job: {...RESTING, lastExit: {code: 0, signal: null}}, notes: {...NOTES, start: {...START, pid: null, parked: 78}}},
    {code: 78, signal: null},
  ],
  ['of a job that is not loaded', {isDisabled: true}, null],
]

for (const [what, changes, exit] of EXITS) {
  test(`the last exit ${what} is ${JSON.stringify(exit)}`, t => {
    const {lastExit} = row(changes)
    t.deepEqual(lastExit && {code: lastExit.code, signal: lastExit.signal}, exit)
  })
}

test('the time of the next start is the delay after the last one', t => {
  t.is(row({job: WAITING}).nextStartAt, '2026-06-01T11:58:35.000Z')
  t.is(row({job: JOB}).nextStartAt, null)
})

test('what runs is told by what it was started with, and by the definition in force once it does not', t => {
  const notes = {...NOTES, start: {...START, header: {...HEADER, specHash: '0ld'}}}
  t.is(row({notes, listed: {pid: 77, status: 0}}).specHash, '0ld')
  t.is(row({notes, job: WAITING}).specHash, 'ff00')
})

test('a definition that was changed by hand has no hash of ours', t => {
  const definition = {...DEFINITION, marker: {id: 'ab12', autostart: true, digest: 'd2'}}
  t.is(row({definition}).specHash, 'ff00 changed by hand')
})

test('a definition that lacks parts is damaged', t => {
  t.true(row({notes: {...NOTES, lacksParts: true}}).damaged)
  t.is(row().damaged, undefined)
})

test("somebody else's job is foreign, and nothing is known of its spec", t => {
  const status = row({definition: FOREIGN, notes: NO_NOTES, listed: {pid: 5, status: 0}})
  t.like(status, {origin: 'foreign', service: 'ai.hermes.gateway-coder', pid: 5, port: null, lastExit: null})
  t.is(status.specHash, undefined)
})
