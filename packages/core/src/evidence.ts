import type {Scope} from './capabilities.js'

/** One fact that detection saw. */
export interface Evidence {
  /** What was looked at, as a short phrase: `control FIFO has a reader`. */
  readonly fact: string
  /** The file, socket or variable it was read from; null where there is none. */
  readonly path: string | null
  /** What was found, printable: `yes`, `ENOENT`, `s6-svscan`. */
  readonly value: string
}

/**
 * What a backend found. `unreachable` means: it is there, but we may not or cannot talk to it; the search stops,
 * because a gateway put under the wrong supervisor is worse than none.
 */
export interface Detection {
  readonly presence: 'available' | 'unreachable' | 'absent'
  /** The scope that a new gateway would get. */
  readonly scope?: Scope
  readonly evidence: readonly Evidence[]
  /** Why, as one sentence without a full stop; asked for when not available. */
  readonly reason?: string
  /** What the user can do about `unreachable`. */
  readonly hint?: string
}

/** Something that is wrong with the init system itself. */
export interface Problem {
  /** `error`: gateways suffer from it now. */
  readonly severity: 'error' | 'warning'
  /** One sentence without a full stop. */
  readonly message: string
  /** What the user can do about it; null when there is nothing to do. */
  readonly hint: string | null
}
