import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {spawn} from 'node:child_process'
import test from 'ava'
import {livenessOf} from '@hermes-svc/core/process-identity'
import {
  askRunner,
  directoryHash,
  endOrphan,
  invocationPrefix,
  launchRunner,
  observeRunner,
  writeRestingWanted,
} from '../dist/index.js'
import {eventually, lives, RunnerFixture} from './runner-fixture.js'

// One after the other: each starts runners, twenty at once in one of them, and what a runner is asked it has five seconds to answer.

const SLEEP = 'exec sleep 1000'

test.serial('launching resolves when the gateway runs, and the runner is in a session of its own', async t => {
  const fixture = new RunnerFixture(t)
  const seen = await fixture.run(SLEEP)
  t.like(seen, {
    state: 'running',
    wanted: 'up',
    supervised: true,
    deaths: 0,
    reason: null,
    labels: {origin: 'installed'},
  })
  t.true(lives(seen.gateway?.pid ?? 0))
  const sessionOf = (pid = 0): string =>
    readFileSync(`/proc/${String(pid)}/stat`, 'latin1')
      .split(') ')[1]
      ?.split(' ')[3] ?? ''
  t.is(sessionOf(seen.runner?.pid), String(seen.runner?.pid))
  t.is(sessionOf(seen.gateway?.pid), String(seen.gateway?.pid))
})

test.serial('of twenty runners launched at once exactly one starts the gateway, and all launches resolve', async t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/sh', '-c', `echo $$ >>'${join(fixture.root, 'starts')}'; ${SLEEP}`])
  await Promise.all(Array.from({length: 20}, () => launchRunner(fixture.directory, {timeoutMs: 30_000})))
  const seen = fixture.seen()
  t.is(await fixture.text('starts'), String(seen.gateway?.pid))
  await eventually('the other runners have ended', () => fixture.runners().length === 1)
  t.deepEqual(fixture.runners(), [seen.runner?.pid])
  t.deepEqual(fixture.processes(), [seen.gateway?.pid])
  t.deepEqual(
    readdirSync(fixture.directory).filter(name => name.startsWith('.')),
    [],
  )
})

test.serial('after kill -9 of the gateway another one runs, and the death is counted', async t => {
  const fixture = new RunnerFixture(t)
  const before = await fixture.run(SLEEP)
  process.kill(before.gateway?.pid ?? 0, 'SIGKILL')
  const after = await fixture.reaches('another gateway', seen => seen.state === 'running' && seen.deaths === 1)
  t.not(after.gateway?.pid, before.gateway?.pid)
  t.like(after.lastExit, {code: null, signal: 'SIGKILL'})
  t.true(Date.parse(after.lastExit?.at ?? '') <= Date.now())
})

test.serial('a gateway that outlived its runner is seen as unsupervised, and the next runner replaces it', async t => {
  const fixture = new RunnerFixture(t)
  const before = await fixture.run(SLEEP)
  process.kill(before.runner?.pid ?? 0, 'SIGKILL')
  const orphan = await fixture.reaches('unsupervised', seen => !seen.supervised)
  t.like(orphan, {state: 'running', runner: null, gateway: before.gateway})
  await launchRunner(fixture.directory)
  const after = fixture.seen()
  t.like(after, {state: 'running', supervised: true})
  t.false(lives(before.gateway?.pid ?? 0))
  t.deepEqual(fixture.processes(), [after.gateway?.pid])
})

test.serial('a new runner ends what an earlier one left, also when no state tells of it', async t => {
  const fixture = new RunnerFixture(t)
  for (const text of ['', '{"schemaVersion":1,"run', '[]', 'null', '\0\0\0']) {
    await fixture.run(SLEEP)
    const {runner, gateway} = fixture.seen()
    process.kill(runner?.pid ?? 0, 'SIGKILL')
    await eventually('the runner is gone', () => !lives(runner?.pid ?? 0))
    writeFileSync(join(fixture.directory, 'state.json'), text)
    t.like(fixture.seen(), {state: 'stopped', supervised: false, reason: 'state.json is damaged'})
    await launchRunner(fixture.directory)
    t.false(lives(gateway?.pid ?? 0))
    t.deepEqual(fixture.processes(), [fixture.seen().gateway?.pid])
  }
})

test.serial('a state that is damaged while the runner lives is unknown, never taken for stopped', async t => {
  const fixture = new RunnerFixture(t)
  await fixture.run(SLEEP)
  writeFileSync(join(fixture.directory, 'state.json'), '{')
  t.like(fixture.seen(), {state: 'unknown', supervised: true})
})

