import {closeSync, mkdirSync, openSync, utimesSync, writeFileSync} from 'node:fs'
import {spawn} from 'node:child_process'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {findWriter, HomeFiles} from '@hermes-svc/core'
import {findStaleFiles} from '../../dist/hermes/stale-files.js'
import {isFileLocked} from '../../dist/process/file-lock.js'
import {lifeStartedAtMs} from '../../dist/process/life-start.js'
import {startTimeOf} from '../../dist/process/process-identity.js'
import {eventually} from '../eventually.js'
import {temporaryDirectory} from '../temporary-directory.js'

/** Above every limit of Linux, so that no process has it. */
const NO_PID = 4_194_305
const LIFE = 1_000_000_000_000

const onLinux = process.platform === 'linux' ? test : test.skip
const why = process.platform === 'linux' ? '' : ' (skipped: needs /proc and flock)'

/** The home of `coder`, with these files; each is [text, seconds after the start of this life]. */
function homeWith(t: ExecutionContext, files: Record<string, [string, number]>): {homes: HomeFiles; home: string} {
  const root = temporaryDirectory(t)
  const home = join(root, 'profiles', 'coder')
  mkdirSync(home, {recursive: true})
  for (const [name, [text, after]] of Object.entries(files)) {
    writeFileSync(join(home, name), text)
    utimesSync(join(home, name), LIFE / 1000 + after, LIFE / 1000 + after)
  }
  const caller = {uid: process.geteuid?.() ?? null, gid: process.getegid?.() ?? null, home: '/'}
  return {homes: new HomeFiles(root, caller, findWriter(caller, root)), home}
}

const self = String(process.pid)
const born = startTimeOf(process.pid) ?? ''

for (const [title, files, expected] of [
  [
    'a process that is gone is stale',
    {'gateway.pid': [`{"pid":${String(NO_PID)},"start_time":1}`, 60]},
    ['gateway.pid'],
  ],
  [
    'a process whose pid has been used again is stale',
    {'gateway.pid': [`{"pid":${self},"start_time":1}`, 60]},
    ['gateway.pid'],
  ],
  ['a bare pid that is gone is stale', {'gateway.pid': [String(NO_PID), 60]}, ['gateway.pid']],
  ['a live process is kept', {'gateway.pid': [`{"pid":${self},"start_time":${born}}`, 60]}, []],
  ['a pid without a start time that is in use is kept', {'gateway.pid': [`{"pid":${self}}`, 60]}, []],
  ['nothing that can be read is kept', {'gateway.pid': ['{', 60]}, []],
  [
    'a process of an earlier life is stale, whatever has its pid now',
    {'gateway.pid': [`{"pid":${self}}`, -60]},
    ['gateway.pid'],
  ],
] as const)
  onLinux(`a pid file that names ${title}${why}`, t => {
    const {homes} = homeWith(t, files as unknown as Record<string, [string, number]>)
    t.deepEqual(findStaleFiles(homes, 'coder', LIFE), expected)
  })

onLinux(`the list of children is stale when it is of an earlier life, and kept otherwise${why}`, t => {
  t.deepEqual(findStaleFiles(homeWith(t, {'processes.json': ['[]', -60]}).homes, 'coder', LIFE), ['processes.json'])
  t.deepEqual(findStaleFiles(homeWith(t, {'processes.json': ['[]', 60]}).homes, 'coder', LIFE), [])
})

test('where it is not known when this life began, and the process cannot be told, nothing is stale', t => {
  const {homes} = homeWith(t, {'gateway.pid': [`{"pid":${self}}`, -60], 'processes.json': ['[]', -60]})
  t.deepEqual(findStaleFiles(homes, 'coder', null), [])
})

onLinux(`nothing is stale while somebody holds the gateway’s lock, in whatever container${why}`, async t => {
  const {homes, home} = homeWith(t, {'gateway.pid': [String(NO_PID), -60], 'processes.json': ['[]', -60]})
  const lock = join(home, 'gateway.lock')
  writeFileSync(lock, '')
  t.deepEqual(findStaleFiles(homes, 'coder', LIFE), ['gateway.pid', 'processes.json'])
  const holder = spawn('flock', ['-x', lock, 'cat'], {stdio: ['pipe', 'ignore', 'ignore']})
  t.teardown(() => holder.kill('SIGKILL'))
  const locked = (): boolean | null => {
    const descriptor = openSync(lock, 'r')
    try {
      return isFileLocked(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }
  await eventually('it is locked', () => locked() === true)
  t.deepEqual(findStaleFiles(homes, 'coder', LIFE), [])
  holder.stdin.end()
  await eventually('it is free', () => locked() === false)
  t.deepEqual(findStaleFiles(homes, 'coder', LIFE), ['gateway.pid', 'processes.json'])
})

onLinux(`this life began after the machine did, and before now${why}`, t => {
  const at = lifeStartedAtMs() ?? 0
  t.true(at > LIFE && at <= Date.now() + 1000)
  t.is(lifeStartedAtMs('/nowhere'), null)
})
