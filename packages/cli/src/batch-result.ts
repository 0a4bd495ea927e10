import type {GatewayStatus, Outcome} from '@hermes-svc/core'
import {reportError} from './error-report.js'
import {EXIT_NOT_RUNNING, exitCodeOfBatch} from './exit-codes.js'
import {type BatchSummary, errorRow, type ErrorRow} from './output/envelope.js'

/** Gathers what becomes of each profile of a batch, and knows when a drained one is over. */
export class BatchResult {
  readonly gateways: GatewayStatus[] = []
  readonly errors: ErrorRow[] = []
  readonly #profiles: readonly string[]
  readonly #drains: boolean
  readonly #left: GatewayStatus[] = []
  #taken = 0
  #isOver = false

  constructor(profiles: readonly string[], drains: boolean) {
    this.#profiles = profiles
    this.#drains = drains
  }

  /** Outcomes come in the order of the profiles. */
  take(outcome: Outcome<GatewayStatus>): void {
    this.#taken += 1
    if ('error' in outcome) {
      this.errors.push(errorRow(outcome.profile, reportError(outcome.error)))
      // One that cannot be asked was not touched, so nothing tells against those that follow.
      this.#isOver = this.#drains && outcome.error.code !== 'HSVC_UNSUPPORTED'
      return
    }
    const {value} = outcome
    this.gateways.push(value)
    if (this.#drains && (value.state !== 'running' || value.wanted === 'down')) this.#left.push(value)
  }

  /** Whether those that follow are not to be touched. */
  get isOver(): boolean {
    return this.#isOver
  }

  get summary(): BatchSummary {
    return {
      asked: this.#profiles.length,
      succeeded: this.gateways.length - this.#left.length,
      failed: this.errors.length,
      left: this.#left.map(({profile}) => profile),
      notReached: this.#profiles.slice(this.#taken),
    }
  }

  /** That of the first failure; without one, that of `gateway status` where one that should run was left down. */
  get exitCode(): number {
    const isDown = this.#left.some(({wanted}) => wanted === 'up')
    return exitCodeOfBatch(this.errors) || (isDown ? EXIT_NOT_RUNNING : 0)
  }

  /** How far it is. */
  progressText(verb: string): string {
    const next = this.#profiles[this.#taken]
    const turn = this.#drains && next !== undefined ? `, waiting for ${next}` : ''
    return `${verb}: ${String(this.#taken)} of ${String(this.#profiles.length)}${turn}`
  }
}
