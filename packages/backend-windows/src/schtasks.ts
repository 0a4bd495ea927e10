import {join} from 'node:path'
import {type BackendContext, isServiceError, type ServiceError} from '@hermes-svc/core'
import {type TaskResult, taskResultOf} from './task-results.js'
import {decodeTaskText} from './task-text.js'

/** Longer than this, schtasks hangs. Milliseconds. */
const PATIENCE_MS = 15_000
/** How long one that hung is taken to hang on: a program that lives on gets tasks again. Milliseconds. */
const SILENCE_MS = 60_000
/** How often a task is asked for that can neither be read nor be said to be missing. */
const READS = 3
/** The column of /V with the time of the last run, whatever it is called. */
const LAST_RUN = 5
/** ERROR_ACCESS_DENIED of winerror.h. */
const ACCESS_DENIED = '5'

/** Why there can be no task: policy forbids it to the account, schtasks hangs, or there is none. */
export type Unavailability = 'denied' | 'silent' | 'missing'

/** How schtasks answered. `stdout` has one character for each byte. */
interface Answer {
  readonly result: TaskResult
  readonly stdout: string
  readonly failure: ServiceError | null
}

/** What became of registering a task. */
export type Registration =
  | {readonly outcome: 'registered'}
  | {readonly outcome: 'unavailable'; readonly why: Unavailability; readonly failure: ServiceError}

/** What there is under a name: its definition, nothing, or something that this account may not read. */
export type FoundTask = {readonly xml: string} | 'absent' | 'hidden'

/** What schtasks is told to register a task, over one of that name. */
export function createArguments(name: string, xmlFile: string): string[] {
  return ['/Create', '/F', '/TN', name, '/XML', xmlFile]
}

/** Runs schtasks: the only file here that does. What it answers is told by numbers, since its words are those of the machine's language. */
export class Schtasks {
  readonly file: string
  readonly #context: BackendContext
  readonly #system: string
  #deniedText: Promise<string | null> | null = null
  #silence: {readonly error: ServiceError; readonly since: number} | null = null

  constructor(context: BackendContext, file: string, system: string) {
    this.#context = context
    this.file = file
    this.#system = system
  }

  /** Registers a task, over one of that name. Rejects HSVC_TOOL_FAILED for what is no reason to do without tasks. */
  async create(name: string, xmlFile: string, signal?: AbortSignal): Promise<Registration> {
    try {
      const {result, failure} = await this.#ask(createArguments(name, xmlFile), signal)
      if (failure === null) return {outcome: 'registered'}
      if (result === 'denied') return {outcome: 'unavailable', why: 'denied', failure}
      throw failure
    } catch (error) {
      if (!isServiceError(error)) throw error
      if (error.code === 'HSVC_TIMEOUT') return {outcome: 'unavailable', why: 'silent', failure: error}
      if (error.code === 'HSVC_TOOL_MISSING') return {outcome: 'unavailable', why: 'missing', failure: error}
      throw error
    }
  }

