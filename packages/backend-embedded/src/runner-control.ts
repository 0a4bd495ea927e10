import type {BackendContext, VerbOptions, Writer} from '@hermes-svc/core'
import {
  askRunner,
  type ControlVerb,
  directoryHash,
  endOrphan,
  invocationPrefix,
  launchRunner,
  observeRunner,
  readRunnerFiles,
  type RunnerObservation,
  signalProcess,
  writeRestingWanted,
} from '@hermes-svc/runner'

const POLL_MS = 20
/** For everything but the end of a gateway. */
const MARGIN_MS = 20_000

/** Talks to runners: the only file here that starts, asks or ends processes. */
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
   * Asks the runner. false when it cannot be asked: then TERM has ended it, and its gateway with it, in order. Rejects
   * when it refuses.
   */
  async ask(directory: string, seen: RunnerObservation, verb: ControlVerb, options: VerbOptions): Promise<boolean> {
    const {borrowed, uid} = this.#writer
    const reply = seen.socket === null ? null : await askRunner(seen.socket, verb).catch(() => null)
    if (reply?.ok === true) return true
    const now = this.#observe(directory)
    if (reply !== null && now?.supervised === true && now.state !== 'stopping') {
      throw this.#context.error('HSVC_UNEXPECTED_OUTPUT', reply.message, {hint: 'install it again with --force'})
    }
    if (seen.runner !== null && reply === null) signalProcess(seen.runner, 'SIGTERM', borrowed ? uid : undefined)
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
  async rest(directory: string, seen: RunnerObservation): Promise<void> {
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
    if (seen.wanted === 'up' || seen.gateway !== null) {
      run(() => {
        writeRestingWanted(directory, 'down')
      })
    }
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
