import test from 'ava'
import type {GatewayState, GatewayStatus, Wanted} from '@hermes-svc/core'
import {gatewayStatusOf, type SlotPlace} from '../dist/gateway-status-of.js'
import {factsOf} from '../dist/slot-facts.js'
import type {SlotObservation} from '../dist/slot-observation.js'
import type {SuperviseStatus} from '../dist/supervise-status.js'
import {plainSpec} from './plain-gateway.js'

const NOW = Date.parse('2026-06-01T12:00:00.000Z')
const PLACE: SlotPlace = {
  kind: 's6',
  profile: 'coder',
  scope: 'container',
  directory: '/run/service/gateway-coder',
  service: 'gateway-coder',
  logs: '/opt/data/logs/gateways/coder',
}
const OURS = factsOf(plainSpec(), 'installed', 'definition.1')

/** Down, ready to be started, for one second. */
const DOWN: SuperviseStatus = {
  pid: null,
  isFinishing: false,
  isWantedUp: false,
  isPaused: false,
  sinceMs: NOW - 1000,
  readySinceMs: NOW - 1000,
  lastExit: {code: 1, signal: null},
}
const UP = {...DOWN, pid: 77}
const FINISHING = {...DOWN, pid: 78, isFinishing: true}

function wantedUp(status: SuperviseStatus): SuperviseStatus {
  return {...status, isWantedUp: true}
}

function observation(changes: Partial<SlotObservation>): SlotObservation {
  return {
    facts: OURS,
    running: null,
    supervised: 'yes',
    status: DOWN,
    deaths: 0,
    lastDeath: null,
    parked: null,
    delayMs: null,
    hasDown: false,
    stray: null,
    ...changes,
  }
}

function row(changes: Partial<SlotObservation>, place: Partial<SlotPlace> = {}): GatewayStatus {
  return gatewayStatusOf({...PLACE, ...place}, observation(changes), NOW)
}

interface Condition {
  readonly title: string
  readonly seen: Partial<SlotObservation>
  readonly state: GatewayState
  readonly wanted: Wanted
  readonly pid?: number
}