  /** Of a task that is not there that is well. */
  async remove(name: string, signal?: AbortSignal): Promise<boolean> {
    return (await this.#change(['/Delete', '/F', '/TN', name], name, signal)) === 'done'
  }

  async enable(name: string, signal?: AbortSignal): Promise<void> {
    await this.#change(['/Change', '/TN', name, '/ENABLE'], name, signal)
  }

  /** A task that is disabled is started by nothing; what runs goes on. */
  async disable(name: string, signal?: AbortSignal): Promise<void> {
    await this.#change(['/Change', '/TN', name, '/DISABLE'], name, signal)
  }

  /** Asks for the task to be run. It may answer that it was, and nothing comes of it. */
  async run(name: string, signal?: AbortSignal): Promise<void> {
    const {failure, result} = await this.#ask(['/Run', '/TN', name], signal)
    if (failure !== null) throw result === 'denied' ? this.#forbidden(name, failure) : failure
  }

  /** When a task last ran, in the words of this machine, which are good for nothing but a comparison; null where it does not tell. */
  async lastRun(name: string, signal?: AbortSignal): Promise<string | null> {
    const {stdout, failure} = await this.#run(['/Query', '/TN', name, '/V', '/FO', 'CSV', '/NH'], signal)
    return failure === null ? (stdout.split('","')[LAST_RUN] ?? null) : null
  }

  /** Ends the task's own process. That nothing runs is well, and not told apart from other failures. */
  async end(name: string, signal?: AbortSignal): Promise<void> {
    await this.#run(['/End', '/TN', name], signal)
  }

  /**
   * The definition of a task, without its declaration. Its characters outside of ASCII may have been lost. A failure is not
   * taken for absence, or a task would be left behind: it is asked again, and then rejects HSVC_TOOL_FAILED.
   */
  async read(name: string, signal?: AbortSignal): Promise<FoundTask> {
    for (let time = 1; ; time += 1) {
      const {result, stdout, failure} = await this.#ask(['/Query', '/TN', name, '/XML'], signal)
      if (failure === null) return {xml: decodeTaskText(Buffer.from(stdout, 'latin1'))}
      if (result === 'denied') return 'hidden'
      if (result === 'absent' || (result === 'unclear' && (await this.#isMissing(name, signal)))) return 'absent'
      if (time === READS) throw failure
    }
  }

  /** Before there was /HRESULT the number does not tell; that a whole listing does not have it does. */
  async #isMissing(name: string, signal?: AbortSignal): Promise<boolean> {
    const {failure, stdout} = await this.#run(['/Query', '/FO', 'CSV', '/NH'], signal)
    return failure === null && !stdout.toLowerCase().includes(`"\\${name.toLowerCase()}"`)
  }

  async #change(args: readonly string[], name: string, signal?: AbortSignal): Promise<TaskResult> {
    const {result, failure} = await this.#ask(args, signal)
    if (failure === null || result === 'absent') return result
    if (result === 'denied') throw this.#forbidden(name, failure)
    // On an old machine only the query tells that it is gone.
    if (result === 'unclear' && (await this.read(name, signal)) === 'absent') return 'absent'
    throw failure
  }

  /** Asks, and where it fails asks for the number; once more where that is of what may have come in between, such as a busy service. */
  async #ask(args: readonly string[], signal?: AbortSignal): Promise<Answer> {
    const first = await this.#run(args, signal)
    if (first.failure === null) return first
    const forNumber = [...args, '/HRESULT']
    let second = await this.#run(forNumber, signal)
    if (second.result === 'failed') second = await this.#run(forNumber, signal)
    if (second.failure === null || second.result !== 'unclear') return second
    const isDenied = await this.#saysDenied(first.failure, signal)
    return isDenied ? {...first, result: 'denied'} : first
  }

  async #run(args: readonly string[], signal?: AbortSignal): Promise<Answer> {
    const {clock, tools} = this.#context
    // A verb asks more than once, and would be out of time where each question took all patience.
    if (this.#silence !== null && clock.monotonic() - this.#silence.since < SILENCE_MS) throw this.#silence.error
    const options = {timeoutMs: PATIENCE_MS, encoding: 'latin1', ...(signal ? {signal} : {})} as const
    try {
      const {stdout} = await tools.run(this.file, args, options)
      return {result: 'done', stdout, failure: null}
    } catch (error) {
      if (isServiceError(error) && error.code === 'HSVC_TIMEOUT') this.#silence = {error, since: clock.monotonic()}
      const code = isServiceError(error) && error.code === 'HSVC_TOOL_FAILED' ? error.tool?.exitCode : null
      if (typeof code !== 'number') throw error
      return {result: taskResultOf(code), stdout: '', failure: error as ServiceError}
    }
  }

  /** Whether it failed with the words that this machine has for a refusal, byte for byte, in whatever language. */
  async #saysDenied(failure: ServiceError, signal?: AbortSignal): Promise<boolean> {
    this.#deniedText ??= this.#wordsFor(ACCESS_DENIED, signal)
    const words = await this.#deniedText
    return words !== null && failure.tool?.stderr.includes(words) === true
  }

  async #wordsFor(win32Error: string, signal?: AbortSignal): Promise<string | null> {
    const options = {encoding: 'latin1', ...(signal ? {signal} : {})} as const
    try {
      const {stdout} = await this.#context.tools.run(join(this.#system, 'net.exe'), ['helpmsg', win32Error], options)
      return stdout.trim() || null
    } catch {
      // Without it the numbers must do.
      return null
    }
  }

  #forbidden(name: string, cause: ServiceError): ServiceError {
    const message = `expected to be allowed to change the task ${name}, got: access denied`
    return this.#context.error('HSVC_PERMISSION_DENIED', message, {
      hint: `it belongs to another account or was made with administrator rights: as administrator, schtasks /Delete /F /TN ${name}`,
      cause,
    })
  }
}
