import {statSync} from 'node:fs'
import {accountOf, asAccount, type BackendContext} from '@hermes-svc/core'

/** Whose rights the slots of a scan directory are written with. */
export interface SlotWriter {
  readonly uid: number
  readonly gid: number
  /** null for a uid without an account. Looked up when asked for, which listings do not: it may run a program. */
  readonly name: string | null
  /** Runs synchronous file work with those rights. */
  readonly run: <T>(work: () => T) => T
}

/**
 * Root works with the rights of whoever owns the scan directory, since in somebody else's directory its own would follow
 * planted links; everybody else has only their own.
 */
export function findSlotWriter({caller}: BackendContext, scandir: string): SlotWriter {
  const own = {uid: caller.uid ?? 0, gid: caller.gid ?? 0}
  const owner = own.uid === 0 ? statSync(scandir, {throwIfNoEntry: false}) : undefined
  if (owner === undefined || owner.uid === 0) {
    return {
      ...own,
      get name() {
        return accountOf(own.uid)?.name ?? null
      },
      run: work => work(),
    }
  }
  const {uid} = owner
  const account = accountOf(uid)
  const gid = account?.gid ?? owner.gid
  return {uid, gid, name: account?.name ?? null, run: work => asAccount(uid, gid, work)}
}