const late = {...wantedUp(DOWN), readySinceMs: NOW - 3001}
const CONDITIONS: readonly Condition[] = [
  {title: 'up and wanted up is running', seen: {status: wantedUp(UP)}, state: 'running', wanted: 'up', pid: 77},
  {
    title: 'paused is running: it is a process, and nobody asked for another state',
    seen: {status: {...wantedUp(UP), isPaused: true}},
    state: 'running',
    wanted: 'up',
    pid: 77,
  },
  {
    title: 'up and not wanted is stopping',
    seen: {status: UP, hasDown: true},
    state: 'stopping',
    wanted: 'down',
    pid: 77,
  },
  {
    title: 'up once and not wanted again is stopping, also without a note to stay down',
    seen: {status: UP},
    state: 'stopping',
    wanted: 'down',
    pid: 77,
  },
  {
    title: 'finishing with a delay written down is backoff',
    seen: {status: wantedUp(FINISHING), delayMs: 4000},
    state: 'backoff',
    wanted: 'up',
  },
  {
    title: 'finishing without a delay written down is starting',
    seen: {status: wantedUp(FINISHING)},
    state: 'starting',
    wanted: 'up',
  },
  {
    title: 'the finishing of a slot that is not ours is backoff',
    seen: {status: wantedUp(FINISHING), facts: null},
    state: 'backoff',
    wanted: 'up',
  },
  {
    title: 'finishing and not wanted is stopping',
    seen: {status: FINISHING, delayMs: 4000, hasDown: true},
    state: 'stopping',
    wanted: 'down',
  },
  {title: 'down and wanted up is starting', seen: {status: wantedUp(DOWN)}, state: 'starting', wanted: 'up'},
  {
    title: 'down and wanted up for 3 seconds is still starting',
    seen: {status: {...late, readySinceMs: NOW - 3000}},
    state: 'starting',
    wanted: 'up',
  },
  {
    title: 'down and wanted up for longer cannot be started: failed',
    seen: {status: late},
    state: 'failed',
    wanted: 'up',
  },
  {
    title: 'a death long ago does not make a late start: what counts is since when it could start',
    seen: {status: {...wantedUp(DOWN), sinceMs: NOW - 60_000}},
    state: 'starting',
    wanted: 'up',
  },
  {title: 'down and not wanted is stopped', seen: {hasDown: true}, state: 'stopped', wanted: 'down'},
  {title: 'down by s6-svc -d, which leaves no note, is stopped', seen: {}, state: 'stopped', wanted: 'down'},
  {title: 'parked by a fatal exit code is failed and wanted', seen: {parked: 'fatal'}, state: 'failed', wanted: 'up'},
  {title: 'parked by giving up is failed and wanted', seen: {parked: 'gave-up'}, state: 'failed', wanted: 'up'},
  {title: 'parked by a clean exit is stopped and wanted', seen: {parked: 'clean'}, state: 'stopped', wanted: 'up'},
  {
    title: 'parked and then stopped is not wanted',
    seen: {parked: 'fatal', hasDown: true},
    state: 'failed',
    wanted: 'down',
  },
  {
    title: 'a control FIFO that is closed to us is unknown',
    seen: {supervised: 'denied'},
    state: 'unknown',
    wanted: 'up',
  },
  {
    title: 'a control FIFO that is closed to us is unknown also where bytes can be read',
    seen: {supervised: 'denied', status: wantedUp(UP), hasDown: true},
    state: 'unknown',
    wanted: 'down',
  },
  {
    title: 'a supervisor without a status to read is unknown',
    seen: {status: null, hasDown: true},
    state: 'unknown',
    wanted: 'down',
  },
  {
    title: 'never supervised and to stay down is stopped',
    seen: {supervised: 'no', status: null, hasDown: true},
    state: 'stopped',
    wanted: 'down',
  },
  {
    title: 'never supervised and to be started is stopped and wanted',
    seen: {supervised: 'no', status: null},
    state: 'stopped',
    wanted: 'up',
  },
  {
    title: 'a supervisor that ended while the gateway was down leaves it stopped',
    seen: {supervised: 'no', hasDown: true},
    state: 'stopped',
    wanted: 'down',
  },
  {
    title: 'a supervisor that ended while it was finishing leaves it stopped',
    seen: {supervised: 'no', status: wantedUp(FINISHING)},
    state: 'stopped',
    wanted: 'up',
  },
  {
    title: 'a supervisor that ended before its gateway leaves it unknown',
    seen: {supervised: 'no', status: wantedUp(UP), stray: 77},
    state: 'unknown',
    wanted: 'up',
  },
  {
    title: 'the gateway of a supervisor that ended is stopped once it is gone, whatever the bytes still say',
    seen: {supervised: 'no', status: wantedUp(UP)},
    state: 'stopped',
    wanted: 'up',
  },
]

for (const {title, seen, state, wanted, pid} of CONDITIONS) {
  test(title, t => {
    const {startedAt, uptimeSeconds, ...rest} = row(seen)
    t.like(rest, {state, wanted, pid: pid ?? null})
    t.is(startedAt, pid === undefined ? null : '2026-06-01T11:59:59.000Z')
    t.is(uptimeSeconds, pid === undefined ? null : 1)
  })
}

test('every combination of what can be seen has a state, and a pid exactly where a supervised process is up', t => {
  for (const supervised of ['yes', 'no', 'denied'] as const)
    for (const status of [null, DOWN, UP, FINISHING, wantedUp(DOWN), wantedUp(UP), wantedUp(FINISHING), late])
      for (const parked of [null, 'fatal', 'clean', 'gave-up'] as const)
        for (const hasDown of [true, false])
          for (const delayMs of [null, 0, 4000])
            for (const facts of [OURS, null]) {
              const seen = {supervised, status, parked, hasDown, delayMs, facts}
              const {state, pid, nextStartAt, uptimeSeconds, startedAt} = row(seen)
              const isUp = supervised === 'yes' && status?.pid === 77
              t.is(pid, isUp ? 77 : null)
              t.is(startedAt !== null, isUp)
              t.is(uptimeSeconds !== null, isUp)
              if (isUp) t.true(['running', 'stopping'].includes(state))
              if (nextStartAt !== null) t.is(state, 'backoff')
              t.is(state === 'running', isUp && status.isWantedUp)
            }
})

