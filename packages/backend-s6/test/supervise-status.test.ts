import {execFileSync} from 'node:child_process'
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import {parseSuperviseStatus, type SuperviseStatus} from '../dist/supervise-status.js'
import {eventually, hasS6, isSupervised, S6Scandir} from './s6-scandir.js'
import {packStatus} from './status-bytes.js'

/** Recorded from s6 2.11.3.2; all in one second, 0x6b0379be − 37 since the epoch. */
const LABEL = '400000006b0379be'
const SECOND_MS = 1_795_389_849_000
const pause = {isPaused: false, isFinishing: false, isWantedUp: false}
const neverEnded = {code: 0, signal: null}
const time = (milliseconds: number): number => SECOND_MS + milliseconds

const RECORDED: Record<string, {bytes: string; status: SuperviseStatus}> = {
  up: {
    bytes: `${LABEL}03b43f9c${LABEL}0368f69f0000000000001fc7000004`,
    status: {...pause, pid: 8135, isWantedUp: true, sinceMs: time(62), readySinceMs: time(57), lastExit: neverEnded},
  },
  'up and paused': {
    bytes: `${LABEL}03f50dcf${LABEL}03a43b5d0000000000001fcb000005`,
    status: {
      ...pause,
      pid: 8139,
      isWantedUp: true,
      isPaused: true,
      sinceMs: time(66),
      readySinceMs: time(61),
      lastExit: neverEnded,
    },
  },
  'down and never started': {
    bytes: `${LABEL}0378ab1b${LABEL}0378ab1b0000000000000000000008`,
    status: {...pause, pid: null, sinceMs: time(58), readySinceMs: time(58), lastExit: neverEnded},
  },
  'wanted up and not executable': {
    bytes: `${LABEL}035c0d88${LABEL}035c0d88000000000000000000000c`,
    status: {...pause, pid: null, isWantedUp: true, sinceMs: time(56), readySinceMs: time(56), lastExit: neverEnded},
  },
  'finishing after exit 3': {
    bytes: `${LABEL}036dad91${LABEL}0350e0020000000000001fc8030006`,
    status: {
      ...pause,
      pid: 8136,
      isFinishing: true,
      isWantedUp: true,
      sinceMs: time(57),
      readySinceMs: time(55),
      lastExit: {code: 3, signal: null},
    },
  },
  'down after exit 7': {
    bytes: `${LABEL}03ccf664${LABEL}03dcafc20000000000000000070008`,
    status: {...pause, pid: null, sinceMs: time(63), readySinceMs: time(64), lastExit: {code: 7, signal: null}},
  },
  'down after signal 9': {
    bytes: `${LABEL}03b6ce27${LABEL}03c6d2680000000000000000000908`,
    status: {...pause, pid: null, sinceMs: time(62), readySinceMs: time(63), lastExit: {code: null, signal: 9}},
  },
}

for (const [name, {bytes, status}] of Object.entries(RECORDED)) {
  test(`the 35 bytes that s6 wrote of a service that is ${name} are read`, t => {
    t.deepEqual(parseSuperviseStatus(Buffer.from(bytes, 'hex')), status)
  })

  test(`the same with the process group of s6 2.13 in between are read: ${name}`, t => {
    const short = Buffer.from(bytes, 'hex')
    const group = short.subarray(24, 32)
    t.deepEqual(parseSuperviseStatus(Buffer.concat([short.subarray(0, 32), group, short.subarray(32)])), status)
  })
}

test('a core dump is a death by signal', t => {
  const bytes = Buffer.from(RECORDED['down after signal 9']?.bytes ?? '', 'hex')
  bytes.writeUInt16BE(0x80 | 6, 32)
  t.deepEqual(parseSuperviseStatus(bytes)?.lastExit, {code: null, signal: 6})
})

test('no other length is read', t => {
  for (let length = 0; length <= 64; length += 1) {
    const bytes = Buffer.alloc(length)
    t.is(parseSuperviseStatus(bytes) !== null, length === 35 || length === 43, String(length))
  }
})

test('whatever s6 can write is read back', t => {
  const exit = fc.oneof(
    fc.record({code: fc.nat(255), signal: fc.constant(null)}),
    fc.record({code: fc.constant(null), signal: fc.integer({min: 1, max: 64})}),
  )
  const timeMs = fc.integer({min: 0, max: 4_102_444_800_000})
  const statuses: fc.Arbitrary<SuperviseStatus> = fc.record({
    pid: fc.option(fc.integer({min: 1, max: 2 ** 22})),
    isFinishing: fc.boolean(),
    isWantedUp: fc.boolean(),
    isPaused: fc.boolean(),
    sinceMs: timeMs,
    readySinceMs: timeMs,
    lastExit: exit,
  })
  fc.assert(
    fc.property(statuses, fc.option(fc.nat(2 ** 22)), (status, group) => {
      t.deepEqual(parseSuperviseStatus(packStatus(status, group)), status)
    }),
  )
})

