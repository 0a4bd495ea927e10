import type {GatewayState, GatewayStatus, Wanted} from '@hermes-svc/core'
import test from 'ava'
import {gatewayStatusOf, propertiesFor, type RowPlace, type UnitObservation} from '../dist/gateway-status-of.js'
import type {LoadedUnit, UnitProperties} from '../dist/systemd-manager.js'
import type {UnitDefinition} from '../dist/unit-definitions.js'

const NOW_US = Date.parse('2026-06-01T12:00:00.000Z') * 1000
const SECOND = 1_000_000
const PLACE: RowPlace = {
  kind: 'systemd',
  logs: {kind: 'journal', unit: 'hermes-svc-coder.service'},
  startsAtBoot: true,
  monotonicUs: 1000 * SECOND,
}

const MARKER = {root: '/home/ada/.hermes', id: 'ab12', autostart: true, intact: true, logsToFile: false}
const DEFINITION: UnitDefinition = {
  profile: 'coder',
  scope: 'user',
  unit: 'hermes-svc-coder.service',
  path: '/home/ada/.config/systemd/user/hermes-svc-coder.service',
  marker: MARKER,
  isMasked: false,
  problem: null,
}
const FOREIGN: UnitDefinition = {...DEFINITION, marker: null}
const NO_AUTOSTART: UnitDefinition = {...DEFINITION, marker: {...MARKER, autostart: false}}
const NOTES: UnitObservation['notes'] = {
  header: {specHash: 'ff00', port: 8642},
  running: null,
  lastExit: null,
  wantedUp: false,
}
const WANTED_UP = {...NOTES, wantedUp: true}

function unit(activeState: string, subState: string, changes: Partial<LoadedUnit> = {}): LoadedUnit {
  return {
    name: 'hermes-svc-coder.service',
    loadState: 'loaded',
    activeState,
    subState,
    path: '/org/freedesktop/systemd1/unit/hermes_2dsvc_2dcoder_2eservice',
    jobType: '',
    ...changes,
  }
}

const RUNNING = unit('active', 'running')
const WAITING = unit('activating', 'auto-restart')
const STOPPING = unit('deactivating', 'stop-sigterm')
const FAILED = unit('failed', 'failed')
const DEAD = unit('inactive', 'dead')

/** A process that has been up for a minute and a half. */
const UP: UnitProperties = {
  NRestarts: 0,
  MainPID: 77,
  ExecMainStartTimestamp: NOW_US - 90 * SECOND,
  ExecMainStartTimestampMonotonic: 910 * SECOND,
}
/** One that ended ten seconds ago with exit code 3; 0 and 78 prevent a restart. */
const ENDED: UnitProperties = {
  NRestarts: 2,
  MainPID: 0,
  ExecMainCode: 1,
  ExecMainStatus: 3,
  ExecMainExitTimestamp: NOW_US - 10 * SECOND,
  RestartPreventExitStatus: [[0, 78], []],
}
const ENDED_AT = '2026-06-01T11:59:50.000Z'

function row(seen: Partial<UnitObservation>, place: Partial<RowPlace> = {}): GatewayStatus {
  const observation: UnitObservation = {
    definition: DEFINITION,
    loaded: null,
    properties: {},
    notes: NOTES,
    isEnabled: true,
    problem: null,
    ...seen,
  }
  return gatewayStatusOf(observation, {...PLACE, ...place})
}

/** Every state that a service can be in (systemctl --state=help), and what it is here for one that is wanted up. */
const STATES: Readonly<Record<GatewayState, readonly (readonly [activeState: string, subState: string])[]>> = {
  running: [
    ['active', 'running'],
    ['active', 'exited'],
    ['reloading', 'reload'],
    ['reloading', 'reload-signal'],
    ['reloading', 'reload-notify'],
    ['refreshing', 'refresh-extensions'],
  ],
  starting: [
    ['activating', 'condition'],
    ['activating', 'start-pre'],
    ['activating', 'start'],
    ['activating', 'start-post'],
  ],
  backoff: [
    ['activating', 'auto-restart'],
    ['activating', 'auto-restart-queued'],
  ],
  stopping: [
    ['deactivating', 'stop'],
    ['deactivating', 'stop-watchdog'],
    ['deactivating', 'stop-sigterm'],
    ['deactivating', 'stop-sigkill'],
    ['deactivating', 'stop-post'],
    ['deactivating', 'final-watchdog'],
    ['deactivating', 'final-sigterm'],
    ['deactivating', 'final-sigkill'],
  ],
  stopped: [
    ['inactive', 'dead'],
    ['inactive', 'dead-resources-pinned'],
  ],
  failed: [['failed', 'failed']],
  unknown: [
    ['maintenance', 'cleaning'],
    ['something', 'of-later'],
  ],
}

