import {envelope} from './output/envelope.js'
import {writeStdout} from './output/write-stdout.js'
import {callingPackage, takeStray} from './stray-errors.js'

/** A second ctrl-C ends the program wherever it is. */
const INTERRUPTED = 130

/** What hooks of plugins may take before a command of ours begins. */
const START_MS = 30_000
let starting: NodeJS.Timeout | undefined

/** A command of ours begins: what plugins do before that is over. */
export function commandBegins(): void {
  clearTimeout(starting)
}

/** Pipes may still hold what was written when the program ends itself. */
async function flushed(): Promise<void> {
  await Promise.all([
    new Promise<void>(resolve => {
      writeStdout('', resolve)
    }),
    new Promise<void>(resolve => {
      process.stderr.write('', () => resolve())
    }),
  ])
}

async function tellWarning(warning: Error): Promise<void> {
  const {warningLine} = await import('./view/warning-line.js')
  const line = warningLine(warning)
  if (line !== null) process.stderr.write(`${line}\n`)
}

/**
 * How the program ends. Plugins run in it, and may end it or break it at any time: every failure is told once all the same,
 * in JSON on stdout where that was asked for, else on stderr, and nothing that failed ends with exit code 0.
 */
export class ProgramEnd {
  readonly #argv: readonly string[]
  readonly #isJson: boolean
  #isEnding = false

  constructor(argv: readonly string[], isJson: boolean) {
    this.#argv = argv
    this.#isJson = isJson
  }

  /** Ends the program when what it has printed is out; the first failure is told. */
  async end(error?: unknown): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    if (error !== undefined) {
      const {presentFailure} = await import('./present-failure.js')
      process.exitCode = presentFailure(error, this.#argv, this.#isJson)
    }
    await flushed()
    process.exit()
  }

  /** Ends the program where everything it has printed is out, and nothing was written to streams. */
  endNow(): never {
    this.#isEnding = true
    process.exit()
  }

  /** Ends the program when none of our commands has begun in time: before one does, hooks of plugins run. */
  limitStart(): void {
    starting = setTimeout(() => void this.#endHanging('the command has not begun'), START_MS).unref()
  }

  async #endHanging(when: string): Promise<void> {
    const hint = 'hermes-svc plugins shows what is installed; uninstall what hangs'
    // By its fields, as errors are recognised: core need not be loaded for this.
    const fields = {name: 'HermesSvcError', code: 'HSVC_INTERNAL', hint}
    await this.end(Object.assign(new Error(`a plugin seems to hang: ${when}`), fields))
  }

  /** Begins to watch for what ends a program from within; `isOwn` says that only we may end it. */
  listen(isOwn: boolean): void {
    process.on('exit', code => {
      if (isOwn && !this.#isEnding && code !== INTERRUPTED) this.#tellUnfinished()
    })
    process.once('beforeExit', () => {
      // Something awaits what can no longer come, such as a plugin's import: Node would end silently, and with code 0.
      void this.#endHanging('nothing is left to wait for, and the command has not ended')
    })
    process.on('uncaughtException', error => {
      if (!takeStray(error)) void this.end(error)
    })
    // Node's own way with warnings is for developers. Where it was told to be silent it does not listen.
    if (process.env['DEBUG'] === undefined && process.listenerCount('warning') > 0) {
      process.removeAllListeners('warning')
      process.on('warning', warning => void tellWarning(warning))
    }
  }

  /** Begins to bear that nobody reads what is printed. */
  bearReaders(): void {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        // Nobody reads any more, or the terminal is gone.
        if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
      })
    }
  }

  /** Something ended the program in the middle of a command. Nothing can be awaited or loaded any more. */
  #tellUnfinished(): void {
    const culprit = callingPackage()
    const message = `${culprit ?? 'a plugin'} ended the program before the command was done`
    const hint = culprit === null ? 'hermes-svc plugins' : `hermes-svc plugins uninstall ${culprit}`
    const error = {code: 'HSVC_INTERNAL', message, hint, exitCode: 1}
    if (this.#isJson) writeStdout(`${JSON.stringify(envelope({error}), null, 2)}\n`)
    else process.stderr.write(`✗ ${message}. Try: ${hint}\n`)
    process.exitCode = error.exitCode
  }
}
