import {type BackendContext, isServiceError, type ToolResult} from '@hermes-svc/core'
import {parseDisabledOutput} from './disabled-output.js'
import type {Domain} from './launchd-facts.js'
import {LAUNCHCTL as CODES} from './launchctl-codes.js'
import {type ListedJob, parseListOutput} from './list-output.js'
import {type JobPrint, parsePrintOutput} from './print-output.js'

/** A job in a domain, as launchctl(1) writes it: `gui/501/ai.hermes-svc.coder`. */
export type JobTarget = `${Domain}/${string}`

/** What became of a bootstrap. `busy`: launchd still has the label, or says no more than that it failed. */
export type Bootstrapped = 'loaded' | 'busy' | 'disabled' | 'no-domain'

/** What became of a kickstart. `dying`: the job is on its way out. */
export type Kickstarted = 'asked' | 'dying' | 'absent'

const ABSENT: readonly number[] = [CODES.ESRCH, CODES.ENOSERVICE]
const NO_DOMAIN: readonly number[] = [CODES.ENODOMAIN, CODES.UNSUPPORTED]
const FORBIDDEN: readonly number[] = [CODES.EPERM, CODES.EACCES, CODES.SIP]

/** Runs launchctl: the only file here that does. Every code that launchctl is known to answer with is told apart here. */
export class Launchctl {
  readonly #context: BackendContext
  readonly #file: string

  constructor(context: BackendContext, file: string) {
    this.#context = context
    this.#file = file
  }

  /** The jobs of the caller's own session; those of other domains are not among them. */
  async list(signal?: AbortSignal): Promise<ReadonlyMap<string, ListedJob>> {
    const {stdout} = await this.#run(['list'], [], signal)
    return parseListOutput(stdout) ?? this.#unexpected(['list'], stdout)
  }

  /** What launchd has of a job; null when it has none, or no such domain. */
  async print(target: JobTarget, signal?: AbortSignal): Promise<JobPrint | null> {
    const {exitCode, stdout} = await this.#run(['print', target], [...ABSENT, ...NO_DOMAIN], signal)
    if (exitCode !== 0) return null
    return parsePrintOutput(stdout) ?? this.#unexpected(['print', target], stdout)
  }

  async hasDomain(domain: Domain, signal?: AbortSignal): Promise<boolean> {
    const {exitCode} = await this.#run(['print', domain], [...ABSENT, ...NO_DOMAIN], signal)
    return exitCode === 0
  }

  /** Which labels somebody has enabled or disabled: true is disabled. null where there is no such domain. */
  async disabled(domain: Domain, signal?: AbortSignal): Promise<ReadonlyMap<string, boolean> | null> {
    const {exitCode, stdout} = await this.#run(['print-disabled', domain], [...ABSENT, ...NO_DOMAIN], signal)
    if (exitCode !== 0) return null
    return parseDisabledOutput(stdout) ?? this.#unexpected(['print-disabled', domain], stdout)
  }

  async bootstrap(domain: Domain, path: string, signal?: AbortSignal): Promise<Bootstrapped> {
    const busy: readonly number[] = [CODES.EIO, CODES.EALREADY, CODES.EEXIST, CODES.EINPROGRESS, CODES.EXISTS_IN_DOMAIN]
    const known = [...busy, CODES.DISABLED, ...NO_DOMAIN]
    const {exitCode} = await this.#run(['bootstrap', domain, path], known, signal)
    if (exitCode === 0) return 'loaded'
    if (exitCode === CODES.DISABLED) return 'disabled'
    return busy.includes(exitCode) ? 'busy' : 'no-domain'
  }

  /** Asks launchd to end a job and forget it. It answers before that is done; of a job that it does not have that is well. */
  async bootout(target: JobTarget, signal?: AbortSignal): Promise<void> {
    const known = [...ABSENT, ...NO_DOMAIN, CODES.EIO, CODES.EINPROGRESS, CODES.EALREADY]
    await this.#run(['bootout', target], known, signal)
  }

  /** Starts a job now; with `kill` its process is ended first. */
  async kickstart(target: JobTarget, {kill = false} = {}, signal?: AbortSignal): Promise<Kickstarted> {
    const args = ['kickstart', ...(kill ? ['-k'] : []), target]
    const {exitCode} = await this.#run(args, [...ABSENT, ...NO_DOMAIN, CODES.EALREADY, CODES.EINPROGRESS], signal)
    if (exitCode === 0) return 'asked'
    return exitCode === CODES.EALREADY || exitCode === CODES.EINPROGRESS ? 'dying' : 'absent'
  }

  /** Lets launchd load a job, now and at each login. Its note of that outlives the job and its file. */
  async enable(target: JobTarget, signal?: AbortSignal): Promise<void> {
    await this.#run(['enable', target], [], signal)
  }

  /** Forbids it. A job that is loaded goes on. */
  async disable(target: JobTarget, signal?: AbortSignal): Promise<void> {
    await this.#run(['disable', target], [], signal)
  }

  /** Runs a command as a job of its own, which launchd starts again until it is removed; what it complains of is added to `log`. */
  async submit(label: string, argv: readonly string[], log: string, signal?: AbortSignal): Promise<void> {
    await this.#run(['submit', '-l', label, '-e', log, '--', ...argv], [], signal)
  }

  /** Ends such a job, the caller included where it is one. */
  async remove(label: string, signal?: AbortSignal): Promise<void> {
    await this.#run(['remove', label], ABSENT, signal)
  }

  async #run(args: readonly string[], known: readonly number[], signal?: AbortSignal): Promise<ToolResult> {
    const {tools} = this.#context
    const okExitCodes = [0, ...known, ...FORBIDDEN]
    const run = tools.run(this.#file, args, {okExitCodes, ...(signal ? {signal} : {})})
    const result = await run.catch((thrown: unknown) => {
      throw isServiceError(thrown) && thrown.code === 'HSVC_TIMEOUT' ? this.#silent(thrown) : thrown
    })
    if (!FORBIDDEN.includes(result.exitCode)) return result
    const said = result.stderr.trim().split('\n')[0] ?? ''
    throw this.#context.error('HSVC_PERMISSION_DENIED', `expected to be allowed to ${args.join(' ')}, got: ${said}`, {
      hint: 'run it as root, or as the account that the gateway belongs to',
    })
  }

  #silent(cause: Error): Error {
    const hint = 'see whether launchctl list answers in a terminal'
    return this.#context.error('HSVC_BACKEND_UNAVAILABLE', `launchd does not answer: ${cause.message}`, {hint, cause})
  }

  #unexpected(args: readonly string[], got: string): never {
    const head = JSON.stringify(got.slice(0, 80))
    throw this.#context.error(
      'HSVC_UNEXPECTED_OUTPUT',
      `expected launchctl ${args.join(' ')} to answer as launchd does, got ${head}`,
    )
  }
}
