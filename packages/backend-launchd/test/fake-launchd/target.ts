import type {DomainName, Settings} from './settings.js'

/** A domain, and a service of it where one was named. */
export interface Target {
  readonly domain: DomainName
  /** Of the account; 0 for system. */
  readonly uid: number
  readonly label: string | null
}

/** Reads a specifier of launchctl(1): `system`, `gui/501`, `user/501/LABEL`; null for all else. */
export function parseTarget(text: string): Target | null {
  const match = /^(?:(system)|(gui|user)\/(\d+))(?:\/(.*))?$/s.exec(text)
  if (match === null) return null
  const [, , account, uid = '0', label = ''] = match
  return {
    domain: account === 'gui' || account === 'user' ? account : 'system',
    uid: Number(uid),
    label: label === '' ? null : label,
  }
}

/** A domain as it is written in a specifier. */
export function specifyDomain({domain, uid}: Pick<Target, 'domain' | 'uid'>): string {
  return domain === 'system' ? domain : `${domain}/${String(uid)}`
}

/** A domain as launchctl names it in its messages. */
export function describeDomain({domain, uid}: Pick<Target, 'domain' | 'uid'>): string {
  if (domain === 'system') return domain
  return `${domain === 'gui' ? 'user gui' : 'uid'}: ${String(uid)}`
}

/** The domain that legacy subcommands act on: that of the caller's session. */
export function sessionTarget(settings: Settings): Target {
  const {session, uid} = settings
  if (session === 'System') return {domain: 'system', uid: 0, label: null}
  return {domain: session === 'Aqua' ? 'gui' : 'user', uid, label: null}
}
