import {chmodSync, chownSync, existsSync, mkdirSync, symlinkSync} from 'node:fs'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {asAccount} from '@hermes-svc/core'
import {placeState} from '../dist/state-directory.js'
import {temporaryDirectory} from './temporary-directory.js'

const NOBODY = 65_534
const USER = {uid: 1000, gid: 1000, home: '/home/user'}
const ROOT = {uid: 0, gid: 0, home: '/root'}
const asRoot = process.geteuid?.() === 0 ? test : test.skip

function plainly<T>(action: () => T): T {
  return action()
}

test('state is inside the root where that can be written, also before the root is there', t => {
  const root = join(temporaryDirectory(t), 'not', 'yet')
  const {paths, warning} = placeState(root, {}, USER, plainly)
  t.deepEqual(paths, {
    root,
    state: join(root, 'hermes-svc'),
    gateways: join(root, 'hermes-svc', 'gateways'),
    logs: join(root, 'logs', 'gateways'),
  })
  t.is(warning, null)
  t.false(existsSync(root), 'nothing is made')
})

/** A root that cannot be written, and how to work with the rights of an account that this is true for. */
function unwritableRoot(t: ExecutionContext): {root: string; run: <T>(action: () => T) => T} {
  const root = temporaryDirectory(t)
  chmodSync(root, 0o555)
  return {root, run: process.geteuid?.() === 0 ? action => asAccount(NOBODY, NOBODY, action) : plainly}
}

test('where the root cannot be written, state is in the state directory of the account, with a warning', t => {
  const {root, run} = unwritableRoot(t)
  const {paths, warning} = placeState(root, {XDG_STATE_HOME: '/state'}, USER, run)
  t.regex(paths.state, /^\/state\/hermes-svc\/[0-9a-f]{12}$/)
  t.is(paths.gateways, join(paths.state, 'gateways'))
  t.is(paths.logs, join(paths.state, 'logs'))
  t.is(paths.root, root)
  t.is(warning, `${root} cannot be written by this account: records and state are in ${paths.state}`)
  const unset = placeState(root, {XDG_STATE_HOME: ''}, USER, run)
  t.regex(unset.paths.state, /^\/home\/user\/\.local\/state\/hermes-svc\//)
})

test('for root that is /run, and no variable changes it', t => {
  const {root, run} = unwritableRoot(t)
  const {paths} = placeState(root, {XDG_STATE_HOME: '/state'}, ROOT, run)
  t.regex(paths.state, /^\/run\/hermes-svc\/[0-9a-f]{12}$/)
})

test('two roots that cannot be written do not share their state', t => {
  const one = unwritableRoot(t)
  const two = unwritableRoot(t)
  const stateOf = ({root, run}: typeof one): string => placeState(root, {}, USER, run).paths.state
  t.not(stateOf(one), stateOf(two))
  t.is(stateOf(one), stateOf(one))
})

test('on Windows state is inside a root that belongs to the account, and beside its other data where everybody may read the root', t => {
  const home = temporaryDirectory(t)
  const caller = {uid: null, gid: null, home}
  const stateOf = (root: string, env = {}): string => placeState(root, env, caller, plainly, 'win32').paths.state
  t.is(stateOf(join(home, 'AppData', 'Local', 'hermes')), join(home, 'AppData', 'Local', 'hermes', 'hermes-svc'))
  const elsewhere = temporaryDirectory(t)
  const {paths, warning} = placeState(elsewhere, {}, caller, plainly, 'win32')
  t.true(paths.state.startsWith(join(home, 'AppData', 'Local', 'hermes-svc')))
  t.deepEqual([paths.root, paths.logs, warning], [elsewhere, join(paths.state, 'logs'), null])
  const local = temporaryDirectory(t)
  t.true(stateOf(elsewhere, {LOCALAPPDATA: local}).startsWith(join(local, 'hermes-svc')))
  t.is(stateOf(join(local, 'hermes'), {LOCALAPPDATA: local}), join(local, 'hermes', 'hermes-svc'))
  symlinkSync(elsewhere, join(home, 'link'))
  t.true(stateOf(join(home, 'link')).startsWith(join(home, 'AppData')), 'what a junction leads to counts')
})

asRoot('as root: what counts is whether the owner of the root can write', t => {
  const root = temporaryDirectory(t)
  const run = <T>(action: () => T): T => asAccount(NOBODY, NOBODY, action)
  chownSync(root, NOBODY, NOBODY)
  chmodSync(root, 0o755)
  t.is(placeState(root, {}, ROOT, run).warning, null)
  chmodSync(root, 0o555)
  t.not(placeState(root, {}, ROOT, run).warning, null)
  chownSync(root, 0, NOBODY)
  chmodSync(root, 0o775)
  t.is(placeState(root, {}, ROOT, run).warning, null, 'its group may write')
  chmodSync(root, 0o757)
  t.not(placeState(root, {}, ROOT, run).warning, null, 'its group may not write, though others may')
})

asRoot('as root: a link to a directory of root’s is not a place that the owner can write', t => {
  const root = temporaryDirectory(t)
  const target = join(temporaryDirectory(t), 'roots')
  mkdirSync(target, {mode: 0o755})
  chmodSync(join(target, '..'), 0o755)
  chownSync(root, NOBODY, NOBODY)
  symlinkSync(target, join(root, 'hermes-svc'))
  t.not(placeState(root, {}, ROOT, action => asAccount(NOBODY, NOBODY, action)).warning, null)
})
