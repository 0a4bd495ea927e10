import {createHash} from 'node:crypto'
import {accessSync, constants, existsSync} from 'node:fs'
import {dirname, join} from 'node:path'
import type {Caller, Paths} from './backend.js'

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

function isWritable(path: string): boolean {
  try {
    accessSync(nearestExisting(path), constants.W_OK)
    return true
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
