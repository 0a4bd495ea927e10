import {type BackendContext, serviceError, systemClock, type Writer} from '@hermes-svc/core'
import test from 'ava'
import {launchRunner, RunnerControl, writeRestingWanted} from '../dist/index.js'
import {eventually, RunnerFixture} from './runner-fixture.js'

const writer: Writer = {uid: 0, gid: 0, name: null, borrowed: false, run: work => work()}
const control = new RunnerControl({clock: systemClock, error: serviceError} as unknown as BackendContext, writer)

test('a gateway is brought to rest also where a runner of it has come up since somebody looked', async t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/sh', '-c', 'exec sleep 1000'])
  writeRestingWanted(fixture.directory, 'up')
  const before = fixture.seen()
  await launchRunner(fixture.directory)
  await control.rest(fixture.directory, before)
  t.like(await fixture.reaches('stopped', seen => !seen.supervised), {state: 'stopped', wanted: 'down'})
  await eventually('nothing runs', () => fixture.runners().length + fixture.processes().length === 0)
})

test('what rests and is not wanted stays as it is', async t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/true'])
  const before = fixture.seen()
  await control.rest(fixture.directory, before)
  t.deepEqual(fixture.seen(), before)
})
