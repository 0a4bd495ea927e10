import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {constants} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {DEATH_BYTES, parseDeath, signalName} from '../dist/death-tally.js'
import {eventually, hasS6, S6Scandir} from './s6-scandir.js'
import {packTai64n} from './status-bytes.js'

const AT = '2026-11-22T23:25:57.062Z'

function pack(code: number, signal: number): Buffer {
  return Buffer.concat([packTai64n(Date.parse(AT)), Buffer.from([code, signal])])
}

test('a record that s6 wrote of an exit is read', t => {
  t.deepEqual(parseDeath(Buffer.from('400000006b0379be03ccf6640700', 'hex')), {
    code: 7,
    signal: null,
    at: '2026-11-22T23:24:09.063Z',
  })
})

test('a record that s6 wrote of a kill is read: its code, 128 and the signal, is none of the gateway', t => {
  t.deepEqual(parseDeath(Buffer.from('400000006b0379be03b6ce278909', 'hex')), {
    code: null,
    signal: 'SIGKILL',
    at: '2026-11-22T23:24:09.062Z',
  })
})

test('every exit code is read, also those that a shell gives for signals', t => {
  for (let code = 0; code <= 255; code += 1) t.deepEqual(parseDeath(pack(code, 0)), {code, signal: null, at: AT})
})

test('a signal has the name that signal(7) lists it by', t => {
  const {SIGABRT, SIGIO, SIGKILL, SIGTERM} = constants.signals
  t.is(signalName(SIGTERM), 'SIGTERM')
  t.is(signalName(SIGKILL), 'SIGKILL')
  // Each has a second name that is older or of another system.
  t.is(signalName(SIGABRT), 'SIGABRT')
  t.is(signalName(SIGIO), 'SIGIO')
  for (const number of Object.values(constants.signals)) t.regex(signalName(number), /^SIG[A-Z][A-Z0-9]+$/)
})

test('a real-time signal has its number for a name', t => {
  t.is(signalName(34), 'SIG34')
  t.is(signalName(64), 'SIG64')
})

const title = 'what a real s6-supervise wrote down of its deaths is what happened'
const withS6 = hasS6 ? test : test.skip

withS6(hasS6 ? title : `${title} (skipped: needs s6)`, async t => {
  const scandir = new S6Scandir()
  t.teardown(() => scandir.remove())
  const directory = join(scandir.path, 'sample')
  mkdirSync(directory)
  const run = '#!/bin/sh\nif mkdir once 2>/dev/null; then kill -9 $$; fi\nexit 75\n'
  writeFileSync(join(directory, 'run'), run)
  chmodSync(join(directory, 'run'), 0o755)
  const before = Date.now()
  await scandir.start()
  const tally = (): Buffer => {
    try {
      return readFileSync(join(directory, 'supervise', 'death_tally'))
    } catch {
      return Buffer.alloc(0)
    }
  }
  await eventually('it died twice', () => tally().length >= 2 * DEATH_BYTES)
  const deaths = [0, 1].map(index => parseDeath(tally().subarray(index * DEATH_BYTES)))
  t.like(deaths[0], {code: null, signal: 'SIGKILL'})
  t.like(deaths[1], {code: 75, signal: null})
  const [first = 0, second = 0] = deaths.map(({at}) => Date.parse(at ?? ''))
  t.true(before <= first && first < second && second <= Date.now())
})
