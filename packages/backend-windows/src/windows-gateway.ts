import type {RunnerObservation} from '@hermes-svc/runner'
import type {ForeignGateway} from './foreign-gateways.js'
import type {StarterNote} from './starter-note.js'

/** What was found of a gateway of ours. */
export interface OwnGateway {
  readonly profile: string
  readonly directory: string
  /** null when its files cannot be read; `problem` says why. */
  readonly seen: RunnerObservation | null
  readonly problem: string | null
  /** null where an install was interrupted. */
  readonly note: StarterNote | null
  /** Whether what is to bring it back at logon is there, as far as files tell. */
  readonly isArmed: boolean
}

/** A gateway as it was found. */
export type WindowsGateway =
  | {readonly origin: 'ours'; readonly gateway: OwnGateway}
  | {readonly origin: 'foreign'; readonly gateway: ForeignGateway}
