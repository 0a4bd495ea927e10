import {execFileSync} from 'node:child_process'
import {constants, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {open} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {observeSlot} from '../dist/slot-observation.js'
import {factsOf} from '../dist/slot-facts.js'
import type {SuperviseStatus} from '../dist/supervise-status.js'
import {plainSpec} from './plain-gateway.js'
import {packStatus, packTai64n} from './status-bytes.js'

const FACTS = factsOf(plainSpec(), 'installed', 'definition.1')
const DOWN: SuperviseStatus = {
  pid: null,
  isFinishing: false,
  isWantedUp: false,
  isPaused: false,
  sinceMs: 1_700_000_000_000,
  readySinceMs: 1_700_000_000_000,
  lastExit: {code: 1, signal: null},
}
const FINISHING = {...DOWN, pid: 78, isFinishing: true, isWantedUp: true}

class Slot {
  readonly path = mkdtempSync(join(tmpdir(), 's6-observed-'))

  constructor(t: ExecutionContext, status: SuperviseStatus | null = DOWN) {
    t.teardown(() => {
      rmSync(this.path, {recursive: true, force: true})
    })
    for (const name of ['data', 'supervise', 'definition.1', 'definition.2']) mkdirSync(join(this.path, name))
    symlinkSync('definition.1', join(this.path, 'current'))
    symlinkSync(JSON.stringify(FACTS), join(this.path, 'definition.1', 'facts'))
    if (status !== null) this.write('supervise/status', packStatus(status))
  }

  write(name: string, contents: string | Buffer): void {
    writeFileSync(join(this.path, name), contents)
  }

  see() {
    return observeSlot(this.path, 'coder')
  }
}

test('a slot that was never supervised has facts and nothing else', t => {
  t.deepEqual(new Slot(t, null).see(), {
    facts: FACTS,
    running: null,
    supervised: 'no',
    status: null,
    deaths: 0,
    lastDeath: null,
    parked: null,
    delayMs: null,
    hasDown: false,
    stray: null,
  })
})

test('deaths are counted in whole records, and the last one is read', t => {
  const slot = new Slot(t)
  const death = (code: number): Buffer => Buffer.concat([packTai64n(1_700_000_000_000), Buffer.from([code, 0])])
  slot.write('supervise/death_tally', Buffer.concat([death(1), death(2), death(3)]))
  t.like(slot.see(), {deaths: 3, lastDeath: {code: 3, signal: null}})
  slot.write('supervise/death_tally', '')
  t.like(slot.see(), {deaths: 0, lastDeath: null})
})

test('the reason of parking is read where it is down; whatever else is written there is none', t => {
  const slot = new Slot(t)
  for (const reason of ['fatal', 'clean', 'gave-up'] as const) {
    slot.write('data/parked', `${reason} 77\n`)
    t.is(slot.see().parked, reason)
  }
  for (const note of ['', '\n', 'fatally 77\n', '\0'.repeat(100_000)]) {
    slot.write('data/parked', note)
    t.is(slot.see().parked, null)
  }
  slot.write('data/parked', 'fatal 77\n')
  slot.write('supervise/status', packStatus(FINISHING))
  t.is(slot.see().parked, null)
})

test('the delay is the one that this very ./finish wrote down', t => {
  const slot = new Slot(t, FINISHING)
  slot.write('data/backoff', '2 4000 78\n')
  t.is(slot.see().delayMs, 4000)
  for (const note of ['2 4000 77\n', '2 4000', '2 x 78\n', '2 -1 78\n', '', `2 ${'9'.repeat(30)} 78\n`]) {
    slot.write('data/backoff', note)
    t.is(slot.see().delayMs, null, note)
  }
  slot.write('data/backoff', '2 4000 78\n')
  slot.write('supervise/status', packStatus(DOWN))
  t.is(slot.see().delayMs, null)
})

test('what runs is told by its own definition where that is another than the one in force', t => {
  const slot = new Slot(t, {...DOWN, pid: 77, isWantedUp: true})
  const earlier = factsOf(plainSpec({port: 7000}), 'installed', 'definition.2')
  symlinkSync(JSON.stringify(earlier), join(slot.path, 'definition.2', 'facts'))
  t.is(slot.see().running, null)
  symlinkSync('../definition.2', join(slot.path, 'data', 'running'))
  t.deepEqual(slot.see().running, earlier)
  slot.write('supervise/status', packStatus(DOWN))
  t.is(slot.see().running, null)
})

test('of what runs and noted that nothing had died the tally is not looked at', async t => {
  const slot = new Slot(t, {...DOWN, pid: 77, isWantedUp: true})
  slot.write('supervise/death_tally', Buffer.concat([packTai64n(1_700_000_000_000), Buffer.from([1, 0])]))
  symlinkSync('../definition.1/./77', join(slot.path, 'data', 'running'))
  t.like(slot.see(), {supervised: 'no', deaths: 1}, 'without a supervisor the note is of another time')
  execFileSync('mkfifo', [join(slot.path, 'supervise', 'control')])
  const supervisor = await open(join(slot.path, 'supervise', 'control'), constants.O_RDONLY | constants.O_NONBLOCK)
  t.like(slot.see(), {supervised: 'yes', deaths: 0, lastDeath: null, running: null})
  for (const status of [{...DOWN, pid: 7, isWantedUp: true}, FINISHING, {...FINISHING, pid: 77}, DOWN]) {
    slot.write('supervise/status', packStatus(status))
    t.is(slot.see().deaths, 1, 'the note is of a process that died')
  }
  await supervisor.close()
})

test('nothing is followed or waited for where an account may have put something else', t => {
  const slot = new Slot(t)
  const secret = join(slot.path, 'secret')
  writeFileSync(secret, 'fatal 77\n')
  symlinkSync(secret, join(slot.path, 'data', 'parked'))
  t.is(slot.see().parked, null)
  rmSync(join(slot.path, 'data', 'parked'))
  execFileSync('mkfifo', [join(slot.path, 'data', 'parked')])
  t.is(slot.see().parked, null)
  rmSync(join(slot.path, 'data', 'parked'))
  mkdirSync(join(slot.path, 'data', 'parked'))
  t.is(slot.see().parked, null)
  rmSync(join(slot.path, 'supervise', 'status'))
  symlinkSync('/dev/zero', join(slot.path, 'supervise', 'status'))
  t.is(slot.see().status, null)
})

test('a slot without facts is somebody else’s, and its notes are not read', t => {
  const slot = new Slot(t, FINISHING)
  rmSync(join(slot.path, 'definition.1', 'facts'))
  slot.write('data/backoff', '2 4000 78\n')
  t.like(slot.see(), {facts: null, delayMs: null, parked: null, running: null})
})
