import {readFileSync} from 'node:fs'
import {serviceError} from '../errors/service-error.js'
import {ownDatabase, passwdLine} from '../process/account-database.js'
import {identityOf} from '../process/process-identity.js'

/** An account of the machine. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

function parsePasswdLine(line: string): Account | null {
  const [name, , uid, gid, , home] = line.split(':')
  if (name === undefined || name === '' || home === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? ''))
    return null
  return {name, uid: Number(uid), gid: Number(gid), home}
}

function localAccounts(): Account[] {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
    return lines.map(parsePasswdLine).filter(account => account !== null)
  } catch {
    return []
  }
}

function findAccount(key: string, matches: (account: Account) => boolean, database = ownDatabase): Account | null {
  if (database.platform === 'win32') return null
  const local = localAccounts().find(matches)
  if (local !== undefined) return local
  const account = parsePasswdLine(passwdLine(key, database) ?? '')
  // The tools take a number for a uid also where a name was meant.
  return account !== null && matches(account) ? account : null
}

/** The account of that name, from /etc/passwd, then from the account database; null when there is none. */
export function accountNamed(name: string, database = ownDatabase): Account | null {
  return name === '' || /[:\n\0]/.test(name) ? null : findAccount(name, account => account.name === name, database)
}

/** The account with that uid, from /etc/passwd, then from the account database; null when there is none. */
export function accountOf(uid: number, database = ownDatabase): Account | null {
  return findAccount(String(uid), account => account.uid === uid, database)
}

// @types/node leaves initgroups(3) out.
const groupAccess = process as NodeJS.Process & {initgroups?: (user: number, extraGroup: number) => void}

/** Groups of accounts whose rights were taken before: to ask the database takes as long as everything else together. */
const groupsOf = new Map<string, readonly number[]>()

function takeGroups(uid: number, gid: number, known: readonly number[] | undefined): void {
  if (known !== undefined) {
    process.setgroups?.([...known])
    return
  }
  try {
    groupAccess.initgroups?.(uid, gid)
  } catch {
    // A uid that no account database knows has no groups beside its own.
    process.setgroups?.([gid])
  }
}

/**
 * Runs synchronous file work with another account's rights and gives its result. It changes something only for root
 * (effective uid 0) and another uid; then no file of root's can be read, replaced or reached through a planted link.
 * The rights are those of the whole process until the action returns: asynchronous work that is under way has them too.
 */
export function asAccount<T>(uid: number, gid: number, action: () => T): T {
  if (process.geteuid?.() !== 0 || uid === 0) return action()
  // After a change of rights Linux hides /proc/self/ns from us, which would be remembered as: no pid namespace.
  identityOf(process.pid)
  const ownGid = process.getegid?.() ?? 0
  const ownGroups = process.getgroups?.() ?? []
  const key = `${String(uid)}:${String(gid)}`
  // Groups first and uid last, and back in the opposite order: only uid 0 may change groups.
  try {
    takeGroups(uid, gid, groupsOf.get(key))
    process.setegid?.(gid)
    // Only now: Node counts the effective group among them, which was root's.
    if (!groupsOf.has(key)) groupsOf.set(key, process.getgroups?.() ?? [])
    process.seteuid?.(uid)
    const result = action()
    if (result instanceof Promise) throw serviceError('HSVC_INTERNAL', 'expected a synchronous action, got a promise')
    return result
  } finally {
    process.seteuid?.(0)
    process.setegid?.(ownGid)
    process.setgroups?.(ownGroups)
  }
}
