import type {Scope} from './capabilities.js'

/** The observed states; docs/contract.md defines each, and each backend's page maps every native condition to one. */
export const GATEWAY_STATES = ['running', 'starting', 'stopping', 'stopped', 'backoff', 'failed', 'unknown'] as const

/** What was observed of a gateway. */
export type GatewayState = (typeof GATEWAY_STATES)[number]

/** What was asked for; never the same as what was observed. */
export type Wanted = 'up' | 'down'

/** How the gateway's process ended last. `at` is ISO 8601, null where the supervisor does not say. */
export interface LastExit {
  readonly code: number | null
  /** Signal name as in signal(7): `SIGKILL`. */
  readonly signal: string | null
  readonly at: string | null
}

/** Health as Hermes itself reports it in gateway_state.json. */
export interface Health {
  readonly state: string
  readonly reason: string | null
  readonly at: string | null
}

/** Where a gateway's output is. */
export interface LogPlace {
  readonly kind: 'file' | 'journal' | 'none'
  readonly path?: string
  readonly unit?: string
}

/** One gateway as observed; the JSON of `gateway list` and `gateway status` is an array of these. */
export interface GatewayStatus {
  readonly profile: string
  readonly backend: string
  readonly scope: Scope
  /** The init system's own name for it. */
  readonly service: string
  readonly state: GatewayState
  readonly wanted: Wanted
  /** It comes back by itself after reboot, login or recreation, unless stopped. */
  readonly autostart: boolean
  /** The gateway's own process, not a runner or launcher; null when there is none. */
  readonly pid: number | null
  /** ISO 8601, UTC. */
  readonly startedAt: string | null
  /**
   * Whole seconds since the process started, by a clock that cannot be set where the init system keeps one; where it
   * keeps stamps of the wall clock, as s6 does, by that.
   */
  readonly uptimeSeconds: number | null
  /** Deaths since the supervisor first saw it; null where they are not counted. */
  readonly restarts: number | null
  readonly lastExit: LastExit | null
  /** ISO 8601, in backoff, where known. */
  readonly nextStartAt: string | null
  readonly ready: boolean | null
  readonly health: Health | null
  readonly port: number | null
  /** `foreign`: made by somebody else; it can be started and stopped, never rewritten or removed. */
  readonly origin: 'installed' | 'registered' | 'foreign'
  /** Path or name of the definition; null when only the record is there. */
  readonly definition: string | null
  /** Whether the definition differs from what install would write now; null when that was not asked. */
  readonly drift: boolean | null
  readonly logs: LogPlace
  /** Hash of the spec that the definition was made from. A backend gives it; the guard turns it into `drift` and removes it. */
  readonly specHash?: string
  /**
   * Whether it runs an ARGV of the user's instead of the configured command: such a program need not be Hermes. A backend
   * gives it where its definition says so, the guard removes it; without it, it is not known.
   */
  readonly ownCommand?: boolean
  /**
   * Parts of the definition are gone, so that the gateway may not start again. A backend says so of gateways that are named,
   * where it looks closer; the guard turns it into `drift` and removes it.
   */
  readonly damaged?: boolean
}

/** One line of a gateway's log. */
export interface LogLine {
  readonly profile: string
  /** ISO 8601, null where the line carries no time. */
  readonly at: string | null
  /** Without the line end. Bytes that are not UTF-8 become U+FFFD. */
  readonly text: string
}
