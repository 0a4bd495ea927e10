import type {Faults} from './faults.js'

/** A kind of session as `launchctl managername` names it. */
export type Session = 'Aqua' | 'Background' | 'System'

/** The domains of one account that a login makes: gui by a graphical one, user by any, ssh included. */
export type LoginDomain = 'gui' | 'user'

/** The domains that the fake knows. */
export type DomainName = LoginDomain | 'system'

/** What a fake Mac is like while it runs. */
export interface Settings {
  /** 'old' is up to Mojave where formats differ, 'new' is macOS 13 and later. */
  readonly macos: 'old' | 'new'
  readonly uid: number
  /** Whether launchctl is called with the rights of root. */
  readonly root: boolean
  /** The session that callers are in. */
  readonly session: Session
  readonly domains: readonly LoginDomain[]
}

/** What a test may choose; see FakeLaunchd.start(). */
export interface FakeLaunchdOptions extends Partial<Settings> {
  readonly faults?: Partial<Faults>
}

/** Fills in what was not chosen: a new macOS with a graphical login of the account that runs the tests. */
export function completeSettings(options: FakeLaunchdOptions): Settings {
  const uid = options.uid ?? process.getuid?.() ?? 501
  const domains = options.domains ?? ['gui', 'user']
  return {
    macos: options.macos ?? 'new',
    uid,
    root: options.root ?? uid === 0,
    session: options.session ?? (domains.includes('gui') ? 'Aqua' : 'Background'),
    domains,
  }
}
