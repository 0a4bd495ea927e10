import {execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type BackendContext, createToolRunner, serviceError} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {S6Tools} from '../dist/s6-tools.js'
import {SlotSupervision} from '../dist/slot-supervision.js'
import {findStray, uidOf} from '../dist/stray-process.js'
import type {SuperviseStatus} from '../dist/supervise-status.js'
import {lives} from './slot-fixture.js'
import {packStatus} from './status-bytes.js'

const UID = process.geteuid?.() ?? 0

/** A scan directory whose supervisors are this test: they read, and do nothing. Time passes when somebody waits. */
class IdleScandir {
  readonly path = mkdtempSync(join(tmpdir(), 's6-idle-'))
  readonly slot = join(this.path, 'gateway-coder')
  readonly supervision: SlotSupervision
  /** What happens meanwhile. */
  meanwhile: () => void = () => undefined
  #nowMs = 0
  readonly #t: ExecutionContext

  constructor(t: ExecutionContext) {
    this.#t = t
    t.teardown(() => {
      rmSync(this.path, {recursive: true, force: true})
    })
    for (const name of ['.s6-svscan', 'gateway-coder/supervise', 'gateway-coder/log/supervise'])
      mkdirSync(join(this.path, name), {recursive: true})
    const clock = {
      now: () => Date.now(),
      monotonic: () => this.#nowMs,
      sleep: async (ms: number) => {
        this.#nowMs += ms
        this.meanwhile()
      },
    }
    const context = {caller: {uid: UID}, tools: createToolRunner(process.env), error: serviceError, clock}
    const whole = context as unknown as BackendContext
    const writer = {
      uid: UID,
      gid: process.getegid?.() ?? 0,
      name: null,
      borrowed: false,
      run: <T>(work: () => T): T => work(),
    }
    this.supervision = new SlotSupervision(whole, new S6Tools(whole, writer, null), writer, this.path)
  }

  get waitedMs(): number {
    return this.#nowMs
  }

  /** Reads the control FIFO of `place`; gives what was sent. */
  listen(place: string): () => string {
    const path = join(this.path, place, 'control')
    execFileSync('mkfifo', [path])
    const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    this.#t.teardown(() => {
      closeSync(descriptor)
    })
    return () => {
      const bytes = Buffer.alloc(1000)
      return bytes.toString('latin1', 0, readSync(descriptor, bytes))
    }
  }

  /** Writes the status of the gateway. */
  setStatus(changes: Partial<SuperviseStatus>): void {
    const status = {
      pid: null,
      isFinishing: false,
      isWantedUp: true,
      isPaused: false,
      sinceMs: Date.now(),
      readySinceMs: Date.now(),
      lastExit: {code: 0, signal: null},
      ...changes,
    }
    writeFileSync(join(this.slot, 'supervise', 'status'), packStatus(status))
  }
}

async function sleeper(t: ExecutionContext) {
  const process = spawn('/bin/sleep', ['1000'], {stdio: 'ignore', detached: true})
  t.teardown(() => process.kill('SIGKILL'))
  await once(process, 'spawn')
  return process
}

test('what was just started is waited for until it has noted its definition, and nothing else is', async t => {
  const idle = new IdleScandir(t)
  mkdirSync(join(idle.slot, 'data'))
  idle.setStatus({pid: null})
  await idle.supervision.untilNoted(idle.slot)
  t.is(idle.waitedMs, 0)
  idle.setStatus({pid: 4711})
  writeFileSync(join(idle.slot, 'data', 'started'), '4710 1 1\n')
  let looks = 0
  idle.meanwhile = () => {
    looks += 1
    if (looks === 3) writeFileSync(join(idle.slot, 'data', 'started'), '4711 2 2\n')
  }
  await idle.supervision.untilNoted(idle.slot)
  t.is(looks, 3)
})

test('without s6-svscan a slot is not waited for', async t => {
  const {supervision, slot, waitedMs} = new IdleScandir(t)
  await t.throwsAsync(supervision.untilSupervised(slot), {code: 'HSVC_NOT_SUPERVISED', message: /, got nobody$/})
  t.is(waitedMs, 0)
})

test('a scan that takes nothing up is asked for again, each second, and the reason is found', async t => {
  const scandir = new IdleScandir(t)
  const read = scandir.listen('.s6-svscan')
  symlinkSync('/no/such/place', join(scandir.path, 'nowhere'))
  const error = await t.throwsAsync(scandir.supervision.untilSupervised(scandir.slot), {code: 'HSVC_NOT_SUPERVISED'})
  t.regex(error.message, /got nothing in 10 s: .*nowhere leads nowhere/)
  t.regex(read(), /^a{9,11}$/)
})

test('a slot is supervised when its logger is too, and its state can be read', async t => {
  const scandir = new IdleScandir(t)
  scandir.listen('.s6-svscan')
  scandir.listen('gateway-coder/supervise')
  scandir.setStatus({})
  await t.throwsAsync(scandir.supervision.untilSupervised(scandir.slot), {code: 'HSVC_NOT_SUPERVISED'})
  scandir.listen('gateway-coder/log/supervise')
  await t.notThrowsAsync(scandir.supervision.untilSupervised(scandir.slot))
})

