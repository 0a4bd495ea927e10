import {statSync} from 'node:fs'
import type {Caller} from '../backend.js'
import {accountOf, asAccount} from './account.js'
import {type Run, shareable} from './shared-rights.js'

/** Whose rights the files at a place are written with. */
export interface Writer {
  /** -1 on Windows, as in os.userInfo(). */
  readonly uid: number
  /** Primary group of the account; for a uid without one, the group of the place. -1 on Windows. */
  readonly gid: number
  /** null for a uid without an account. Looked up when asked for: it may run a program. */
  readonly name: string | null
  /** Whether root works with somebody else's rights; a program that it starts there has to be given them as well. */
  readonly borrowed: boolean
  /** Runs synchronous file work with those rights, as `asAccount` does. */
  readonly run: Run
}

function ownWriter({uid, gid}: Caller): Writer {
  return {
    uid: uid ?? -1,
    gid: gid ?? -1,
    get name() {
      return uid === null ? null : (accountOf(uid)?.name ?? null)
    },
    borrowed: false,
    run: work => work(),
  }
}

/** One for each account, so that whoever works with its rights shares them with the others. */
const borrowedRuns = new Map<string, Run>()

function borrowedRun(uid: number, gid: number): Run {
  const key = `${String(uid)}:${String(gid)}`
  const known = borrowedRuns.get(key)
  if (known !== undefined) return known
  const run = shareable(work => asAccount(uid, gid, work))
  borrowedRuns.set(key, run)
  return run
}

/**
 * Finds whose rights the files at a path are written with. Root works with those of the path's owner, since in somebody
 * else's directory its own would follow planted links; with its own where that is root, or nothing is there. Everybody
 * else has only their own. Throws the system error where it cannot look.
 */
export function findWriter(caller: Caller, path: string): Writer {
  const place = caller.uid === 0 ? statSync(path, {throwIfNoEntry: false}) : undefined
  if (place === undefined || place.uid === 0) return ownWriter(caller)
  const {uid} = place
  const account = accountOf(uid)
  // Not simply the place's group: that is root's after a chown that names no group.
  const gid = account?.gid ?? place.gid
  return {uid, gid, name: account?.name ?? null, borrowed: true, run: borrowedRun(uid, gid)}
}
