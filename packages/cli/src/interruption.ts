import {exitCodeOf} from './exit-codes.js'

/** Turns ctrl-C, TERM and a reader that went away into one AbortSignal, for as long as a command runs. */
export class Interruption {
  readonly #controller = new AbortController()
  #listening = false
  #endless = false
  #readerGone = false

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  readonly #onSignal = (): void => {
    // A second ctrl-C means now, whatever is still being undone.
    if (this.#controller.signal.aborted) process.exit(exitCodeOf('HSVC_ABORTED'))
    this.#controller.abort()
  }

  readonly #onStdoutError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') return
    this.#readerGone = true
    this.#controller.abort()
  }

  /** Begins to listen for ctrl-C and TERM. */
  listen(): void {
    if (this.#listening) return
    this.#listening = true
    process.on('SIGINT', this.#onSignal)
    process.on('SIGTERM', this.#onSignal)
  }

  /** Also ends when nobody reads stdout any more: for commands that only print, without end. */
  endWithReader(): void {
    this.#endless = true
    process.stdout.on('error', this.#onStdoutError)
  }

  /** The exit code when a command without end was ended, which is no failure to talk about; null otherwise. */
  get quietExitCode(): number | null {
    if (!this.#endless || !this.signal.aborted) return null
    return this.#readerGone ? 0 : exitCodeOf('HSVC_ABORTED')
  }

  dispose(): void {
    process.off('SIGINT', this.#onSignal)
    process.off('SIGTERM', this.#onSignal)
    process.stdout.off('error', this.#onStdoutError)
    this.#listening = false
  }
}