test('supervisors that do not end are told by s6-svscan, then themselves, the logger last, and then given up', async t => {
  const scandir = new IdleScandir(t)
  const svscan = scandir.listen('.s6-svscan')
  const service = scandir.listen('gateway-coder/supervise')
  const logger = scandir.listen('gateway-coder/log/supervise')
  await t.throwsAsync(scandir.supervision.untilUnsupervised(scandir.slot), {code: 'HSVC_TIMEOUT'})
  t.is(svscan(), 'an')
  t.is(service(), 'xd')
  t.is(logger(), 'xxd')
  t.true(scandir.waitedMs >= 12_000 && scandir.waitedMs < 13_000)
})

test('a slot that nobody supervises is not waited for', async t => {
  const scandir = new IdleScandir(t)
  await scandir.supervision.untilUnsupervised(scandir.slot)
  t.is(scandir.waitedMs, 0)
})

test('a slot that somebody writes into is removed when that ends, which s6-svscan is told to see to', async t => {
  const scandir = new IdleScandir(t)
  const svscan = scandir.listen('.s6-svscan')
  const [slot, written] = [join(scandir.path, 'written'), join(scandir.path, 'written', 'status.new')]
  mkdirSync(written, {recursive: true})
  scandir.meanwhile = () => {
    if (scandir.waitedMs > 100) rmSync(written, {recursive: true, force: true})
  }
  await scandir.supervision.untilRemoved(() => {
    rmdirSync(slot)
  })
  t.false(existsSync(slot))
  t.is(svscan(), 'an')
})

test('a slot that is written into for ever, or cannot be removed at all, is said to be there', async t => {
  const scandir = new IdleScandir(t)
  scandir.listen('.s6-svscan')
  const remove = (path: string) => () => {
    rmdirSync(path)
  }
  await t.throwsAsync(scandir.supervision.untilRemoved(remove(scandir.slot)), {code: 'ENOTEMPTY'})
  t.true(scandir.waitedMs >= 10_000)
  const before = scandir.waitedMs
  await t.throwsAsync(scandir.supervision.untilRemoved(remove(join(scandir.path, 'none'))), {code: 'ENOENT'})
  t.is(scandir.waitedMs, before)
})

test('a gateway is gone when it is finishing, has another pid or none; until then its time passes', async t => {
  const scandir = new IdleScandir(t)
  const {supervision, slot} = scandir
  scandir.setStatus({pid: 77})
  t.false(await supervision.untilGone(slot, 77, 500))
  t.true(scandir.waitedMs >= 500)
  for (const changes of [{pid: 77, isFinishing: true}, {pid: 78}, {pid: null}]) {
    scandir.setStatus(changes)
    t.true(await supervision.untilGone(slot, 77, 500))
  }
})

test('a process that has the pid of a ./finish by now is left alone', async t => {
  const scandir = new IdleScandir(t)
  const {pid} = await sleeper(t)
  // Its parent is this test and no s6-supervise.
  scandir.setStatus({pid: pid ?? null, isFinishing: true})
  await scandir.supervision.interruptFinish(scandir.slot, UID)
  t.true(lives(pid))
})

test('one ./finish is interrupted, and not the next one of a gateway that dies again at once', async t => {
  const scandir = new IdleScandir(t)
  const [first, next] = [await sleeper(t), await sleeper(t)]
  scandir.setStatus({pid: first.pid ?? null, isFinishing: true})
  scandir.meanwhile = () => {
    scandir.setStatus({pid: next.pid ?? null, isFinishing: true})
  }
  await scandir.supervision.interruptFinish(scandir.slot, UID, undefined, first.pid)
  t.true(scandir.waitedMs < 100)
})

test('a process that outlived its supervisor is told by its age', async t => {
  const scandir = new IdleScandir(t)
  const {pid = 0} = await sleeper(t)
  const status = {
    pid,
    isFinishing: false,
    isWantedUp: true,
    isPaused: false,
    sinceMs: Date.now(),
    readySinceMs: Date.now(),
    lastExit: {code: 0, signal: null},
  }
  t.is(findStray(status), pid)
  t.is(findStray({...status, sinceMs: status.sinceMs - 60_000}), null)
  t.is(findStray({...status, sinceMs: status.sinceMs + 60_000}), null)
  t.is(findStray({...status, isFinishing: true}), null)
  t.is(findStray({...status, pid: null}), null)
  t.is(findStray({...status, pid: 999_999_999}), null)
  t.is(findStray(null), null)
  t.is(uidOf(pid), UID)
  t.is(uidOf(999_999_999), null)
  scandir.setStatus({pid, sinceMs: Date.now() - 60_000})
  await scandir.supervision.endStray(scandir.slot, UID, 0)
  t.true(lives(pid))
})

test('a process of another account than the gateway’s is never ended, whatever the status says', async t => {
  const scandir = new IdleScandir(t)
  const {pid = 0} = await sleeper(t)
  scandir.setStatus({pid})
  const error = await t.throwsAsync(scandir.supervision.endStray(scandir.slot, UID + 1, 0), {code: 'HSVC_TIMEOUT'})
  t.true(error.message.includes(String(pid)))
  t.true(lives(pid))
  t.regex(readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8'), /sleep/)
})