for (const [state, pairs] of Object.entries(STATES)) {
  test(`${pairs.map(([active, sub]) => `${active} (${sub})`).join(', ')}: ${state}`, t => {
    for (const [active, sub] of pairs) t.like(row({loaded: unit(active, sub)}), {state, wanted: 'up'}, sub)
  })
}

interface Condition {
  readonly title: string
  readonly seen: Partial<UnitObservation>
  readonly state: GatewayState
  readonly wanted: Wanted
}

const CONDITIONS: readonly Condition[] = [
  {title: 'not loaded and not enabled is stopped', seen: {isEnabled: false}, state: 'stopped', wanted: 'down'},
  {
    title: 'not loaded though enabled is stopped and wanted: it ended on purpose',
    seen: {},
    state: 'stopped',
    wanted: 'up',
  },
  {
    title: 'running though not enabled is on its way down',
    seen: {loaded: RUNNING, isEnabled: false},
    state: 'running',
    wanted: 'down',
  },
  {title: 'failed and wanted is failed', seen: {loaded: FAILED}, state: 'failed', wanted: 'up'},
  {
    title: 'failed and not wanted is stopped: it answered TERM with an exit code, or had to be killed',
    seen: {loaded: FAILED, isEnabled: false},
    state: 'stopped',
    wanted: 'down',
  },
  {
    title: 'waiting to be started again is backoff, also where it is not wanted any more',
    seen: {loaded: WAITING, isEnabled: false},
    state: 'backoff',
    wanted: 'down',
  },
  {
    title: 'a start job of one that is stopped is starting',
    seen: {loaded: {...DEAD, jobType: 'start'}},
    state: 'starting',
    wanted: 'up',
  },
  {
    title: 'a start job of one that failed is starting',
    seen: {loaded: {...FAILED, jobType: 'start'}},
    state: 'starting',
    wanted: 'up',
  },
  {
    title: 'a restart job of one that is stopped is starting',
    seen: {loaded: {...DEAD, jobType: 'restart'}},
    state: 'starting',
    wanted: 'up',
  },
  {
    title: 'a stop job of one that is stopped is no start',
    seen: {loaded: {...DEAD, jobType: 'stop'}},
    state: 'stopped',
    wanted: 'up',
  },
  {
    title: 'a start job that waits for the delay leaves it in backoff',
    seen: {loaded: {...WAITING, jobType: 'start'}},
    state: 'backoff',
    wanted: 'up',
  },
  {
    title: 'a stop job of one that runs leaves it running until it begins',
    seen: {loaded: {...RUNNING, jobType: 'stop'}, isEnabled: false},
    state: 'running',
    wanted: 'down',
  },
  {
    title: 'a unit with a bad setting that is wanted is failed',
    seen: {loaded: {...DEAD, loadState: 'bad-setting'}},
    state: 'failed',
    wanted: 'up',
  },
  {
    title: 'a unit that could not be read and is wanted is failed',
    seen: {loaded: {...DEAD, loadState: 'error'}},
    state: 'failed',
    wanted: 'up',
  },
  {
    title: 'a unit with a bad setting that is not wanted is stopped',
    seen: {loaded: {...DEAD, loadState: 'bad-setting'}, isEnabled: false},
    state: 'stopped',
    wanted: 'down',
  },
  {
    title: 'a unit with a bad setting that runs by what was read before is running',
    seen: {loaded: {...RUNNING, loadState: 'bad-setting'}},
    state: 'running',
    wanted: 'up',
  },
  {
    title: 'a masked unit is stopped',
    seen: {loaded: {...DEAD, loadState: 'masked'}, definition: {...FOREIGN, isMasked: true}, isEnabled: false},
    state: 'stopped',
    wanted: 'down',
  },
  {
    title: 'a unit that was masked while it ran is running',
    seen: {loaded: {...RUNNING, loadState: 'masked'}, definition: {...FOREIGN, isMasked: true}, isEnabled: false},
    state: 'running',
    wanted: 'up',
  },
  {
    title: 'a unit whose file was removed while it ran is running',
    seen: {loaded: {...RUNNING, loadState: 'not-found'}},
    state: 'running',
    wanted: 'up',
  },
  {
    title: 'what could not be read is unknown, and wanted as its links say',
    seen: {problem: 'EACCES: permission denied'},
    state: 'unknown',
    wanted: 'up',
  },
  {
    title: 'what could not be read is unknown whatever the manager says of it',
    seen: {problem: 'EACCES: permission denied', loaded: RUNNING, isEnabled: false},
    state: 'unknown',
    wanted: 'down',
  },
  {
    title: 'without autostart it is wanted when it was started, enabled or not',
    seen: {loaded: RUNNING, definition: NO_AUTOSTART, notes: WANTED_UP, isEnabled: false},
    state: 'running',
    wanted: 'up',
  },
  {
    title: 'without autostart it is not wanted after a stop, also where somebody enabled it',
    seen: {definition: NO_AUTOSTART, isEnabled: true},
    state: 'stopped',
    wanted: 'down',
  },
  {
    title: 'without autostart a failed one that was started is failed',
    seen: {loaded: FAILED, definition: NO_AUTOSTART, notes: WANTED_UP, isEnabled: false},
    state: 'failed',
    wanted: 'up',
  },
  {
    title: 'somebody else’s unit that runs is wanted, enabled or not',
    seen: {loaded: RUNNING, definition: FOREIGN, isEnabled: false},
    state: 'running',
    wanted: 'up',
  },
  {
    title: 'somebody else’s unit that waits to be started again is wanted, enabled or not',
    seen: {loaded: WAITING, definition: FOREIGN, isEnabled: false},
    state: 'backoff',
    wanted: 'up',
  },
  {
    title: 'somebody else’s unit that is being stopped is not wanted unless it is enabled',
    seen: {loaded: STOPPING, definition: FOREIGN, isEnabled: false},
    state: 'stopping',
    wanted: 'down',
  },
  {
    title: 'somebody else’s enabled unit that failed is failed',
    seen: {loaded: FAILED, definition: FOREIGN},
    state: 'failed',
    wanted: 'up',
  },
]