test.serial(
  'runners survive HUP and INT, and TERM ends the gateway in order without changing what is wanted',
  async t => {
    const fixture = new RunnerFixture(t)
    const {runner, gateway} = await fixture.run(
      `trap 'echo asked >"${join(fixture.root, 'asked')}"; exit 3' TERM; echo up >'${fixture.root}/up'; while :; do sleep 0.05; done`,
    )
    await fixture.text('up')
    const pid = runner?.pid ?? 0
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGUSR1', 'SIGUSR2'] as const) process.kill(pid, signal)
    const {socket} = fixture.seen()
    t.deepEqual(await askRunner(socket ?? '', 'status'), {ok: true})
    t.is(fixture.seen().gateway?.pid, gateway?.pid)
    process.kill(pid, 'SIGTERM')
    const after = await fixture.reaches('stopped', seen => seen.state === 'stopped')
    t.like(after, {wanted: 'up', supervised: false, gateway: null, deaths: 0, lastExit: {code: 3, signal: null}})
    t.is(await fixture.text('asked'), 'asked')
    await eventually('the runner is gone', () => !lives(pid))
  },
)

test.serial('stop lasts, and leaves neither process nor socket nor staged file', async t => {
  const fixture = new RunnerFixture(t)
  const {socket, runner} = await fixture.run(SLEEP)
  t.true(existsSync(socket ?? ''))
  t.deepEqual(await askRunner(socket ?? '', 'stop'), {ok: true})
  await fixture.reaches('stopped', seen => seen.state === 'stopped' && !seen.supervised)
  await eventually('the runner is gone', () => !lives(runner?.pid ?? 0))
  t.is(fixture.seen().wanted, 'down')
  t.deepEqual(readdirSync(fixture.sockets), [])
  t.deepEqual(readdirSync(fixture.directory).sort(), ['environment', 'gateway.json', 'state.json'])
  t.deepEqual(fixture.processes(), [])
})

test.serial('stop kills the whole tree of a gateway that ignores TERM, sessions and daemons included', async t => {
  const fixture = new RunnerFixture(t)
  await fixture.run(
    `trap '' TERM; setsid sh -c 'trap "" TERM; sleep 1001 & setsid sleep 1002' & (sleep 1003 &); echo up >'${fixture.root}/up'; while :; do sleep 0.05; done`,
    {stopTimeoutMs: 200},
  )
  await fixture.text('up')
  await eventually('the tree is up', () => fixture.processes().length >= 5)
  const processes = fixture.processes()
  await askRunner(fixture.seen().socket ?? '', 'stop')
  const after = await fixture.reaches('stopped', seen => seen.state === 'stopped' && !seen.supervised)
  t.is(after.lastExit?.signal, 'SIGKILL')
  t.deepEqual(fixture.processes(), [])
  t.deepEqual(
    processes.filter(pid => lives(pid)),
    [],
  )
})

test.serial('what is left of the tree of a gateway that died is gone before the next one starts', async t => {
  const fixture = new RunnerFixture(t)
  const starts = join(fixture.root, 'starts')
  await fixture.run(
    `pgrep -fx 'sleep 1717' >>'${starts}'; echo start >>'${starts}'; setsid sleep 1717 & sleep 0.1; exit 1`,
  )
  await fixture.reaches('three deaths', seen => seen.deaths >= 3)
  const {socket} = fixture.seen()
  await askRunner(socket ?? '', 'stop')
  await fixture.reaches('stopped', seen => seen.state === 'stopped')
  t.regex(readFileSync(starts, 'utf8'), /^(start\n){3,}$/)
})

test.serial('restart gives another pid and takes the changed definition', async t => {
  const fixture = new RunnerFixture(t)
  const before = await fixture.run(SLEEP)
  fixture.define(['/bin/sh', '-c', `echo changed >'${fixture.root}/changed'; ${SLEEP}`], {labels: {specHash: 'b'}})
  t.deepEqual(fixture.seen().labels, {origin: 'installed'})
  t.deepEqual(await askRunner(before.socket ?? '', 'restart'), {ok: true})
  const after = await fixture.reaches(
    'another gateway',
    seen => seen.state === 'running' && seen.gateway?.pid !== before.gateway?.pid,
  )
  t.is(await fixture.text('changed'), 'changed')
  t.like(after, {deaths: 0, labels: {specHash: 'b'}, wanted: 'up'})
})

