import {spawn} from 'node:child_process'
import {existsSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {askRunner, IF_WANTED, launchRunner, runnerCommand, writeRestingWanted} from '../dist/index.js'
import {isStartWanted} from '../dist/wanted-start.js'
import {eventually, lives, RunnerFixture} from './runner-fixture.js'

const SLEEP = 'exec sleep 1000'

/** Starts a runner as a login or a heartbeat does; gives its exit code, or null where it has come up and stays. */
async function startIfWanted(fixture: RunnerFixture): Promise<number | null> {
  const [program = '', ...args] = runnerCommand(fixture.directory)
  const child = spawn(program, [...args, IF_WANTED], {stdio: 'ignore', detached: true})
  child.unref()
  const {code} = await eventually('it has ended or has the gateway', () =>
    child.exitCode === null ? fixture.seen().runner?.pid === child.pid && {code: null} : {code: child.exitCode},
  )
  return code
}

/** Ends the gateway with an exit code that parks it. */
async function parked(fixture: RunnerFixture): Promise<void> {
  await fixture.run(`test -e '${fixture.root}/good' && ${SLEEP}; exit 78`)
  await fixture.reaches('failed', seen => seen.state === 'failed' && !seen.supervised)
  await eventually('the runner is gone', () => fixture.runners().length === 0)
  writeFileSync(join(fixture.root, 'good'), '')
}

test('started at a login or by the heartbeat, a runner ends at once unless its gateway is wanted', async t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/sh', '-c', SLEEP])
  t.is(await startIfWanted(fixture), 0, 'nothing says that it is wanted')
  writeRestingWanted(fixture.directory, 'up')
  writeRestingWanted(fixture.directory, 'down')
  t.is(await startIfWanted(fixture), 0)
  writeFileSync(join(fixture.directory, 'state.json'), '{')
  t.is(await startIfWanted(fixture), 0, 'a damaged state asks for nothing')
  t.deepEqual([fixture.runners(), fixture.processes()], [[], []])
  t.false(existsSync(join(fixture.directory, 'claim.1')))
  rmSync(join(fixture.directory, 'state.json'))
  writeRestingWanted(fixture.directory, 'up')
  t.is(await startIfWanted(fixture), null)
  t.like(await fixture.reaches('running', seen => seen.state === 'running'), {wanted: 'up'})
})

test('a gateway that was stopped is not started by the heartbeat, and one whose runner was killed is', async t => {
  const fixture = new RunnerFixture(t)
  const {runner, socket} = await fixture.run(SLEEP)
  process.kill(runner?.pid ?? 0, 'SIGKILL')
  await eventually('the runner is gone', () => !lives(runner?.pid ?? 0))
  t.is(await startIfWanted(fixture), null)
  const again = await fixture.reaches('running', seen => seen.state === 'running' && seen.supervised)
  t.not(again.runner?.pid, runner?.pid)
  t.deepEqual(await askRunner(again.socket ?? socket ?? '', 'stop'), {ok: true})
  await fixture.reaches('stopped', seen => !seen.supervised)
  t.is(await startIfWanted(fixture), 0)
  t.deepEqual(fixture.processes(), [])
})

test('while a runner has the gateway another one ends at once, and changes nothing', async t => {
  const fixture = new RunnerFixture(t)
  const before = await fixture.run(SLEEP)
  t.is(await startIfWanted(fixture), 0)
  t.like(fixture.seen(), {state: 'running', gateway: before.gateway, runner: before.runner})
})

test('a runner that got TERM is started again by the heartbeat: nobody stopped its gateway', async t => {
  const fixture = new RunnerFixture(t)
  const {runner} = await fixture.run(SLEEP)
  process.kill(runner?.pid ?? 0, 'SIGTERM')
  await fixture.reaches('stopped', seen => seen.state === 'stopped')
  await eventually('the runner is gone', () => !lives(runner?.pid ?? 0))
  t.is(await startIfWanted(fixture), null)
})

test('a parked gateway is started by the heartbeat only after a reboot, and by a start at any time', async t => {
  const fixture = new RunnerFixture(t)
  await parked(fixture)
  t.false(isStartWanted(fixture.directory))
  t.true(isStartWanted(fixture.directory, Date.now() + 60_000))
  t.is(await startIfWanted(fixture), 0)
  writeRestingWanted(fixture.directory, 'up')
  t.like(fixture.seen(), {state: 'starting', wanted: 'up', supervised: false, deaths: 1, lastExit: {code: 78}})
  t.is(await startIfWanted(fixture), null)
  const seen = await fixture.reaches('running', each => each.state === 'running')
  t.is(seen.parked, undefined)
})

test('a gateway that ended on purpose is as parked as one that failed', async t => {
  const fixture = new RunnerFixture(t)
  await fixture.run('exit 0')
  await fixture.reaches('stopped', seen => seen.state === 'stopped' && !seen.supervised)
  await eventually('the runner is gone', () => fixture.runners().length === 0)
  t.is(await startIfWanted(fixture), 0)
  fixture.define(['/bin/sh', '-c', SLEEP])
  await launchRunner(fixture.directory)
  t.is(fixture.seen().state, 'running')
})

test('a start that was announced and not made is stopped as if it had never been', t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/sh', '-c', SLEEP])
  writeRestingWanted(fixture.directory, 'up')
  t.like(fixture.seen(), {state: 'starting', wanted: 'up', reason: null})
  writeRestingWanted(fixture.directory, 'down')
  t.like(fixture.seen(), {state: 'stopped', wanted: 'down'})
})