for (const {title, seen, state, wanted} of CONDITIONS) {
  test(title, t => {
    t.like(row(seen), {state, wanted})
  })
}

const LOAD_STATES = ['loaded', 'not-found', 'bad-setting', 'error', 'merged', 'masked']
const JOB_TYPES = ['', 'start', 'stop', 'restart', 'reload', 'verify-active', 'nop']

test('a pid is there exactly where the manager has one, and a next start only in backoff', t => {
  const pairs = Object.values(STATES).flat()
  for (const [activeState, subState] of pairs)
    for (const loadState of LOAD_STATES)
      for (const jobType of JOB_TYPES)
        for (const isEnabled of [true, false])
          for (const definition of [DEFINITION, NO_AUTOSTART, FOREIGN])
            for (const properties of [{}, UP, {...ENDED, StateChangeTimestamp: NOW_US, RestartUSec: SECOND}]) {
              const loaded = unit(activeState, subState, {loadState, jobType})
              const {state, pid, startedAt, uptimeSeconds, nextStartAt} = row({
                loaded,
                isEnabled,
                definition,
                properties,
              })
              t.is(pid, properties === UP ? 77 : null)
              t.is(startedAt !== null, pid !== null)
              t.is(uptimeSeconds !== null, pid !== null)
              if (nextStartAt !== null) t.is(state, 'backoff')
              if (state === 'failed') t.true(['failed', 'inactive'].includes(activeState))
            }
})

test('a process has the time it was started, and its uptime by the clock that cannot be set', t => {
  t.like(row({loaded: RUNNING, properties: UP}), {
    pid: 77,
    startedAt: '2026-06-01T11:58:30.000Z',
    uptimeSeconds: 90,
  })
  t.is(row({loaded: RUNNING, properties: UP}, {monotonicUs: 910 * SECOND + 999_999}).uptimeSeconds, 0)
  t.is(row({loaded: RUNNING, properties: UP}, {monotonicUs: 0}).uptimeSeconds, 0)
})

test('a process that is being stopped keeps its pid', t => {
  t.like(row({loaded: STOPPING, properties: UP, isEnabled: false}), {pid: 77, uptimeSeconds: 90})
})

test('the next start is the delay after it began to wait, the growing one where there is such', t => {
  const next = (properties: UnitProperties): string | null => row({loaded: WAITING, properties}).nextStartAt
  const since = {StateChangeTimestamp: NOW_US - SECOND}
  t.is(next({...since, RestartUSec: 5 * SECOND}), '2026-06-01T12:00:04.000Z')
  t.is(next({...since, RestartUSec: 5 * SECOND, RestartUSecNext: 20 * SECOND}), '2026-06-01T12:00:19.000Z')
  t.is(next({...since}), '2026-06-01T11:59:59.000Z')
  t.is(next({RestartUSec: 5 * SECOND}), null)
})

