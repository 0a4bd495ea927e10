import test from 'ava'
import {needsRows, type Selection, selectProfiles} from '../dist/select-profiles.js'
import {gateway} from './samples.js'

const rows = [
  gateway({profile: 'default'}),
  gateway({profile: 'legacy', origin: 'foreign'}),
  gateway({profile: 'ops', state: 'stopped', wanted: 'down', pid: null}),
  gateway({profile: 'web-1'}),
  gateway({profile: 'web-2', state: 'failed', pid: null}),
  gateway({profile: 'web-3', state: 'backoff', pid: null}),
]

function selected(words: readonly string[], more: Partial<Selection> = {}): string[] {
  return selectProfiles(rows, {words, states: [], wanted: null, foreign: false, ...more})
}

test('no words mean every gateway but those made by somebody else, in order', t => {
  t.deepEqual(selected([]), ['default', 'ops', 'web-1', 'web-2', 'web-3'])
  t.deepEqual(selected([], {foreign: true}).length, 6)
})

test('names come in the order given, each once, and a pattern stands for its names in theirs', t => {
  t.deepEqual(selected(['web-2', 'web-*', 'ops', 'ops']), ['web-2', 'web-1', 'web-3', 'ops'])
})

test('states and what is wanted narrow all, patterns and names', t => {
  t.deepEqual(selected([], {states: ['failed', 'backoff']}), ['web-2', 'web-3'])
  t.deepEqual(selected(['web-*'], {states: ['running']}), ['web-1'])
  t.deepEqual(selected(['web-2', 'ops'], {wanted: 'up'}), ['web-2'])
  t.deepEqual(selected([], {wanted: 'down', states: ['running']}), [])
})

test('a name that no gateway has is kept for the verb to refuse, also where states narrow', t => {
  t.deepEqual(selected(['nobody', 'web-2'], {states: ['running']}), ['nobody'])
})

test('a pattern that no gateway fits is not found, and one whose gateways are in another state is no error', t => {
  const error = t.throws(() => selected(['web-1', 'wbe-*']), {code: 'HSVC_NOT_FOUND'} as object)
  t.is(error.message, 'no gateway fits "wbe-*" (have: default, legacy, ops, web-1, web-2, web-3)')
  t.deepEqual(selected(['ops*'], {states: ['running']}), [])
})

test('a pattern that no gateway fits is told the first ten names only', t => {
  const many = Array.from({length: 12}, (_, index) => gateway({profile: `g${String(index + 10)}`}))
  const select = (gateways: typeof rows) => () =>
    selectProfiles(gateways, {words: ['x*'], states: [], wanted: null, foreign: false})
  t.regex(t.throws(select(many)).message, /\(have: g10, .* g19 and 2 more\)$/)
  t.regex(t.throws(select([])).message, /\(have: none\)$/)
})

test('what somebody else made is meant by its name, and not by a pattern', t => {
  t.deepEqual(selected(['legacy']), ['legacy'])
  t.deepEqual(selected(['*e*']), ['default', 'web-1', 'web-2', 'web-3'])
  const error = t.throws(() => selected(['leg*']), {code: 'HSVC_NOT_FOUND'} as object)
  t.like(error, {hint: 'what fits was made by somebody else, and has to be named'})
  t.deepEqual(selected(['leg*'], {foreign: true}), ['legacy'])
})

test('of several rows of one profile the first one counts', t => {
  const twice = [gateway({state: 'stopped', wanted: 'down'}), gateway({scope: 'system'})]
  const selection = {words: [], states: [], foreign: false}
  t.deepEqual(selectProfiles(twice, {...selection, wanted: 'up'}), [])
  t.deepEqual(selectProfiles(twice, {...selection, wanted: 'down'}), ['coder'])
})

test('only names alone do not need the gateways to be known', t => {
  const selection: Selection = {words: ['a', 'b'], states: [], wanted: null, foreign: false}
  t.false(needsRows(selection))
  t.true(needsRows({...selection, words: ['a', 'b*']}))
  t.true(needsRows({...selection, words: []}))
  t.true(needsRows({...selection, states: ['failed']}))
  t.true(needsRows({...selection, wanted: 'up'}))
})