test('whatever 35 or 43 bytes hold, their times are dates', t => {
  const bytes = fc.constantFrom(35, 43).chain(length => fc.uint8Array({minLength: length, maxLength: length}))
  fc.assert(
    fc.property(bytes, array => {
      const {sinceMs = NaN, readySinceMs = NaN} = parseSuperviseStatus(Buffer.from(array)) ?? {}
      // A delay may come on top of either.
      for (const ms of [sinceMs, readySinceMs]) t.notThrows(() => new Date(ms + 1e12).toISOString())
    }),
  )
})

interface Sample {
  readonly run?: string
  readonly mode?: number
  readonly finish?: string
  readonly down?: boolean
  /** Letters of s6-svc to send once it is up. */
  readonly letters?: string
  /** What s6-svstat prints of `SETTLED` when it has come to where it stays. */
  readonly settled: string
}

const SETTLED = 'up,wantedup,paused,exitcode,signum'
const PARK = 'exit 125'

const SAMPLES: Record<string, Sample> = {
  up: {settled: 'true true false -1 -1'},
  down: {down: true, settled: 'false false false 0 -1'},
  crashed: {run: 'exit 7', finish: PARK, settled: 'false false false 7 -1'},
  killed: {run: 'kill -9 $$', finish: PARK, settled: 'false false false -1 9'},
  paused: {letters: 'p', settled: 'true true true -1 -1'},
  stopped: {letters: 'd', settled: 'false false false -1 15'},
  finishing: {run: 'exit 3', finish: 'exec sleep 1000', settled: 'false true false 3 -1'},
  'not-executable': {mode: 0o644, settled: 'false true false 0 -1'},
}

function makeSample(directory: string, {run, mode, finish, down}: Sample): void {
  mkdirSync(directory)
  writeFileSync(join(directory, 'run'), `#!/bin/sh\n${run ?? 'exec sleep 1000'}\n`)
  chmodSync(join(directory, 'run'), mode ?? 0o755)
  writeFileSync(join(directory, 'timeout-finish'), '0\n')
  if (down === true) writeFileSync(join(directory, 'down'), '')
  if (finish === undefined) return
  writeFileSync(join(directory, 'finish'), `#!/bin/sh\n${finish}\n`)
  chmodSync(join(directory, 'finish'), 0o755)
}

/** A TAI64N label as s6-svstat prints it. */
function timeOf(label: string): number {
  const seconds = BigInt(`0x${label.slice(1, 17)}`) - (1n << 62n) - 37n
  return Number(seconds) * 1000 + Math.floor(Number.parseInt(label.slice(17), 16) / 1e6)
}

function readSample(directory: string): SuperviseStatus | null {
  return parseSuperviseStatus(readFileSync(join(directory, 'supervise', 'status')))
}

const title = 'what is read of services of a real s6-svscan is what s6-svstat says of them'
const withS6 = hasS6 ? test : test.skip

withS6(hasS6 ? title : `${title} (skipped: needs s6)`, async t => {
  const scandir = new S6Scandir()
  t.teardown(() => scandir.remove())
  const at = (name: string): string => join(scandir.path, name)
  for (const [name, sample] of Object.entries(SAMPLES)) makeSample(at(name), sample)
  await scandir.start()
  t.teardown(() => {
    // No s6-svc ends a ./finish, and s6-svscan waits for it.
    const pid = readSample(at('finishing'))?.pid
    if (pid != null) process.kill(pid)
  })
  for (const [name, {letters, settled}] of Object.entries(SAMPLES)) {
    await eventually(`${name} is supervised`, () => isSupervised(at(name)))
    if (letters !== undefined) {
      await eventually(`${name} is up`, () => scandir.svstat(name, 'up') === 'true')
      execFileSync('s6-svc', [`-${letters}`, at(name)])
    }
    const isSettled = (): boolean =>
      scandir.svstat(name, SETTLED) === settled && readSample(at(name))?.isFinishing === (name === 'finishing')
    await eventually(`${name} is settled`, isSettled)
    const status = readSample(at(name))
    if (status === null) throw new Error(`expected a status of ${name}, got none`)
    const isUp = status.pid !== null && !status.isFinishing
    const {code, signal} = isUp ? {code: null, signal: null} : status.lastExit
    const [since, readySince] = scandir.svstat(name, 'updownsince,readysince').split(' ').map(timeOf)
    t.is(
      [isUp, status.isWantedUp, status.isPaused, code ?? -1, signal ?? -1].join(' '),
      scandir.svstat(name, SETTLED),
      name,
    )
    t.is(String(isUp ? status.pid : -1), scandir.svstat(name, 'pid'), name)
    t.deepEqual([status.sinceMs, status.readySinceMs], [since, readySince], name)
  }
})
