import {spawn} from 'node:child_process'
import {chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {eventually} from '../../testing/dist/eventually.js'
import {runitTest} from './runit-machine.js'

const NOBODY = 65_534
const AS_NOBODY = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups']
const FOR_EVER = 'exec sleep 600'

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1])
}

function nameOf(pid: number | undefined): string {
  return readFileSync(`/proc/${String(pid)}/comm`, 'utf8').trim()
}

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX]/.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))
  } catch {
    return false
  }
}

runitTest('a runsv that is killed leaves one process of its gateway, never two', async (t, machine) => {
  const [pidFile, both] = [machine.path('pid'), machine.path('both')]
  const lives = `grep -qs "^State:.[^ZX]" "/proc/$(cat ${pidFile})/status"`
  await machine.install(t, 'coder', `if ${lives}; then touch ${both}; fi; echo $$ > ${pidFile}; ${FOR_EVER}`)
  const pid = () => (existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8'))) || undefined
  const first = await eventually('it has started', pid)
  process.kill(parentOf(first), 'SIGKILL')
  const second = await eventually('it has started again', () => (pid() === first ? undefined : pid()))
  t.false(existsSync(both))
  t.like(await machine.row('coder'), {state: 'running', pid: second})
})

runitTest('a gateway that ignores TERM is killed after stop.timeout, also by sv', async (t, machine) => {
  const env = {HERMES_SVC_STOP_TIMEOUT: '700ms'}
  const ready = machine.path('ready')
  await machine.install(t, 'coder', `trap "" TERM; echo > ${ready}; while :; do sleep 0.1; done`, [], env)
  await eventually('it ignores TERM', () => existsSync(ready))
  const begun = performance.now()
  const {code, stdout} = await machine.run('sv', ['-w', '20', 'stop', machine.service('coder')])
  t.is(code, 0, stdout)
  t.true(performance.now() - begun > 700)
  t.like(await machine.row('coder'), {state: 'stopped', wanted: 'down', pid: null, lastExit: {signal: 'SIGKILL'}})
  await machine.run('sv', ['start', machine.service('coder')])
  await eventually('it runs', async () => (await machine.row('coder'))?.state === 'running')
  await machine.done(t, ['gateway', 'uninstall', 'coder', '--backend', 'runit'])
  t.false(existsSync(machine.service('coder')))
})

runitTest('a gateway that left a core file is shown with the signal that ended it', async (t, machine) => {
  await machine.install(t, 'coder', `ulimit -c unlimited; ${FOR_EVER}`)
  process.kill((await machine.row('coder'))?.pid ?? 0, 'SIGQUIT')
  await eventually('its death shows', async () => (await machine.row('coder'))?.restarts === 1)
  t.like(await machine.row('coder'), {lastExit: {code: null, signal: 'SIGQUIT'}})
})

/** What ./finish noted before it slept: failures in a row, and the delay. */
function backoffOf(note: string): string {
  return existsSync(note) ? readFileSync(note, 'utf8').split(' ').slice(0, 2).join(': ') : ''
}

runitTest(
  'the delay doubles with each failure up to the longest, and begins anew after a good run',
  async (t, machine) => {
    const env = {
      HERMES_SVC_RESTART_DELAY: '200ms',
      HERMES_SVC_RESTART_MAX_DELAY: '500ms',
      HERMES_SVC_RESTART_WINDOW: '1s',
    }
    const good = machine.path('good')
    await machine.install(t, 'coder', `[ ! -e ${good} ] || sleep 2.5; exit 1`, ['--no-start'], env)
    await machine.done(t, ['gateway', 'start', 'coder', '--no-wait', '--backend', 'runit'])
    const note = machine.service('coder', 'backoff')
    const seen = new Set<string>()
    await eventually('four failures', () => {
      seen.add(backoffOf(note))
      return seen.has('4: 500')
    })
    t.deepEqual([...seen].filter(Boolean), ['1: 200', '2: 400', '3: 500', '4: 500'])
    writeFileSync(good, '')
    await eventually('one failure', () => backoffOf(note) === '1: 200')
  },
)

runitTest('a gateway runs as the owner of the root, with its values out of the sight of others', async (t, machine) => {
  chownSync(machine.path('root'), NOBODY, NOBODY)
  await machine.install(t, 'coder', `id -u; echo "$TOKEN"; ${FOR_EVER}`, ['--env', 'TOKEN=se cret'])
  const {pid} = (await machine.row('coder')) ?? {}
  t.is(statSync(`/proc/${String(pid)}`).uid, NOBODY)
  t.is(statSync(machine.service('coder', 'current', 'gateway')).mode & 0o777, 0o600)
  t.is(statSync(machine.service('coder')).mode & 0o777, 0o700)
  const log = machine.path('root', 'logs', 'gateways', 'coder')
  await eventually(
    'it is in the log',
    () => existsSync(join(log, 'current')) && statSync(join(log, 'current')).size > 0,
  )
  t.is(statSync(log).uid, NOBODY)
  const logs = await machine.program(['gateway', 'logs', 'coder', '--backend', 'runit'])
  t.regex(logs.stdout, /^\S+ 65534\n\S+ se cret\n$/)
})

runitTest('lines are found in the files that were full before', async (t, machine) => {
  const script = `i=0; while [ $i -lt 300 ]; do echo "line $i"; i=$((i + 1)); done; ${FOR_EVER}`
  await machine.install(t, 'coder', script, [], {HERMES_SVC_LOGS_SIZE: '2000'})
  const log = machine.path('root', 'logs', 'gateways', 'coder')
  await eventually('the last line', () => {
    return existsSync(join(log, 'current')) && readFileSync(join(log, 'current'), 'utf8').includes('line 299')
  })
  const {stdout} = await machine.program(['gateway', 'logs', 'coder', '--backend', 'runit', '-n', '150'])
  const lines = stdout.trimEnd().split('\n')
  t.deepEqual(
    lines.map(line => line.replace(/^\S+ /, '')),
    Array.from({length: 150}, (_, index) => `line ${String(150 + index)}`),
  )
})

runitTest('a gateway without autostart stays down after a boot, and one with it comes back', async (t, machine) => {
  await machine.install(t, 'shy', FOR_EVER, ['--no-autostart'])
  await machine.install(t, 'coder', FOR_EVER)
  t.like(await machine.row('shy'), {state: 'running'})
  await machine.runsvdir.cutPower()
  await machine.runsvdir.boot()
  await eventually('it comes back', async () => (await machine.row('coder'))?.state === 'running')
  t.like(await machine.row('shy'), {state: 'stopped', pid: null})
})

runitTest('of a service elsewhere that is adopted only the link goes', async (t, machine) => {
  const elsewhere = machine.path('sv', 'hermes-coder')
  mkdirSync(elsewhere, {recursive: true})
  writeFileSync(join(elsewhere, 'run'), `#!/bin/sh\n${FOR_EVER}\n`, {mode: 0o755})
  symlinkSync(elsewhere, machine.service('coder'))
  await eventually('it runs', async () => (await machine.row('coder'))?.state === 'running')
  t.like(await machine.row('coder'), {origin: 'foreign', restarts: null})
  const {pid} = (await machine.row('coder')) ?? {}
  await machine.install(t, 'coder', FOR_EVER, ['--adopt'])
  t.like(await machine.row('coder'), {origin: 'installed', state: 'running'})
  t.false(isAlive(Number(pid)))
  t.true(statSync(join(elsewhere, 'run')).isFile())
})

runitTest('what other accounts may do with a runsvdir of root is said, and nothing is done', async (t, machine) => {
  chownSync(machine.path('root'), NOBODY, NOBODY)
  chmodSync(machine.runsvdir.directory, 0o755)
  await machine.install(t, 'coder', FOR_EVER)
  const asNobody = ['setpriv', ...AS_NOBODY]
  const detected = await machine.answer(['backend', 'detect', '--backend', 'runit'], {}, asNobody)
  const {candidates} = detected as unknown as {candidates: {kind: string; presence: string; reason: string}[]}
  const found = candidates.find(({kind}) => kind === 'runit')
  t.is(found?.presence, 'unreachable')
  t.regex(found?.reason ?? '', /^expected \S+ to belong to uid 65534, which asks, got root$/)
  const list = await machine.answer(['gateway', 'list', '--backend', 'runit'], {}, asNobody)
  t.is(list.complete, false)
  const stop = await machine.answer(['gateway', 'stop', 'coder', '--backend', 'runit'], {}, asNobody)
  t.is(stop.code, 77, JSON.stringify(stop))
  t.like(await machine.row('coder'), {state: 'running'})
})

runitTest('a directory that nobody watches is no runit, unless the configuration names it', async (t, machine) => {
  await machine.runsvdir.cutPower()
  const presence = async (env: Readonly<Record<string, string>>): Promise<string | undefined> => {
    const answer = await machine.answer(['backend', 'detect', '--backend', 'runit'], env)
    const {candidates} = answer as unknown as {candidates: {kind: string; presence: string}[]}
    return candidates.find(({kind}) => kind === 'runit')?.presence
  }
  t.is(await presence({}), 'unreachable')
  const {directory} = machine.runsvdir
  writeFileSync(machine.path('empty.json'), '{}')
  const unconfigured = {HERMES_SVC_CONFIG: machine.path('empty.json'), SVDIR: directory}
  t.is(await presence(unconfigured), 'absent')
  // Anybody can call a process runsvdir; this one writes the name of the directory until its pipe is full.
  symlinkSync('/usr/bin/yes', machine.path('runsvdir'))
  const impostor = spawn('setpriv', [...AS_NOBODY, machine.path('runsvdir'), directory], {stdio: 'pipe'})
  await eventually('it is called so', () => nameOf(impostor.pid) === 'runsvdir')
  t.is(await presence(unconfigured), 'absent')
  impostor.kill()
  await machine.runsvdir.boot()
  t.is(await presence(unconfigured), 'available')
})
