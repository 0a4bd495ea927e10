import type {BackendContext, VerbOptions, Writer} from '@hermes-svc/core'
import {askRunner, type ControlVerb} from './control-socket.js'
import {endOrphan} from './end-orphan.js'
import {endRunner} from './end-runner.js'
import {directoryHash, invocationPrefix} from './invocation.js'
import {launchRunner} from './launch-runner.js'
import {observeRunner, type RunnerObservation} from './observe-runner.js'
import {writeRestingWanted} from './resting-wanted.js'
import {readRunnerFiles} from './runner-files.js'

const POLL_MS = 20
/** From a runner's claim to its first word, where the machine is slow. */
const ANNOUNCEMENT_MS = 5000
/** For everything but the end of a gateway. */
const MARGIN_MS = 20_000

/** What a backend does with runners: starts, asks and ends them. */
export class RunnerControl {
  readonly #context: BackendContext
  readonly #writer: Writer

  constructor(context: BackendContext, writer: Writer) {
    this.#context = context
    this.#writer = writer
  }

  /** Launches the runner of a directory; what outlived an earlier one is ended by it first. */
  async launch(directory: string, {signal}: VerbOptions): Promise<void> {
    const {borrowed, uid, gid, run} = this.#writer
    try {
      await launchRunner(directory, {
        run,
        timeoutMs: this.#stopTimeoutMs(directory) + MARGIN_MS,
        ...(borrowed ? {uid, gid} : {}),
        ...(signal === undefined ? {} : {signal}),
      })
    } catch (error) {
      throw this.#failure(directory, error)
    }
  }

  /**
   * Asks the runner. false when it cannot be asked: then it has been ended, and its gateway with it, in order where there is
   * TERM. Rejects when it refuses.
   */
  async ask(directory: string, seen: RunnerObservation, verb: ControlVerb, options: VerbOptions): Promise<boolean> {
    const {borrowed, uid} = this.#writer
    const {socket, runner} = await this.#announced(directory, seen, options)
    const reply = socket === null ? null : await askRunner(socket, verb).catch(() => null)
    if (reply?.ok === true) return true
    const now = this.#observe(directory)
    if (reply !== null && now?.supervised === true && now.state !== 'stopping') {
      throw this.#context.error('HSVC_UNEXPECTED_OUTPUT', reply.message, {hint: 'install it again with --force'})
    }
    if (runner !== null && reply === null && now?.supervised === true)
      await endRunner(directory, runner, borrowed ? uid : undefined).catch((error: unknown) => {
        const message = `the runner of ${directory} does not answer and cannot be ended: ${(error as Error).message}`
        const hint = `end process ${String(runner.pid)}, if that is node`
        throw this.#context.error('HSVC_TOOL_FAILED', message, {cause: error, hint})
      })
    await this.untilUnsupervised(directory, options)
    return false
  }

  /** Waits until no runner is alive. Rejects HSVC_TIMEOUT. */
  async untilUnsupervised(directory: string, {signal}: VerbOptions): Promise<void> {
    const {clock} = this.#context
    const deadline = clock.monotonic() + this.#stopTimeoutMs(directory) + MARGIN_MS
    while (this.#isSupervised(directory)) {
      if (clock.monotonic() > deadline) {
        throw this.#context.error('HSVC_TIMEOUT', `the runner of ${directory} did not end`, {state: 'stopping'})
      }
      await clock.sleep(POLL_MS, signal)
    }
  }

  /** Makes sure that nothing runs and nothing will: what outlived its runner is ended, and down is written down. */
  async rest(directory: string, seen: RunnerObservation, options: VerbOptions = {}): Promise<void> {
    const {run, borrowed, uid} = this.#writer
    if (seen.gateway !== null) {
      const left = await endOrphan({
        gateway: seen.gateway,
        invocation: run(() => invocationPrefix(directoryHash(directory))),
        stopTimeoutMs: this.#stopTimeoutMs(directory),
        ...(borrowed ? {uid} : {}),
      })
      if (left.length > 0) {
        throw this.#context.error('HSVC_TOOL_FAILED', `these processes would not die: ${left.join(', ')}`)
      }
    }
    if (seen.wanted === 'up' || seen.gateway !== null) await this.#writeDown(directory, options)
  }

  /** A runner that nobody here asked for may have come up in the meantime: then it is asked to stop. */
  async #writeDown(directory: string, options: VerbOptions): Promise<void> {
    const write = (): void => {
      this.#writer.run(() => {
        writeRestingWanted(directory, 'down')
      })
    }
    try {
      write()
    } catch (error) {
      const now = this.#observe(directory)
      if (now?.supervised !== true) throw error
      if (!(await this.ask(directory, now, 'stop', options))) write()
    }
  }

  /** On Windows a runner may be started at any time, and TERM does not reach it: what has not said yet where it is to be asked is waited for. */
  async #announced(directory: string, seen: RunnerObservation, {signal}: VerbOptions): Promise<RunnerObservation> {
    if (process.platform !== 'win32') return seen
    const {clock} = this.#context
    const deadline = clock.monotonic() + ANNOUNCEMENT_MS
    let now: RunnerObservation | null = seen
    while (now?.supervised === true && now.socket === null && clock.monotonic() < deadline) {
      await clock.sleep(POLL_MS, signal)
      now = this.#observe(directory)
    }
    return now ?? seen
  }

  #observe(directory: string): RunnerObservation | null {
    return this.#writer.run(() => observeRunner(directory))
  }

  #isSupervised(directory: string): boolean {
    try {
      return this.#observe(directory)?.supervised === true
    } catch (error) {
      // Without a runner the definition is read; of one that was damaged nothing can run.
      if (typeof (error as NodeJS.ErrnoException).code === 'string') throw error
      return false
    }
  }

  #stopTimeoutMs(directory: string): number {
    try {
      return this.#writer.run(() => readRunnerFiles(directory)).spec.stopTimeoutMs
    } catch {
      // Whoever needs the definition itself says what is wrong with it.
      return 0
    }
  }

  #failure(directory: string, thrown: unknown): unknown {
    const error = thrown as NodeJS.ErrnoException
    if (error.name === 'AbortError') return error
    if (error.name === 'TimeoutError') {
      return this.#context.error('HSVC_TIMEOUT', `the runner of ${directory} did not come up in time`, {cause: error})
    }
    if (typeof error.code === 'string') {
      // The host has words of its own for what an account may not do.
      if (['EACCES', 'EPERM', 'EROFS'].includes(error.code)) return error
      return this.#context.error('HSVC_TOOL_FAILED', `the runner of ${directory}: ${error.message}`, {cause: error})
    }
    return this.#context.error('HSVC_UNEXPECTED_OUTPUT', error.message, {
      hint: 'install it again with --force',
      cause: error,
    })
  }
}
