import type {Capabilities} from './capabilities.js'
import type {ErrorCode} from './errors/error-codes.js'
import type {ErrorDetails, ServiceError} from './errors/service-error.js'
import type {Detection, Problem} from './evidence.js'
import type {ToolRunner} from './process/tool-runner.js'
import type {ServiceManager} from './service-manager.js'

/** The version of the contract that this package describes. A backend of another version is not imported. */
export const CONTRACT_VERSION = 1

/** Time, injected so that tests can hold it. */
export interface Clock {
  /** Wall clock: milliseconds since the epoch. It may jump. */
  now(): number
  /** A clock that never goes back: milliseconds since some start. For durations. */
  monotonic(): number
  /** Resolves after `ms`; rejects with AbortError when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `action` after `ms`, unless the function that it gives is called first. Absent: `sleep` stands in for it. */
  after?(ms: number, action: () => void): () => void
}

/** Where a backend says what the user should know; the host puts it on stderr or into `warnings`. */
export interface Logger {
  debug(message: string): void
  warn(message: string): void
  /** Something could not be read, so the answer is not the whole: `complete` becomes false, and the message a warning. */
  incomplete(message: string): void
}

/** Places that the host resolved. All absolute. */
export interface Paths {
  /** The profile root: Hermes' home that holds `profiles/`. */
  readonly root: string
  /** Ours in it: records, locks, runner state. 0700. Normally `<root>/hermes-svc`. */
  readonly state: string
  /** One directory for each gateway in `state`: the record, and what a backend keeps beside it in a directory named after its kind. */
  readonly gateways: string
  /** Log files of gateways, one directory each, where a backend writes files. */
  readonly logs: string
}

/** Identity of the account that asks. `uid` is null on Windows. */
export interface Caller {
  readonly uid: number | null
  readonly gid: number | null
  /** From the account database, not from $HOME. */
  readonly home: string
}

/** Everything from outside, so that tests inject it and a plugin needs no second copy of this package. */
export interface BackendContext {
  readonly tools: ToolRunner
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly caller: Caller
  readonly clock: Clock
  readonly logger: Logger
  readonly paths: Paths
  /** `backends.<kind>` of the configuration; the backend checks it and rejects HSVC_CONFIG_INVALID. */
  readonly configuration: Readonly<Record<string, unknown>>
  /** Aborts when the program is interrupted. */
  readonly signal: AbortSignal
  /** Makes an error of the contract. */
  error(code: ErrorCode, message: string, details?: ErrorDetails): ServiceError
}

/** A command with places for what differs from gateway to gateway. */
export interface CommandTemplate {
  /** The program first. `{profile}` and `{port}` are filled in; nothing is added, also no `--replace`. */
  readonly words: readonly string[]
  /** Absolute; looked into for the program before PATH. They do not become part of the gateway's PATH. */
  readonly directories: readonly string[]
}

/** What a backend package exports as `backend`. */
export interface Backend {
  readonly contract: typeof CONTRACT_VERSION
  readonly kind: string
  readonly capabilities: Capabilities
  /** Reads files and sockets only, spawns nothing, changes nothing, never throws. It has a deadline (500 ms by default, longer where it is asked for by name). */
  detect(context: BackendContext): Promise<Detection>
  create(context: BackendContext): ServiceManager
  /**
   * The command that this backend's own configuration asks for, used where the user neither gives an ARGV nor sets
   * hermes.command. null or absent: the host's default. May throw HSVC_CONFIG_INVALID.
   */
  command?(configuration: Readonly<Record<string, unknown>>): CommandTemplate | null
  /**
   * What is wrong with the init system itself, as far as this backend can see without changing anything or running a
   * tool; for doctor. It has the deadline of detect. A rejection is shown as a warning.
   */
  examine?(context: BackendContext): Promise<readonly Problem[]>
}

/** Gives an object literal the Backend type with full checking; it changes nothing. */
export function defineBackend(backend: Backend): Backend {
  return backend
}
