import {type RunnerState, writeRunnerState} from './runner-state.js'

const RETRY_MS = 1000

/** Writes states down; one that cannot be written is tried again each second until it, or a newer one, is. */
export class StatePublisher {
  readonly #directory: string
  #pending: RunnerState | null = null
  #retry: NodeJS.Timeout | null = null

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Never throws: supervising goes on whether or not it can be written down. */
  publish(state: RunnerState): void {
    this.#pending = state
    if (this.#retry === null) this.#write()
  }

  #write(): void {
    if (this.#pending === null) return
    try {
      writeRunnerState(this.#directory, this.#pending)
      this.#pending = null
    } catch {
      this.#retry = setTimeout(() => {
        this.#retry = null
        this.#write()
      }, RETRY_MS)
    }
  }
}
