import {lstatSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {relative} from 'node:path'
import {accountNamed, accountOf, type PlanEntry, serviceError} from '@hermes-svc/core'
import test, {type ExecutionContext} from 'ava'
import {planSlot} from '../dist/plan-slot.js'
import {plainFacts, plainSpec} from './plain-gateway.js'
import {hasS6} from './s6-scandir.js'
import {SlotFixture} from './slot-fixture.js'

const CONTEXT = {error: serviceError}

function plan(spec: Parameters<typeof plainSpec>[0] = {}, facts: Parameters<typeof plainFacts>[0] = {}) {
  return planSlot(plainSpec(spec), plainFacts(facts), CONTEXT)
}

test('a plain gateway is planned without a note or a command', t => {
  const {notes, commands} = plan()
  t.deepEqual([notes, commands], [[], []])
})

test('the same spec and facts give the same bytes, whatever the order of the environment', t => {
  const env = plainSpec().env
  const turned = Object.fromEntries(Object.entries(env).reverse())
  t.deepEqual(plan({env: turned}), plan({env}))
})

test('a variable that shells have their own idea of is refused by its name', t => {
  for (const key of ['IFS', 'PWD', 'UID', 'BASH_ENV']) {
    const error = t.throws(() => plan({env: {[key]: 'sesame'}}), {code: 'HSVC_INVALID_SPEC'})
    t.is(error.message, `env: expected a name that a shell leaves alone, got ${key}`)
  }
})

test('a size of log files that s6-log does not take is refused; the least and the most are taken', t => {
  for (const sizeBytes of [0, 4095, 268_435_456]) {
    const error = t.throws(() => plan({logs: {files: 3, sizeBytes}}), {code: 'HSVC_INVALID_SPEC'})
    t.regex(error.message, /^logs\.size: expected 4096 to 268435455 bytes/)
  }
  for (const sizeBytes of [4096, 268_435_455]) t.notThrows(() => plan({logs: {files: 3, sizeBytes}}))
})

test('another scope than that of the scan directory is refused where the user set it, and passed over where not', t => {
  t.throws(() => plan({scope: 'user', userSet: ['scope']}), {
    code: 'HSVC_INVALID_SPEC',
    message: 'scope: expected container, because /run/service is of that scope, got user',
  })
  t.notThrows(() => plan({scope: 'user'}))
  t.notThrows(() => plan({scope: 'container', userSet: ['scope']}))
})

test('another account is refused where the scan directory is an ordinary account’s', t => {
  const writer = {uid: 1000, name: 'ada'}
  const error = t.throws(() => plan({account: 'hermes'}, {writer}), {code: 'HSVC_INVALID_SPEC'})
  t.is(error.message, 'account: expected ada, whose rights /run/service is written with, got hermes')
  t.notThrows(() => plan({account: 'ada'}, {writer}))
  t.notThrows(() => plan({account: null}, {writer}))
  t.throws(() => plan({account: 'root'}, {writer: {uid: 1000, name: null}}), {message: /expected uid 1000, /})
  t.notThrows(() => plan({account: 'ada'}, {writer: {uid: 0, name: 'root'}}))
})

test('a name that leaves no room for the staging name is refused with how many characters fit', t => {
  t.notThrows(() => plan({profile: 'x'.repeat(242)}))
  t.throws(() => plan({profile: 'x'.repeat(243)}), {
    code: 'HSVC_INVALID_PROFILE',
    message: 'expected a profile name of at most 242 characters on s6; got 243',
  })
})

test('a gateway that would run as root is noted', t => {
  for (const account of ['root', null]) t.regex(plan({account}).notes.join(), /^the gateway runs as root, /)
  t.deepEqual(plan({account: null}, {writer: {uid: 1000, name: 'ada'}}).notes, [])
})

test('autostart that nothing provides is noted', t => {
  for (const scope of ['user', 'system'] as const) {
    t.regex(plan({}, {scope}).notes.join(), /^autostart: nothing starts \/run\/service by itself/)
    t.deepEqual(plan({autostart: false}, {scope}).notes, [])
  }
})

test('environment values are only in the entry that is sensitive', t => {
  const holding = plan().entries.filter(({contents}) => Buffer.from(contents ?? []).includes('se same'))
  t.deepEqual(
    holding.map(({sensitive, mode}) => [sensitive, mode]),
    [[true, 0o600]],
  )
})

function kindOf(path: string): PlanEntry['kind'] | null {
  const stats = lstatSync(path)
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isDirectory()) return 'directory'
  return stats.isFIFO() ? 'fifo' : stats.isFile() ? 'file' : null
}

/** Compares what is planned with what a real install leaves. */
async function comparePlan(t: ExecutionContext, account: string | null): Promise<void> {
  const fixture = new SlotFixture(t)
  await fixture.scandir.start()
  const {manager, slot} = fixture
  const spec = fixture.spec('exec sleep 1000', {account, env: {PATH: '/usr/bin:/bin', TOKEN: 'se same'}})
  const {entries} = manager.plan(spec, await manager.facts())
  await manager.install(spec)
  for (const {path, kind, mode, owner, contents} of entries) {
    const stats = lstatSync(path)
    t.is(kindOf(path), kind, path)
    t.is(stats.mode & 0o7777, mode, path)
    t.is(accountOf(stats.uid)?.name, owner ?? undefined, path)
    if (kind === 'file') t.deepEqual(readFileSync(path), Buffer.from(contents ?? []), path)
    if (kind === 'symlink') t.is(readlinkSync(path), Buffer.from(contents ?? []).toString(), path)
  }
  const planned = new Set(entries.map(({path}) => relative(slot, path)))
  const more = readdirSync(slot, {recursive: true, encoding: 'utf8'}).filter(name => !planned.has(name))
  // What supervisors keep for themselves.
  t.deepEqual(
    more.filter(
      name => !/^(log\/)?(supervise\/(lock|status(\.new)?|death_tally)|event\/|supervise\/event)|^current\//.test(name),
    ),
    [],
  )
}

const why = hasS6 ? '' : ' (skipped: needs s6)'
const withS6 = hasS6 ? test : test.skip

withS6(`the plan is, byte for byte and mode for mode, what a real install leaves${why}`, comparePlan, null)

const canDrop = hasS6 && process.geteuid?.() === 0 && accountNamed('nobody') !== null
const withAccount = canDrop ? test : test.skip
const whyNot = canDrop ? '' : ' (skipped: needs root, s6 and an account nobody)'

withAccount(`so it is where root installs for another account${whyNot}`, comparePlan, 'nobody')