test('a delay without end has no next start', t => {
  // USEC_INFINITY, as RestartSec=infinity of somebody else's unit comes.
  const properties = {StateChangeTimestamp: NOW_US, RestartUSec: Number(2n ** 64n - 1n)}
  t.is(row({loaded: WAITING, properties}).nextStartAt, null)
})

const EXITS: readonly (readonly [code: number, status: number, exit: {code: number | null; signal: string | null}])[] =
  [
    [1, 0, {code: 0, signal: null}],
    [1, 75, {code: 75, signal: null}],
    [1, 203, {code: 203, signal: null}],
    [2, 9, {code: null, signal: 'SIGKILL'}],
    [2, 15, {code: null, signal: 'SIGTERM'}],
    [3, 11, {code: null, signal: 'SIGSEGV'}],
    [2, 40, {code: null, signal: 'SIG40'}],
  ]

test('how a process ended is told as the manager tells it', t => {
  for (const [code, status, exit] of EXITS) {
    const properties = {...ENDED, ExecMainCode: code, ExecMainStatus: status}
    t.deepEqual(row({loaded: WAITING, properties}).lastExit, {...exit, at: ENDED_AT})
  }
})

test('what never ended, or was never started, has no last exit', t => {
  const never = {NRestarts: 0, ExecMainCode: 0, ExecMainStatus: 0, ExecMainExitTimestamp: 0}
  t.is(row({loaded: WAITING, properties: never}).lastExit, null)
  t.is(row({loaded: WAITING, properties: {...never, ExecMainExitTimestamp: NOW_US}}).lastExit, null)
  t.is(row({loaded: RUNNING, properties: UP}).lastExit, null)
  t.is(row({}).lastExit, null)
})

test('of what the manager tells and what the unit wrote down the later one counts', t => {
  const noted = (at: string) => ({...NOTES, lastExit: {code: 9, signal: null, at}})
  const later = noted('2026-06-01T11:59:50.001Z')
  const earlier = noted('2026-06-01T11:59:49.999Z')
  t.is(row({loaded: FAILED, properties: ENDED, notes: later}).lastExit?.code, 9)
  t.is(row({loaded: FAILED, properties: ENDED, notes: earlier}).lastExit?.code, 3)
  t.is(row({loaded: FAILED, properties: ENDED, notes: noted(ENDED_AT)}).lastExit?.code, 9)
  t.is(row({loaded: RUNNING, properties: UP, notes: earlier}).lastExit?.code, 9)
  t.is(row({notes: earlier}).lastExit?.code, 9)
})

interface Count {
  readonly title: string
  readonly seen: Partial<UnitObservation>
  readonly restarts: number
}

const PARKED = {...ENDED, ExecMainStatus: 78}
const COUNTS: readonly Count[] = [
  {title: 'what was never loaded has died no time', seen: {}, restarts: 0},
  {
    title: 'a running one has died as often as it was started again',
    seen: {loaded: RUNNING, properties: {...UP, NRestarts: 4}},
    restarts: 4,
  },
  {
    title: 'a waiting one has died once more than it was started again',
    seen: {loaded: WAITING, properties: ENDED},
    restarts: 3,
  },
  {
    title: 'one that is between its death and the wait has died once more',
    seen: {loaded: unit('deactivating', 'stop-post'), properties: ENDED},
    restarts: 3,
  },
  {
    title: 'one that a fatal exit code parked has died once more',
    seen: {loaded: FAILED, properties: PARKED},
    restarts: 3,
  },
  {
    title: 'one that ended on purpose has ended once more',
    seen: {loaded: DEAD, properties: {...ENDED, ExecMainStatus: 0}},
    restarts: 3,
  },
  {
    title: 'one that was given up has died as often as systemd decided to start it again: the last time is among them',
    seen: {loaded: FAILED, properties: ENDED},
    restarts: 2,
  },
  {
    title: 'a signal of the number of a fatal exit code is none',
    seen: {loaded: FAILED, properties: {...PARKED, ExecMainCode: 2}},
    restarts: 2,
  },
  {
    title: 'a death whose restart systemd 252 has queued is counted by it',
    seen: {loaded: {...WAITING, jobType: 'restart'}, properties: ENDED},
    restarts: 2,
  },
  {
    title: 'a death whose restart systemd 257 has queued is counted by it',
    seen: {loaded: unit('activating', 'auto-restart-queued'), properties: ENDED},
    restarts: 2,
  },
  {
    title: 'a death whose delay ended while it was asked about is counted by then',
    seen: {loaded: WAITING, properties: {...ENDED, SubState: 'auto-restart-queued'}},
    restarts: 2,
  },
  {
    title: 'a death whose delay goes on is not counted yet',
    seen: {loaded: WAITING, properties: {...ENDED, SubState: 'auto-restart'}},
    restarts: 3,
  },
  {
    title: 'a stop by hand is no death',
    seen: {loaded: FAILED, properties: PARKED, isEnabled: false},
    restarts: 2,
  },
  {
    title: 'one that runs until its stop is over has not died',
    seen: {loaded: STOPPING, properties: {...ENDED, MainPID: 77}, isEnabled: false},
    restarts: 2,
  },
  {
    title: 'a start that came to no process is no death',
    seen: {loaded: WAITING, properties: {NRestarts: 2, ExecMainCode: 0, ExecMainStatus: 0, ExecMainExitTimestamp: 0}},
    restarts: 2,
  },
]

