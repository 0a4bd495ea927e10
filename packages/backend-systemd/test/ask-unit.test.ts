import test from 'ava'
import {askUnit} from '../dist/ask-unit.js'
import type {LoadedUnit, UnitProperties} from '../dist/systemd-manager.js'

const UNIT: LoadedUnit = {
  name: 'hermes-svc-coder.service',
  loadState: 'loaded',
  activeState: 'deactivating',
  subState: 'stop-post',
  path: '/unit',
  jobType: '',
}
const WAITING: LoadedUnit = {...UNIT, activeState: 'activating', subState: 'auto-restart'}
const RUNNING: LoadedUnit = {...UNIT, activeState: 'active', subState: 'running'}

/** A manager whose unit is in one state after the other, each time that it is listed; its properties tell how often it was asked. */
function managerOf(...states: (LoadedUnit | undefined)[]) {
  let asked = 0
  return {
    listUnits: () => Promise.resolve([states.shift()].filter(unit => unit !== undefined)),
    unitProperties: (): Promise<UnitProperties> => {
      asked += 1
      return Promise.resolve({NRestarts: asked})
    },
  }
}

test('a unit at rest or running is asked once', async t => {
  for (const unit of [RUNNING, {...UNIT, activeState: 'inactive', subState: 'dead'}])
    t.deepEqual(await askUnit(managerOf(), unit), {loaded: unit, properties: {NRestarts: 1}})
})

test('a unit on its way that stays so is asked once', async t => {
  for (const unit of [UNIT, WAITING])
    t.deepEqual(await askUnit(managerOf(unit), unit), {loaded: unit, properties: {NRestarts: 1}})
})

test('a unit that goes on while it is asked is asked again, until state and properties belong together', async t => {
  t.deepEqual(await askUnit(managerOf(WAITING, RUNNING), UNIT), {loaded: RUNNING, properties: {NRestarts: 3}})
  const queued = {...WAITING, jobType: 'restart'}
  t.deepEqual(await askUnit(managerOf(queued, queued), WAITING), {loaded: queued, properties: {NRestarts: 2}})
})

test('a unit that never rests, or goes away, is told as it was seen last', async t => {
  const restless = managerOf(WAITING, UNIT, WAITING, UNIT)
  t.deepEqual(await askUnit(restless, UNIT), {loaded: UNIT, properties: {NRestarts: 3}})
  t.deepEqual(await askUnit(managerOf(undefined), UNIT), {loaded: UNIT, properties: {NRestarts: 1}})
})
