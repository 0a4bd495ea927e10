import {exitCodeOf} from './exit-codes.js'

const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Turns ctrl-C, TERM and a reader that went away into one AbortSignal, for as long as a command runs. */
export class Interruption {
  readonly #controller = new AbortController()
  #listening = false
  #endless = false
  #readerGone = false
  #alive: NodeJS.Timeout | undefined

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

  /** Also ends when the terminal goes away: for commands that have much to take back. */
  listenForHangup(): void {
    process.on('SIGHUP', this.#onSignal)
  }

  /** Also ends when nobody reads stdout any more: for commands that only print, without end. */
  endWithReader(): void {
    this.#endless = true
    // A backend may await nothing but the signal, and a listener alone does not keep a program running.
    this.#alive = setInterval(() => undefined, LONGEST_TIMER_MS)
    process.stdout.on('error', this.#onStdoutError)
  }

  /** The exit code when a command without end was ended, which is no failure to talk about; null otherwise. */
  get quietExitCode(): number | null {
    if (!this.#endless || !this.signal.aborted) return null
    return this.#readerGone ? 0 : exitCodeOf('HSVC_ABORTED')
  }

  dispose(): void {
    clearInterval(this.#alive)
    process.off('SIGINT', this.#onSignal)
    process.off('SIGTERM', this.#onSignal)
    process.off('SIGHUP', this.#onSignal)
    // Touched by no command that does not need it: it is made when it is asked for first, from several modules of Node's.
    if (this.#endless) process.stdout.off('error', this.#onStdoutError)
    this.#listening = false
  }
}
