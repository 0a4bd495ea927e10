import {createHash} from 'node:crypto'
import {accessSync, constants, existsSync, statSync} from 'node:fs'
import {dirname, join} from 'node:path'
import type {Caller, Paths} from './backend.js'

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

/** access(2) asks for the real account, which stays root while it works with the rights of another one. */
function effectiveAccountMayWrite(path: string): boolean {
  const uid = process.geteuid?.()
  if (uid === undefined || uid === process.getuid?.()) return true
  const {mode, uid: owner, gid} = statSync(path)
  const inGroup = gid === process.getegid?.() || process.getgroups?.().includes(gid) === true
  const bit = owner === uid ? constants.S_IWUSR : inGroup ? constants.S_IWGRP : constants.S_IWOTH
  return (mode & bit) !== 0
}

function isWritable(path: string): boolean {
  try {
    const place = nearestExisting(path)
    accessSync(place, constants.W_OK)
    return effectiveAccountMayWrite(place)
  } catch {
    return false
  }
}

/** Where ours goes when the profile root cannot be written: /run for root, the account's state directory otherwise. */
function substituteState(root: string, env: Readonly<Record<string, string | undefined>>, caller: Caller): string {
  const base = caller.uid === 0 ? '/run' : env['XDG_STATE_HOME'] || join(caller.home, '.local', 'state')
  return join(base, 'hermes-svc', createHash('sha256').update(root).digest('hex').slice(0, 12))
}

/**
 * Places the state of a profile root: inside it, or elsewhere with a warning where it cannot be written. `run` looks with
 * the rights of the root's owner. Nothing is made.
 */
export function placeState(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
  caller: Caller,
  run: <T>(action: () => T) => T,
): {paths: Paths; warning: string | null} {
  const inside = join(root, 'hermes-svc')
  const writable = run(() => isWritable(inside))
  const state = writable ? inside : substituteState(root, env, caller)
  const logs = writable ? join(root, 'logs', 'gateways') : join(state, 'logs')
  const warning = writable ? null : `${root} cannot be written by this account: records and state are in ${state}`
  return {paths: {root, state, gateways: join(state, 'gateways'), logs}, warning}
}
