import {invalidProfileReason, type PlanEntry} from '@hermes-svc/core'
import test from 'ava'
import {parsePlistName, plistName} from '../dist/job-paths.js'
import {logEntries, rotationEntries} from '../dist/log-rotation.js'
import {renderLogRotationScript} from '../dist/log-rotation-script.js'
import {parsePlist} from '../dist/parse-plist.js'
import {rotationLabel, rotationPlace} from '../dist/rotation-place.js'
import {assertGolden} from './golden.js'
import {plainFacts, plainSpec} from './plain-gateway.js'

function shape(entries: readonly PlanEntry[]) {
  return entries.map(({kind, path, mode, owner, sensitive}) => [kind, path, mode.toString(8), owner, sensitive])
}

function textOf(entries: readonly PlanEntry[], name: RegExp): string {
  return Buffer.from(entries.find(({path}) => name.test(path))?.contents ?? []).toString()
}

function keysOf(...given: Parameters<typeof rotationEntries>): Readonly<Record<string, unknown>> {
  return parsePlist(textOf(rotationEntries(...given), /\.plist$/)) ?? {}
}

const LABEL = 'ai.hermes-svc-logs.3c2120d1f57d'

test('the limits of a log are what was asked for, one line beside it', t => {
  const entries = logEntries(plainSpec({logs: {files: 3, sizeBytes: 4096}}), plainFacts(), 'ada')
  t.deepEqual(shape(entries), [
    ['directory', '/Users/ada/.hermes/logs/gateways/coder', '700', 'ada', false],
    ['file', '/Users/ada/.hermes/logs/gateways/coder/limits', '600', 'ada', false],
  ])
  t.is(textOf(entries, /limits$/), '3 4096\n')
  const [directory] = logEntries(plainSpec({scope: 'system'}), plainFacts(), 'root')
  t.is(directory?.path, '/Library/Logs/hermes-svc/coder')
})

test('the logs of an account’s gateways are rotated by an agent of one script', t => {
  const entries = rotationEntries('user', plainFacts(), 'ada')
  t.deepEqual(shape(entries), [
    ['directory', '/Users/ada/.hermes/hermes-svc/launchd', '700', 'ada', false],
    ['file', '/Users/ada/.hermes/hermes-svc/launchd/hermes-log-rotation', '755', 'ada', false],
    ['file', `/Users/ada/Library/LaunchAgents/${LABEL}.plist`, '644', 'ada', false],
  ])
  t.is(textOf(entries, /rotation$/), renderLogRotationScript())
  assertGolden(t, 'log-rotation.plist', textOf(entries, /\.plist$/))
})

test('those of daemons are rotated by a daemon, whose script is root’s', t => {
  const entries = rotationEntries('system', plainFacts({uid: 0}), 'root')
  const directory = '/Library/Application Support/hermes-svc/3c2120d1f57d/.log-rotation'
  t.deepEqual(shape(entries), [
    ['directory', directory, '755', 'root', false],
    ['file', `${directory}/hermes-log-rotation`, '755', 'root', false],
    ['file', `/Library/LaunchDaemons/${LABEL}.plist`, '644', 'root', false],
  ])
  const keys = keysOf('system', plainFacts({uid: 0}), 'root')
  t.deepEqual(keys['ProgramArguments'], [`${directory}/hermes-log-rotation`, '/Library/Logs/hermes-svc'])
  t.false('LimitLoadToSessionType' in keys)
  t.false('UserName' in keys)
})

test('it is for the session that gateways are loaded in', t => {
  const facts = plainFacts()
  const over = (domain: 'gui/501' | 'user/501' | null) =>
    keysOf('user', {...facts, user: {...facts.user, domain}}, 'ada')['LimitLoadToSessionType']
  t.deepEqual([over('gui/501'), over('user/501'), over(null)], ['Aqua', 'Background', 'Aqua'])
})

test('it starts with the session and then now and then, and is kept up by nothing', t => {
  const {RunAtLoad, StartInterval, KeepAlive} = keysOf('user', plainFacts(), 'ada')
  t.deepEqual([RunAtLoad, StartInterval, KeepAlive], [true, 300, false])
})

test('the job of a root is no gateway’s, and no other root’s', t => {
  const {label, plist} = rotationPlace({...plainFacts(), scope: 'user', directory: '/Users/ada/Library/LaunchAgents'})
  t.is(label, LABEL)
  t.true(plist.endsWith(`/${plistName(label)}`))
  t.is(parsePlistName(plistName(label)), null)
  t.not(rotationLabel('/Users/ada/.hermes'), rotationLabel('/Users/ada/.hermes2'))
  t.not(invalidProfileReason('.log-rotation'), null)
})

test('the same facts give the same bytes', t => {
  t.deepEqual(rotationEntries('user', plainFacts(), 'ada'), rotationEntries('user', plainFacts(), 'ada'))
})
