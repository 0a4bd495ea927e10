import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import test, {type ExecutionContext} from 'ava'
import {parseCaught, processReach} from '../../dist/process/process-reach.js'
import {eventually} from '../eventually.js'

const onLinux = process.platform === 'linux' ? test : test.skip

/** A process that has printed its first line; it ends with the test. */
async function running(t: ExecutionContext, file: string, ...args: string[]): Promise<ChildProcess & {pid: number}> {
  const child = spawn(file, args, {stdio: ['ignore', 'pipe', 'ignore']})
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
  await once(child.stdout, 'data')
  return child as ChildProcess & {pid: number}
}

const HEEDS = 'trap "exit 75" USR1; echo up; while :; do read -t 1 none <> <(:); done'

test('whether a signal is caught is a bit of the mask that proc(5) describes', t => {
  const status = 'Name:\tsh\nSigIgn:\tffffffffffffffff\nSigCgt:\t0000000000000200\nCapInh:\t0000000000000000\n'
  t.true(parseCaught(status, 10))
  t.false(parseCaught(status, 9))
  t.false(parseCaught(status, 11))
  t.true(parseCaught('SigCgt:\t8000000000000000', 64))
  t.is(parseCaught('Name:\tsh\n', 10), null)
})

onLinux('a process with a handler of its own for SIGUSR1 heeds it, and gets it (Linux)', async t => {
  const child = await running(t, '/bin/bash', '-c', HEEDS)
  const look = processReach.look(child.pid)
  t.true(look?.heedsUsr1)
  const ended = once(child, 'exit')
  t.true(processReach.sendUsr1(child.pid, look?.startTime ?? ''))
  t.deepEqual(await ended, [75, null])
  await eventually('nothing is seen of it', () => processReach.look(child.pid) === null)
  t.false(processReach.sendUsr1(child.pid, look?.startTime ?? ''))
})

onLinux('a process without a handler does not heed SIGUSR1 (Linux)', async t => {
  const child = await running(t, '/bin/sh', '-c', 'echo up; exec sleep 1000')
  t.false(processReach.look(child.pid)?.heedsUsr1)
})

onLinux('Node does not heed SIGUSR1, although it catches it: it would open its debugger (Linux)', async t => {
  const child = await running(t, process.execPath, '-e', 'console.log("up"); setInterval(() => {}, 1000)')
  t.false(processReach.look(child.pid)?.heedsUsr1)
})

onLinux('a process of another start time is not signalled (Linux)', async t => {
  const child = await running(t, '/bin/sh', '-c', 'echo up; exec sleep 1000')
  t.false(processReach.sendUsr1(child.pid, '1'))
  t.deepEqual([child.exitCode, child.signalCode], [null, null])
})
