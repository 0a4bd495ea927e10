import type {Facts} from '@hermes-svc/core'

/** The scopes that launchd has: agents of an account, daemons of the machine. */
export type JobScope = 'user' | 'system'

/** A domain that launchd keeps jobs in: `gui/501` of somebody logged in at the screen, `user/501` of any login, `system` (launchctl(1)). */
export type Domain = `gui/${string}` | `user/${string}` | 'system'

/** The domain that keeps the note of which labels are disabled: one for all of an account's, and there with any login. Pure. */
export function ledgerOf(domain: Domain): Domain {
  return domain.startsWith('gui/') ? `user/${domain.slice('gui/'.length)}` : domain
}

/** What planning has to know of one scope. */
export interface ScopeFacts {
  /** Where launchd looks for definitions of this scope when the domain comes up. */
  readonly directory: string
  /** Where jobs are loaded into; null where the account has no domain. */
  readonly domain: Domain | null
  /** The account that jobs run as where a definition names nobody; null where it is not known. */
  readonly account: string | null
  /** Why no job can be loaded, and what to do about it; null when one can. */
  readonly unreachable: {readonly reason: string; readonly hint: string} | null
}

/** What planning has to know of this machine: plain data, so that the same facts give the same bytes. */
export interface LaunchdFacts extends Facts {
  /** Effective uid of the caller. */
  readonly uid: number
  /** Absolute path of launchctl, which a launcher asks how its job ended last. */
  readonly launchctl: string
  readonly root: string
  readonly gateways: string
  /** Where logs of agents go. */
  readonly logs: string
  /** Where daemons have what belongs to them, and their logs. */
  readonly support: string
  readonly systemLogs: string
  readonly user: ScopeFacts
  readonly system: ScopeFacts
}
