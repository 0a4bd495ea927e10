import {statSync} from 'node:fs'
import {accountOf, asAccount, type BackendContext} from '@hermes-svc/core'

/** The account that runners run as, and how file work is done for it. */
export interface RunnerAccount {
  /** null: whoever asks. Otherwise root works for the owner of the profile root. */
  readonly other: {readonly uid: number; readonly gid: number} | null
  /** Name of the account; null where it has none or it is not known. */
  readonly name: string | null
  /** Runs synchronous file work with that account's rights. */
  readonly run: <T>(work: () => T) => T
}

/** Finds whose gateways these are: root works for the owner of the profile root, everybody else for themselves. */
export function findRunnerAccount({caller, paths}: BackendContext): RunnerAccount {
  const stat = caller.uid === 0 ? statSync(paths.root, {throwIfNoEntry: false}) : undefined
  if (stat === undefined || stat.uid === 0) {
    const own = caller.uid === null ? null : accountOf(caller.uid)
    return {other: null, name: own?.name ?? null, run: work => work()}
  }
  const {uid} = stat
  const account = accountOf(uid)
  const gid = account?.gid ?? stat.gid
  return {other: {uid, gid}, name: account?.name ?? null, run: work => asAccount(uid, gid, work)}
}
