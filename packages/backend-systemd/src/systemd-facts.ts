import type {Facts} from '@hermes-svc/core'

/** The scopes that systemd has. */
export type UnitScope = 'user' | 'system'

/** What planning has to know of the manager of one scope. */
export interface ScopeFacts {
  /** Where definitions of this scope go. */
  readonly unitDirectory: string
  /** The account that the manager runs gateways as where a unit names nobody; null where it is not known. */
  readonly account: string | null
  /** Why the manager cannot be spoken to, and what to do about it; null when it can. */
  readonly unreachable: {readonly reason: string; readonly hint: string} | null
}

/** What planning has to know of this machine: plain data, so that the same facts give the same bytes. */
export interface SystemdFacts extends Facts {
  /** Major version: 252. 0 where no manager could be asked. */
  readonly version: number
  /** Effective uid of the caller. */
  readonly uid: number
  /** Profile root, records, and where logs go that are no journal's. */
  readonly root: string
  readonly gateways: string
  readonly logs: string
  /** Whether journald takes the output of services. */
  readonly journal: boolean
  readonly user: ScopeFacts
  readonly system: ScopeFacts
}