test.serial('a restart with a broken definition is refused and changes nothing', async t => {
  const fixture = new RunnerFixture(t)
  const before = await fixture.run(SLEEP)
  writeFileSync(join(fixture.directory, 'gateway.json'), '{')
  t.like(await askRunner(before.socket ?? '', 'restart'), {ok: false})
  t.like(fixture.seen(), {state: 'running', gateway: before.gateway})
})

test.serial('reload takes new labels over without touching the gateway', async t => {
  const fixture = new RunnerFixture(t)
  const before = await fixture.run(SLEEP)
  fixture.define(['/bin/sh', '-c', SLEEP], {labels: {origin: 'registered'}})
  t.deepEqual(await askRunner(before.socket ?? '', 'reload'), {ok: true})
  t.like(fixture.seen(), {labels: {origin: 'registered'}, gateway: before.gateway})
})

test.serial(
  'a gateway that keeps dying is seen backing off with the time of its next start, and start does not wait for it',
  async t => {
    const fixture = new RunnerFixture(t)
    const restart = {...fixture.spec([]).restart, delayMs: 60_000, maxDelayMs: 60_000}
    await fixture.run(`test -e '${fixture.root}/good' && ${SLEEP}; exit 7`, {restart})
    const seen = await fixture.reaches('backoff', each => each.state === 'backoff' && each.nextStartAt !== null)
    t.like(seen, {supervised: true, gateway: null, deaths: 1, failures: 1, lastExit: {code: 7, signal: null}})
    const wait = Date.parse(seen.nextStartAt ?? '') - Date.now()
    t.true(wait > 50_000 && wait <= 60_000)
    writeFileSync(join(fixture.root, 'good'), '')
    await askRunner(seen.socket ?? '', 'start')
    t.like(await fixture.reaches('running', each => each.state === 'running'), {failures: 0, deaths: 1})
  },
)

test.serial('start of a gateway that runs changes nothing', async t => {
  const fixture = new RunnerFixture(t)
  const before = await fixture.run(SLEEP)
  t.deepEqual(await askRunner(before.socket ?? '', 'start'), {ok: true})
  t.like(fixture.seen(), {state: 'running', gateway: before.gateway})
})

test.serial('start while it is stopping ends running', async t => {
  const fixture = new RunnerFixture(t)
  const before = await fixture.run(
    `trap 'while ! test -e "${join(fixture.root, 'go')}"; do sleep 0.02; done; exit 0' TERM; echo up >'${fixture.root}/up'; while :; do sleep 0.02; done`,
  )
  await fixture.text('up')
  await askRunner(before.socket ?? '', 'stop')
  t.is(fixture.seen().state, 'stopping')
  await askRunner(before.socket ?? '', 'start')
  writeFileSync(join(fixture.root, 'go'), '')
  const after = await fixture.reaches('running', seen => seen.state === 'running')
  t.not(after.gateway?.pid, before.gateway?.pid)
  t.is(after.wanted, 'up')
})

for (const [code, state] of [
  [0, 'stopped'],
  [78, 'failed'],
] as const) {
  test.serial(`exit ${String(code)} leaves it ${state} with no runner, and a launch starts it again`, async t => {
    const fixture = new RunnerFixture(t)
    await fixture.run(`test -e '${fixture.root}/good' && ${SLEEP}; exit ${String(code)}`)
    const seen = await fixture.reaches(state, each => each.state === state)
    t.like(seen, {supervised: false, runner: null, wanted: 'up', deaths: 1, lastExit: {code, signal: null}})
    await eventually('the runner is gone', () => fixture.runners().length === 0)
    writeFileSync(join(fixture.root, 'good'), '')
    await launchRunner(fixture.directory)
    t.like(fixture.seen(), {state: 'running', deaths: 1})
  })
}

test.serial('exit 75 is followed by a restart at once, never by giving up', async t => {
  const fixture = new RunnerFixture(t)
  const restart = {...fixture.spec([]).restart, giveUpAfter: 1, fatalExitCodes: [75], cleanExitCodes: [75]}
  await fixture.run('exit 75', {restart})
  t.like(await fixture.reaches('five restarts', seen => seen.deaths >= 5), {supervised: true, failures: 0})
})

test.serial('after as many failed starts as asked it is failed, with the reason', async t => {
  const fixture = new RunnerFixture(t)
  await fixture.run('exit 1', {restart: {...fixture.spec([]).restart, giveUpAfter: 3}})
  t.like(await fixture.reaches('failed', seen => seen.state === 'failed'), {
    deaths: 3,
    failures: 3,
    reason: 'given up after 3 failed starts in a row',
  })
})

