import type {RestartPolicy} from '@hermes-svc/core'
import type {LogTarget} from './rotating-log.js'

/** Opaque JSON that a backend wants back when it lists; the runner copies it into its state. */
export type Labels = Readonly<Record<string, unknown>>

/** What one runner runs: `gateway.json`. Environment values are in a file of their own. */
export interface RunnerSpec {
  readonly schemaVersion: 1
  /** For messages. */
  readonly name: string
  /** argv[0] is an absolute path. */
  readonly argv: readonly string[]
  /** Absolute. */
  readonly cwd: string
  readonly restart: RestartPolicy
  /** From TERM to KILL. Milliseconds. */
  readonly stopTimeoutMs: number
  /**
   * Whether the gateway ends by itself once a stop of it is announced (PLANNED_STOP of core). Only then is it worth waiting
   * for on Windows, which has no TERM. Definitions of earlier versions do not say.
   */
  readonly heedsPlannedStop?: boolean
  readonly logs: LogTarget
  /** Directories to try for the control socket, before one of this account under the system's temporary directory. */
  readonly socketDirectories: readonly string[]
  readonly labels: Labels
}

/** Environment of a gateway, exactly. */
export type Environment = Readonly<Record<string, string>>

type Check = (value: unknown) => boolean

const isObject: Check = value => value !== null && typeof value === 'object' && !Array.isArray(value)
const isText: Check = value => typeof value === 'string'
const isCount: Check = value => typeof value === 'number' && value >= 0
const isArrayOf =
  (check: Check): Check =>
  value =>
    Array.isArray(value) && value.every(check)
const isShape =
  (shape: Readonly<Record<string, Check>>): Check =>
  value =>
    isObject(value) && Object.entries(shape).every(([key, check]) => check((value as Record<string, unknown>)[key]))

const isRunnerSpec = isShape({
  name: isText,
  argv: value => isArrayOf(isText)(value) && (value as unknown[]).length > 0,
  cwd: isText,
  restart: isShape({
    delayMs: isCount,
    maxDelayMs: isCount,
    windowMs: isCount,
    giveUpAfter: value => value === null || isCount(value),
    fatalExitCodes: isArrayOf(isCount),
    cleanExitCodes: isArrayOf(isCount),
  }),
  stopTimeoutMs: isCount,
  heedsPlannedStop: value => value === undefined || typeof value === 'boolean',
  logs: isShape({directory: isText, files: isCount, sizeBytes: isCount}),
  socketDirectories: isArrayOf(isText),
  labels: isObject,
})

/** Parses `gateway.json`; throws an error that says what is wrong with it. */
export function parseRunnerSpec(text: string): RunnerSpec {
  const value: unknown = JSON.parse(text)
  const version = isObject(value) ? (value as Record<string, unknown>)['schemaVersion'] : undefined
  if (version !== 1) throw new Error(`expected schemaVersion 1, got ${String(version)}`)
  if (!isRunnerSpec(value)) throw new Error('expected a runner spec, got an object without all of its fields')
  return value as RunnerSpec
}

/** Whether a value is an environment: an object of strings. */
export function isEnvironment(value: unknown): value is Environment {
  return isObject(value) && Object.values(value as object).every(isText)
}
