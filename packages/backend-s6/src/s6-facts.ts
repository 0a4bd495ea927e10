import type {Facts} from '@hermes-svc/core'

/** What planning has to know of this machine: plain data, so that the same facts give the same bytes. */
export interface S6Facts extends Facts {
  readonly scandir: string
  readonly scope: 'container' | 'system' | 'user'
  /** Profile root, and where logs go. */
  readonly root: string
  readonly logs: string
  readonly dialect: 'hermes' | 'reference'
  /** s6-overlay's with-contenv, which restores the container's environment; null where there is no overlay. */
  readonly withContenv: string | null
  /** Whether the container's HERMES_HOME, where it sets one, is the root: then it may win when the gateway starts. */
  readonly homeFromContainer: boolean
  readonly setuidgid: string
  readonly s6Log: string
  readonly s6Svstat: string
  /** Whose rights the slot is written with. `name` is null for a uid without an account. */
  readonly writer: {readonly uid: number; readonly name: string | null}
}