test.serial('what cannot be executed is a death with a reason, in the state and in the log', async t => {
  const restart = {delayMs: 20, maxDelayMs: 20, windowMs: 1000, giveUpAfter: 2, fatalExitCodes: [], cleanExitCodes: []}
  for (const [argv, cwd, code, reason] of [
    ['/nonexistent/hermes', '/', 127, /cannot execute \/nonexistent\/hermes: ENOENT/],
    ['/etc/passwd', '/', 126, /cannot execute \/etc\/passwd: EACCES/],
    ['/bin/true', '/nonexistent', 127, /working directory \/nonexistent: ENOENT/],
  ] as const) {
    const fixture = new RunnerFixture(t)
    fixture.define([argv], {cwd, restart})
    await launchRunner(fixture.directory)
    const seen = await fixture.reaches('failed', each => each.state === 'failed')
    t.like(seen, {deaths: 2, lastExit: {code, signal: null}})
    t.regex(seen.reason ?? '', reason)
    t.regex(fixture.logLines()[0] ?? '', reason)
  }
})

test.serial('a launch without a whole definition is refused with the reason, and starts nothing', async t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/sleep', '1000'])
  writeFileSync(join(fixture.directory, 'gateway.json'), '{')
  await t.throwsAsync(launchRunner(fixture.directory), {message: /definition in .* cannot be read/})
  await eventually('no runner', () => fixture.runners().length === 0)
})

test.serial('a launch that is aborted leaves nothing running', async t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/sleep', '1000'])
  const controller = new AbortController()
  const launch = launchRunner(fixture.directory, {signal: controller.signal})
  controller.abort()
  await t.throwsAsync(launch, {any: true, name: 'AbortError'})
  await eventually('no runner and no gateway', () => fixture.runners().length + fixture.processes().length === 0)
})

test.serial('a state of another boot, or with a pid that is somebody else now, is not trusted', async t => {
  const fixture = new RunnerFixture(t)
  const live = await fixture.run(SLEEP)
  const path = join(fixture.directory, 'state.json')
  const state = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, unknown>>
  const other = spawn('sleep', ['1000'])
  t.teardown(() => other.kill('SIGKILL'))
  process.kill(live.runner?.pid ?? 0, 'SIGKILL')
  process.kill(live.gateway?.pid ?? 0, 'SIGKILL')
  await eventually('both are gone', () => !lives(live.runner?.pid ?? 0) && !lives(live.gateway?.pid ?? 0))
  t.like(observeRunner(fixture.directory), {state: 'stopped', gateway: null, reason: 'its runner has died'})

  const forged = {...state['gateway'], pid: other.pid, startTime: '1'}
  writeFileSync(path, JSON.stringify({...state, gateway: forged, runner: {...forged, pid: process.pid}}))
  t.like(observeRunner(fixture.directory), {state: 'stopped', gateway: null, runner: null, supervised: false})

  const elsewhere = {bootId: 'another-boot'}
  const rebooted = {
    ...state,
    writtenBy: {...state['writtenBy'], ...elsewhere},
    gateway: {...state['gateway'], ...elsewhere, pid: other.pid},
    lastExit: {code: 0, signal: null, at: '2026-01-01T00:00:00.000Z'},
  }
  writeFileSync(path, JSON.stringify(rebooted))
  const seen = observeRunner(fixture.directory)
  t.like(seen, {state: 'stopped', gateway: null, uptimeSeconds: null, wanted: 'up'})
  t.is(
    seen?.lastExit,
    null,
    'how it ended this time nobody saw: an exit from before must not look like an end on purpose',
  )
  t.regex(seen?.reason ?? '', /restarted/)
  await launchRunner(fixture.directory)
  t.true(lives(other.pid ?? 0))
  t.is(fixture.seen().state, 'running')
})

test.serial('what is wanted can be written while nothing runs, and only then', async t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/sh', '-c', SLEEP])
  t.like(fixture.seen(), {state: 'stopped', wanted: 'down'})
  writeRestingWanted(fixture.directory, 'up')
  t.like(fixture.seen(), {state: 'starting', wanted: 'up', labels: {origin: 'installed'}})
  await launchRunner(fixture.directory)
  t.throws(
    () => {
      writeRestingWanted(fixture.directory, 'down')
    },
    {message: /is alive/},
  )
})

