import type {Facts} from '@hermes-svc/core'
import type {ScriptEngine} from './launcher.js'
import type {Starter} from './windows-settings.js'

/** What planning has to know of this machine: plain data, so that the same facts give the same bytes. */
export interface WindowsFacts extends Facts {
  /** SID of the account, or `DOMAIN\name` where it cannot be had. */
  readonly userId: string
  readonly root: string
  readonly gateways: string
  readonly logs: string
  readonly state: string
  readonly schtasks: string
  /** Absolute path of wscript.exe. */
  readonly scriptHost: string
  readonly engine: ScriptEngine
  /** What is tried first. */
  readonly starter: Starter
  /** The Startup folder; null where the account has none that is known. */
  readonly startup: string | null
}
