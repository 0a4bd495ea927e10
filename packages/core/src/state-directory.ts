import {createHash} from 'node:crypto'
import {accessSync, constants, existsSync, realpathSync, statSync} from 'node:fs'
import {dirname, isAbsolute, join, relative, sep} from 'node:path'
import type {Caller, Paths} from './backend.js'

type Environment = Readonly<Record<string, string | undefined>>

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

/** The account's own place for state. Root's is /run, which no variable changes. */
function accountState(env: Environment, caller: Caller, platform: NodeJS.Platform): string {
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(caller.home, 'AppData', 'Local')
  return caller.uid === 0 ? '/run' : env['XDG_STATE_HOME'] || join(caller.home, '.local', 'state')
}

function isInside(path: string, directory: string): boolean {
  const way = relative(realpathSync(nearestExisting(directory)), realpathSync(nearestExisting(path)))
  return !isAbsolute(way) && way.split(sep)[0] !== '..'
}

/**
 * Places the state of a profile root: inside it, or in the account's own place, where the root cannot be written with a
 * warning. On Windows that is also where the root is outside of what belongs to the account: file modes mean nothing there, and
 * everybody may read a directory elsewhere. `run` looks with the rights of the root's owner. Nothing is made.
 */
export function placeState(
  root: string,
  env: Environment,
  caller: Caller,
  run: <T>(action: () => T) => T,
  platform: NodeJS.Platform = process.platform,
): {paths: Paths; warning: string | null} {
  const own = accountState(env, caller, platform)
  const isPrivate = platform !== 'win32' || [caller.home, own].some(place => isInside(root, place))
  const inside = join(root, 'hermes-svc')
  const isOurs = isPrivate && run(() => isWritable(inside))
  const state = isOurs ? inside : join(own, 'hermes-svc', createHash('sha256').update(root).digest('hex').slice(0, 12))
  const logs = isOurs ? join(root, 'logs', 'gateways') : join(state, 'logs')
  const warning =
    isOurs || !isPrivate ? null : `${root} cannot be written by this account: records and state are in ${state}`
  return {paths: {root, state, gateways: join(state, 'gateways'), logs}, warning}
}