for (const {title, seen, restarts} of COUNTS) {
  test(title, t => {
    t.is(row(seen).restarts, restarts)
  })
}

test('it starts by itself where its unit says so and its manager runs from boot on', t => {
  t.true(row({}).autostart)
  t.true(row({isEnabled: false}).autostart)
  t.false(row({}, {startsAtBoot: false}).autostart)
  t.false(row({definition: NO_AUTOSTART}).autostart)
  t.true(row({definition: FOREIGN}).autostart)
  t.false(row({definition: FOREIGN, isEnabled: false}).autostart)
  t.false(row({definition: FOREIGN}, {startsAtBoot: false}).autostart)
})

test('a unit of ours says its origin, port and spec; one that is not ours is foreign and says none', t => {
  t.like(row({}), {origin: 'installed', port: 8642, specHash: 'ff00'})
  const foreign = row({definition: FOREIGN, notes: {...NOTES, header: null}})
  t.like(foreign, {origin: 'foreign', port: null})
  t.false('specHash' in foreign)
})

test('a unit that was changed by hand has a spec that equals none', t => {
  const changed = {...DEFINITION, marker: {...MARKER, intact: false}}
  t.is(row({definition: changed}).specHash, 'ff00 changed by hand')
})

test('where the environment file may not be read there is neither port nor spec', t => {
  const hidden = row({notes: {...NOTES, header: null}})
  t.like(hidden, {origin: 'installed', port: null})
  t.false('specHash' in hidden)
})

test('a process that an earlier definition started tells the port and the spec of that, until there is another', t => {
  const running = {pid: 77, startedUs: NOW_US - 90 * SECOND, specHash: 'ee11', port: 7000}
  const notes = {...NOTES, running}
  t.like(row({loaded: RUNNING, properties: UP, notes}), {specHash: 'ee11', port: 7000})
  const current = {specHash: 'ff00', port: 8642}
  t.like(row({loaded: RUNNING, properties: {...UP, MainPID: 78}, notes}), current)
  const later = {...UP, ExecMainStartTimestamp: NOW_US}
  t.like(row({loaded: RUNNING, properties: later, notes}), current)
  t.like(row({loaded: DEAD, properties: ENDED, notes}), current)
})

test('the row says where the unit and its log are', t => {
  t.like(row({}), {
    profile: 'coder',
    backend: 'systemd',
    scope: 'user',
    service: 'hermes-svc-coder.service',
    definition: '/home/ada/.config/systemd/user/hermes-svc-coder.service',
    logs: {kind: 'journal', unit: 'hermes-svc-coder.service'},
    ready: null,
    health: null,
    drift: null,
  })
})

test('what is asked of a unit is what its state is told by', t => {
  t.deepEqual(propertiesFor(RUNNING), propertiesFor(unit('activating', 'start')))
  t.true(propertiesFor(RUNNING).includes('MainPID'))
  t.false(propertiesFor(RUNNING).includes('ExecMainExitTimestamp'))
  for (const loaded of [WAITING, unit('activating', 'auto-restart-queued')])
    t.deepEqual(
      ['RestartUSec', 'RestartUSecNext', 'StateChangeTimestamp', 'ExecMainStatus'].filter(
        name => !(propertiesFor(loaded) as readonly string[]).includes(name),
      ),
      [],
    )
  t.is(propertiesFor(WAITING).at(-1), 'SubState')
  for (const loaded of [DEAD, FAILED]) t.true(propertiesFor(loaded).includes('RestartPreventExitStatus'))
  t.true(propertiesFor(STOPPING).includes('MainPID'))
  t.true(propertiesFor(STOPPING).includes('ExecMainExitTimestamp'))
})