test('the next start is the delay after the death', t => {
  t.is(row({status: wantedUp(FINISHING), delayMs: 4000}).nextStartAt, '2026-06-01T12:00:03.000Z')
  t.is(row({status: wantedUp(FINISHING), delayMs: null}).nextStartAt, null)
  t.is(row({status: wantedUp(FINISHING), facts: null}).nextStartAt, null)
  t.is(row({status: FINISHING, delayMs: 4000}).nextStartAt, null)
})

test('restarts counts deaths, and the last exit is the last of them', t => {
  const lastDeath = {code: null, signal: 'SIGKILL', at: '2026-06-01T11:00:00.000Z'}
  t.like(row({status: wantedUp(UP), deaths: 3, lastDeath}), {restarts: 3, lastExit: lastDeath})
})

test('what never died has no last exit, although its bytes say exit code 0', t => {
  t.like(row({status: {...late, lastExit: {code: 0, signal: null}}}), {restarts: 0, lastExit: null})
})

test('a last exit that the tally does not tell is taken from the status, with its time while it is down', t => {
  t.deepEqual(row({deaths: 1}).lastExit, {code: 1, signal: null, at: '2026-06-01T11:59:59.000Z'})
  t.deepEqual(row({deaths: 1, status: {...wantedUp(UP), lastExit: {code: null, signal: 6}}}).lastExit, {
    code: null,
    signal: 'SIGABRT',
    at: null,
  })
})

test('an uptime is never negative, whatever happened to the clock', t => {
  t.is(row({status: {...wantedUp(UP), sinceMs: NOW + 60_000}}).uptimeSeconds, 0)
})

test('it starts by itself where a boot hook does it: installed, with autostart, in a container', t => {
  const facts = {...OURS, origin: 'registered'} as const
  t.true(row({}).autostart)
  t.false(row({}, {scope: 'user'}).autostart)
  t.false(row({}, {scope: 'system'}).autostart)
  t.false(row({facts}).autostart)
  t.false(row({facts: {...OURS, autostart: false}}).autostart)
  t.false(row({facts: null}).autostart)
})

test('a slot of ours says its origin, port and spec; one that is not ours is foreign and says none', t => {
  t.like(row({}), {origin: 'installed', port: 8642, specHash: OURS.specHash})
  t.is(row({facts: {...OURS, origin: 'registered'}}).origin, 'registered')
  const foreign = row({facts: null})
  t.like(foreign, {origin: 'foreign', port: null})
  t.false('specHash' in foreign)
})

test('the row says whether the command is the user’s own, where the slot says it', t => {
  t.false(row({}).ownCommand)
  t.true(row({facts: factsOf(plainSpec({userSet: ['argv']}), 'registered', 'definition.1')}).ownCommand)
  const {ownCommand: _unsaid, ...earlier} = OURS
  t.false('ownCommand' in row({facts: earlier}))
  t.false('ownCommand' in row({facts: null}))
})

test('the row says where the slot and its log are', t => {
  t.like(row({}), {
    profile: 'coder',
    backend: 's6',
    scope: 'container',
    service: 'gateway-coder',
    definition: '/run/service/gateway-coder',
    logs: {kind: 'file', path: '/opt/data/logs/gateways/coder'},
  })
})

test('a process that was started by another definition than the one in force tells the port and the spec of that', t => {
  const running = factsOf(plainSpec({port: 7000}), 'registered', 'definition.1')
  const {specHash, ...rest} = row({status: wantedUp(UP), running})
  t.is(specHash, running.specHash)
  t.like(rest, {port: 7000, origin: 'installed'})
})
