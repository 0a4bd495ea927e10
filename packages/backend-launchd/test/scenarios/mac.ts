import type {Account, Backend} from '@hermes-svc/core'
import type {Domain, JobScope} from '../../dist/launchd-facts.js'

/** How a launchctl ended. The code is null where it was killed. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A program, and what is added to its environment. */
export interface Command {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** A Mac that scenarios are played on: a real one, or a fake one that says what is documented. */
export interface Mac {
  readonly isReal: boolean
  readonly scope: JobScope
  /** Where jobs of the scope are loaded. */
  readonly domain: Domain
  /** All domains that the account, or the machine, has now. */
  readonly domains: readonly Domain[]
  /** The directory whose definitions launchd loads by itself. */
  readonly definitions: string
  readonly uid: number
  /** Whom gateways run as; null: whoever asks. */
  readonly account: Account | null
  readonly backend: Backend
  /** Absolute path. */
  readonly launchctlPath: string
  /** Runs launchctl to its end. */
  launchctl(...args: string[]): Promise<Ran>
  /** What restarts a gateway from a process of its own. */
  restartCommand(root: string, profile: string): Command
}
