import {execFileSync, spawnSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {accountNamed} from '@hermes-svc/core'
import test from 'ava'
import fc from 'fast-check'
import {renderLogScript} from '../dist/log-script.js'
import type {S6Facts} from '../dist/s6-facts.js'
import {assertGolden} from './golden.js'
import {plainFacts, plainSpec} from './plain-gateway.js'
import {hasS6} from './s6-scandir.js'
import {BIN_SH, type Shell, SHELLS} from './shells.js'
import {anyText, PLACE, shellText, SlotDirectory} from './slot-directory.js'

const PLAIN = {withContenv: null, homeFromContainer: false, setuidgid: '/usr/bin/s6-setuidgid'} as const

test('the log scripts of one plain gateway are as they were', t => {
  assertGolden(t, 'log.container.sh', renderLogScript(plainSpec(), plainFacts()))
  const elsewhere = plainFacts({...PLAIN, s6Log: '/usr/bin/s6-log', logs: '/var/log/hermes'})
  assertGolden(t, 'log.elsewhere.sh', renderLogScript(plainSpec({account: 'root'}), elsewhere))
})

test('the policy of the spec is what s6-log is told', t => {
  const script = renderLogScript(plainSpec({logs: {files: 3, sizeBytes: 4096}}), plainFacts())
  t.regex(script, /s6-log 1 n3 s4096 T "\$directory"$/m)
})

// A stand-in that says what it was told.
const FAKE_LOGGER = '#!/bin/sh\nfor word; do printf "%s\\0" "$word"; done; printf "%s" "$TZ"\n'

/** A slot whose logger, real or not, writes below `root`. */
function prepare(slot: SlotDirectory, facts: Partial<S6Facts>): void {
  slot.write('s6-log', FAKE_LOGGER)
  const machine = plainFacts({...PLAIN, s6Log: join(slot.path, 's6-log'), ...facts})
  slot.write(`${PLACE}/log-run`, renderLogScript(plainSpec({account: 'root'}), machine))
}

function told(slot: SlotDirectory, shell: Shell, home?: string): {words: string[]; zone: string} {
  const env = {PATH: '/usr/bin:/bin', ...(home === undefined ? {} : {HERMES_HOME: home})}
  const {stdout} = slot.run(shell, 'log-run', [], env)
  const words = stdout.split('\0')
  return {words: words.slice(0, -1), zone: words.at(-1) ?? ''}
}

for (const shell of SHELLS) {
  test(`the log goes below the root of any characters, or the container's HERMES_HOME where that counts, through ${shell.name}`, t => {
    const slot = new SlotDirectory(t)
    const name = fc
      .oneof(anyText, shellText)
      .map(text => `x${Buffer.from(text.replaceAll('/', '|')).subarray(0, 200).toString().replaceAll('\u{FFFD}', '')}`)
    fc.assert(
      fc.property(name, name, fc.boolean(), (rootName, givenName, homeFromContainer) => {
        const [root, given] = [join(slot.path, rootName), join(slot.path, `${givenName}+`)]
        const run = (home: string | undefined, expected: string): void => {
          prepare(slot, {root, logs: join(root, 'logs', 'gateways'), homeFromContainer})
          const directory = join(expected, 'logs', 'gateways', 'coder')
          const {words, zone} = told(slot, shell, home)
          t.deepEqual(words, ['1', 'n10', 's1000000', 'T', directory])
          t.is(zone, 'UTC0')
          t.true(existsSync(directory))
          rmSync(expected, {recursive: true})
        }
        run(undefined, root)
        run(given, homeFromContainer ? given : root)
      }),
      {numRuns: 20},
    )
  })

  test(`logs outside of the root stay where they are whatever the home is, through ${shell.name}`, t => {
    const slot = new SlotDirectory(t)
    const logs = join(slot.path, "lo'gs $HOME")
    prepare(slot, {root: join(slot.path, 'root'), logs, homeFromContainer: true})
    t.is(told(slot, shell, join(slot.path, 'elsewhere')).words.at(-1), join(logs, 'coder'))
  })
}

test('a lock that a killed container left is removed, and nothing else', t => {
  const slot = new SlotDirectory(t)
  const directory = join(slot.path, 'logs', 'coder')
  mkdirSync(directory, {recursive: true})
  for (const name of ['lock', 'current', '@40000000.s']) writeFileSync(join(directory, name), 'old')
  prepare(slot, {root: slot.path, logs: join(slot.path, 'logs')})
  t.is(told(slot, BIN_SH).words.at(-1), directory)
  t.deepEqual(readdirSync(directory).sort(), ['@40000000.s', 'current'])
})

test('where the directory cannot be made, output is passed on unkept, and the log says so', t => {
  const slot = new SlotDirectory(t)
  writeFileSync(join(slot.path, 'logs'), 'a file')
  prepare(slot, {root: slot.path, logs: join(slot.path, 'logs')})
  const {stdout} = slot.run(BIN_SH, 'log-run')
  const [line, rest] = stdout.split('\n')
  t.is(line, `hermes-svc: ${slot.path}/logs/coder cannot be written: this output is not kept`)
  t.is(rest, '1\0UTC0')
})

const withS6 = hasS6 ? test : test.skip
const kept = 'a real s6-log passes lines on and keeps them with the time in UTC'

withS6(hasS6 ? kept : `${kept} (skipped: needs s6)`, t => {
  const slot = new SlotDirectory(t)
  prepare(slot, {root: slot.path, logs: join(slot.path, 'logs'), s6Log: '/usr/bin/s6-log'})
  const {stdout} = spawnSync('/bin/sh', [`./${PLACE}/log-run`], {
    cwd: slot.path,
    env: {PATH: '/usr/bin:/bin', TZ: 'Asia/Tokyo'},
    input: 'one\ntwo ünïcode\n',
    encoding: 'utf8',
  })
  t.is(stdout, 'one\ntwo ünïcode\n')
  const lines = readFileSync(join(slot.path, 'logs', 'coder', 'current'), 'utf8')
    .trimEnd()
    .split('\n')
  t.deepEqual(
    lines.map(line => line.slice(31)),
    ['one', 'two ünïcode'],
  )
  for (const line of lines)
    t.true(Math.abs(Date.parse(`${line.slice(0, 23).replace(' ', 'T')}Z`) - Date.now()) < 60_000)
})

const nobody = process.geteuid?.() === 0 && hasS6 ? accountNamed('nobody') : null
const closed = nobody === null ? test.skip : test
const unkept =
  "an account's log directory that is closed to it, or a link of its own, is never written with root's rights"

closed(nobody === null ? `${unkept} (skipped: needs root, s6 and an account nobody)` : unkept, t => {
  const slot = new SlotDirectory(t)
  const facts = plainFacts({...PLAIN, s6Log: '/usr/bin/s6-log', root: slot.path, logs: join(slot.path, 'logs')})
  slot.write(`${PLACE}/run`, renderLogScript(plainSpec({account: 'nobody'}), facts))
  const mine = join(slot.path, 'of-root')
  const directory = join(slot.path, 'logs', 'coder')
  mkdirSync(mine)
  writeFileSync(join(mine, 'lock'), 'precious')
  mkdirSync(directory, {recursive: true})
  const run = (): string =>
    execFileSync('/bin/sh', ['./run'], {cwd: join(slot.path, PLACE), input: 'line\n', encoding: 'utf8'})
  t.regex(run(), /cannot be written: this output is not kept\nline\n$/)
  t.deepEqual(readdirSync(directory), [])
  rmSync(directory, {recursive: true})
  symlinkSync(mine, directory)
  t.regex(run(), /cannot be written: this output is not kept\nline\n$/)
  t.deepEqual(readdirSync(mine), ['lock'])
  chmodSync(mine, 0o777)
  t.regex(run(), /^line\n$/)
})
