import {execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import {observeRunner} from '../dist/index.js'
import {eventually, lives, RunnerFixture} from './runner-fixture.js'

test('a runner that writes its last word and ends while it is being observed is not taken for one that died without', async t => {
  const fixture = new RunnerFixture(t)
  const {runner} = await fixture.run("trap 'exit 3' TERM; echo up > up; while :; do sleep 0.05; done")
  await fixture.text('up')
  const [state, spec] = ['state.json', 'gateway.json'].map(name => join(fixture.directory, name)) as [string, string]
  const before = readFileSync(state)
  process.kill(runner?.pid ?? 0, 'SIGTERM')
  await eventually('the runner is gone', () => !lives(runner?.pid ?? 0))
  const last = fixture.seen()

  // Observed again with the state of before, which becomes the last one between two of the reads: the definition is a
  // FIFO that holds the observer up until then.
  renameSync(state, `${state}.last`)
  writeFileSync(state, before)
  renameSync(spec, `${spec}.kept`)
  execFileSync('mkfifo', [spec])
  const steps = 'exec 3>"$1"; mv "$2.last" "$2"; cp "$1.kept" "$1.new"; mv "$1.new" "$1"; cat "$1.kept" >&3'
  const ended = once(spawn('sh', ['-c', steps, 'sh', spec, state]), 'exit')
  const seen = observeRunner(fixture.directory)
  await ended
  rmSync(`${spec}.kept`)
  t.like(seen, {state: 'stopped', lastExit: {code: 3, signal: null}, reason: last.reason})
})
