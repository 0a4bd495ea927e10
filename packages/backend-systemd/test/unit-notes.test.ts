import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {renderEnvironmentFile} from '../dist/environment-file.js'
import type {UnitDefinition} from '../dist/unit-definitions.js'
import {parseLastExit, parseRunningNote, readNotes} from '../dist/unit-notes.js'

const AT_MS = Date.parse('2026-06-01T12:00:00.250Z')
const AT = '2026-06-01T12:00:00.250Z'

test('how a gateway ended is read from what its unit wrote down', t => {
  t.deepEqual(parseLastExit('exit-code exited 3\n', AT_MS), {code: 3, signal: null, at: AT})
  t.deepEqual(parseLastExit('success exited 0\n', AT_MS), {code: 0, signal: null, at: AT})
  t.deepEqual(parseLastExit('signal killed KILL\n', AT_MS), {code: null, signal: 'SIGKILL', at: AT})
  t.deepEqual(parseLastExit('core-dump dumped SEGV\n', AT_MS), {code: null, signal: 'SIGSEGV', at: AT})
})

test('what a unit did not write, or not wholly, tells nothing', t => {
  const others = ['', '\n', 'resources  \n', 'success exited 0', 'success exited\n', 'success exited ABRT\n']
  for (const text of [...others, 'exited 0\n', 'a b exited 0\n', 'success left 0\n', 'success exited 0\nmore\n'])
    t.is(parseLastExit(text, AT_MS), null, text)
})

const NOTE = {pid: 77, startedUs: 1_780_000_000_000_000, specHash: 'ab12', port: 8642}

test('the note about a process of an earlier definition is read back', t => {
  t.deepEqual(parseRunningNote(JSON.stringify(NOTE)), NOTE)
  t.is(parseRunningNote(JSON.stringify({...NOTE, port: null}))?.port, null)
  t.is(parseRunningNote(JSON.stringify({...NOTE, port: '80'}))?.port, null)
})

test('a note without what tells the process and its definition is none', t => {
  for (const text of ['', '{', 'null', '7', '[]', '{}']) t.is(parseRunningNote(text), null, text)
  for (const key of ['pid', 'startedUs', 'specHash'])
    t.is(parseRunningNote(JSON.stringify({...NOTE, [key]: undefined})), null, key)
})

interface Notes {
  readonly environment?: string
  readonly running?: string
  readonly lastExit?: string
  readonly wantedUp?: boolean
}

/** A directory of records with what was left about coder. */
function plant(t: ExecutionContext, {environment, running, lastExit, wantedUp}: Notes): string {
  const gateways = mkdtempSync(join(tmpdir(), 'hsvc-notes-'))
  t.teardown(() => rmSync(gateways, {recursive: true, force: true}))
  const own = join(gateways, 'coder', 'systemd')
  mkdirSync(own, {recursive: true})
  if (environment !== undefined) writeFileSync(join(own, 'environment.ab12'), environment)
  if (running !== undefined) writeFileSync(join(own, 'running.json'), running)
  if (wantedUp === true) writeFileSync(join(own, 'wanted-up'), '')
  if (lastExit !== undefined) {
    writeFileSync(join(own, 'last-exit'), lastExit)
    utimesSync(join(own, 'last-exit'), AT_MS / 1000, AT_MS / 1000)
  }
  return gateways
}

function definition(changes: Partial<UnitDefinition> = {}, autostart = true): UnitDefinition {
  return {
    profile: 'coder',
    scope: 'user',
    unit: 'hermes-svc-coder.service',
    path: '/nowhere/hermes-svc-coder.service',
    marker: {root: '/nowhere', id: 'ab12', autostart, intact: true, logsToFile: false},
    isMasked: false,
    problem: null,
    ...changes,
  }
}

const NOTHING = {header: null, running: null, lastExit: null, wantedUp: false}
const HEADER = {specHash: 'ab12', port: 8642}

test('all that was left about a unit of ours is read', t => {
  const gateways = plant(t, {
    environment: renderEnvironmentFile({TOKEN: 'sesame'}, HEADER),
    running: JSON.stringify(NOTE),
    lastExit: 'exit-code exited 3\n',
    wantedUp: true,
  })
  t.deepEqual(readNotes(definition({}, false), gateways), {
    header: HEADER,
    running: NOTE,
    lastExit: {code: 3, signal: null, at: AT},
    wantedUp: true,
  })
})

test('an environment file that is gone is told, one that may not be read is not', t => {
  t.true(readNotes(definition(), plant(t, {})).lacksEnvironment)
  const whole = renderEnvironmentFile({}, HEADER)
  t.false(Object.hasOwn(readNotes(definition(), plant(t, {environment: whole})), 'lacksEnvironment'))
  t.false(Object.hasOwn(readNotes(definition({marker: null}), plant(t, {})), 'lacksEnvironment'))
})

test('with autostart the note that it is wanted up does not count: the links of the unit say it', t => {
  t.false(readNotes(definition(), plant(t, {wantedUp: true})).wantedUp)
  t.false(readNotes(definition({}, false), plant(t, {})).wantedUp)
})

test('the environment file of another definition says nothing', t => {
  const gateways = plant(t, {environment: renderEnvironmentFile({}, HEADER)})
  const marker = {root: '/nowhere', id: 'cd34', autostart: true, intact: true, logsToFile: false}
  t.is(readNotes(definition({marker}), gateways).header, null)
})

test('what is not there, or not as it was written, is left out', t => {
  t.deepEqual(readNotes(definition(), plant(t, {})), {...NOTHING, lacksEnvironment: true})
  t.deepEqual(readNotes(definition(), plant(t, {environment: 'A=1\n', running: '{', lastExit: '?'})), NOTHING)
  t.deepEqual(readNotes(definition(), '/nowhere'), {...NOTHING, lacksEnvironment: true})
})

test('a FIFO that the account put in place of a note holds nobody up', t => {
  const gateways = plant(t, {})
  const own = join(gateways, 'coder', 'systemd')
  for (const name of ['environment.ab12', 'running.json', 'last-exit', 'wanted-up'])
    execFileSync('mkfifo', [join(own, name)])
  t.deepEqual(readNotes(definition({}, false), gateways), NOTHING)
})

test('somebody else’s unit has no notes, also where ours were left', t => {
  const gateways = plant(t, {
    environment: renderEnvironmentFile({}, HEADER),
    lastExit: 'success exited 0\n',
    wantedUp: true,
  })
  t.deepEqual(readNotes(definition({marker: null}), gateways), NOTHING)
})