test.serial('the socket has a short name in a private directory, and a directory of others is passed over', async t => {
  const fixture = new RunnerFixture(t)
  const open = join(fixture.root, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  const long = join(fixture.root, 'x'.repeat(100))
  const {socket} = await fixture.run(SLEEP, {socketDirectories: [open, long, fixture.sockets]})
  t.regex(socket ?? '', /\/run\/[0-9a-f]{12}\.sock$/)
  t.deepEqual(readdirSync(open), [])
})

test.serial('uptime comes from a clock that cannot be set', async t => {
  const fixture = new RunnerFixture(t)
  await fixture.run(SLEEP)
  const path = join(fixture.directory, 'state.json')
  const state = JSON.parse(readFileSync(path, 'utf8')) as object
  writeFileSync(path, JSON.stringify({...state, startedAt: '2099-01-01T00:00:00.000Z'}))
  const {uptimeSeconds} = await fixture.reaches('a second passes', seen => (seen.uptimeSeconds ?? 0) >= 1)
  t.true((uptimeSeconds ?? 99) < 10)
})

test.serial('the runner needs nothing of its launcher: no open descriptor and no environment', async t => {
  const fixture = new RunnerFixture(t)
  fixture.define(['/bin/sh', '-c', `ls /proc/self/fd | tr '\\n' ' ' >'${fixture.root}/fds'; ${SLEEP}`])
  const script = `import {launchRunner} from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}; await launchRunner(process.argv[1])`
  const {NODE_EXTRA_CA_CERTS: _, ...env} = process.env
  const cli = spawn(process.execPath, ['--input-type=module', '-e', script, fixture.directory], {
    env: {...env, SECRET_OF_CALLER: 'sesame'},
    stdio: ['ignore', 'inherit', 'inherit', 'ignore', 'pipe', 'pipe'],
  })
  await new Promise(resolve => cli.once('exit', resolve))
  const {runner} = fixture.seen()
  t.is(await fixture.text('fds'), '0 1 2 3')
  t.false(readFileSync(`/proc/${String(runner?.pid)}/environ`, 'utf8').includes('sesame'))
  t.is(runner === null ? 'none' : livenessOf(runner), 'alive')
})

test.serial('while nothing runs, the labels of the definition count, and a broken one is an error', async t => {
  const fixture = new RunnerFixture(t)
  const {socket} = await fixture.run(SLEEP)
  await askRunner(socket ?? '', 'stop')
  await fixture.reaches('stopped', seen => !seen.supervised)
  fixture.define(['/bin/true'], {labels: {specHash: 'new'}})
  t.deepEqual(fixture.seen().labels, {specHash: 'new'})
  writeFileSync(join(fixture.directory, 'gateway.json'), '{')
  t.throws(() => observeRunner(fixture.directory), {message: /gateway\.json: /})
})

test.serial('with an account given, processes of others are not signalled', async t => {
  const fixture = new RunnerFixture(t)
  const {gateway, runner} = await fixture.run(SLEEP)
  process.kill(runner?.pid ?? 0, 'SIGKILL')
  const other = (process.geteuid?.() ?? 0) + 4242
  const invocation = invocationPrefix(directoryHash(fixture.directory))
  const left = await endOrphan({gateway, invocation, stopTimeoutMs: 0, uid: other})
  t.deepEqual(left, [gateway?.pid])
  t.true(lives(gateway?.pid ?? 0))
})

test.serial(
  'a runner that is killed at any moment of its start leaves at most one gateway, and the next one ends it',
  async t => {
    const fixture = new RunnerFixture(t)
    fixture.define(['/bin/sh', '-c', `echo $$ >>'${fixture.root}/starts'; ${SLEEP}`])
    for (let round = 0; round < 25; round += 1) {
      const launch = launchRunner(fixture.directory).catch(() => undefined)
      const [pid] = await eventually('a runner', () => {
        const pids = fixture.runners()
        return pids.length > 0 && pids
      })
      await new Promise(resolve => setTimeout(resolve, round * 5))
      process.kill(pid ?? 0, 'SIGKILL')
      await launch
      await eventually('the runner is gone', () => !lives(pid ?? 0))
      t.true(fixture.processes().length <= 1)
    }
    await launchRunner(fixture.directory)
    const {gateway} = await fixture.reaches('running', seen => seen.state === 'running')
    t.deepEqual(fixture.processes(), [gateway?.pid])
    const names = readdirSync(fixture.directory).filter(name => !name.startsWith('claim.'))
    t.deepEqual(names.sort(), ['environment', 'gateway.json', 'state.json'])
  },
)
