import {createHash} from 'node:crypto'
import type {Scope} from './capabilities.js'

/** Crash policy, asked for once and expressed on each init system as far as it goes. Durations in milliseconds. */
export interface RestartPolicy {
  /** Delay before the first restart; it doubles with each death. */
  readonly delayMs: number
  readonly maxDelayMs: number
  /** A gateway that was up this long starts again at `delayMs`. */
  readonly windowMs: number
  /** Failed starts in a row after which it is given up; null: never. */
  readonly giveUpAfter: number | null
  /** Exit codes that park it as `failed`. 75 (EX_TEMPFAIL) always restarts. */
  readonly fatalExitCodes: readonly number[]
  /** Exit codes after which it counts as ended on purpose. */
  readonly cleanExitCodes: readonly number[]
}

/** Log rotation: how many full files are kept besides the current one, and at how many bytes a file is full. */
export interface LogPolicy {
  readonly files: number
  readonly sizeBytes: number
}

/**
 * Everything a gateway needs to run, completely resolved: a backend adds nothing of Hermes to it. Any value it cannot
 * express is refused at plan time if the user set it (`userSet`), and becomes a plan note otherwise.
 */
export interface GatewaySpec {
  readonly profile: string
  /** For people: `Hermes gateway coder`. */
  readonly description: string
  /** argv[0] is an absolute path. Every element reaches the process byte for byte. */
  readonly argv: readonly string[]
  /** The whole environment that we give; an init system may add its own variables. Never printed, only its keys. */
  readonly env: Readonly<Record<string, string>>
  /** Absolute path of the working directory. */
  readonly cwd: string
  readonly port: number | null
  readonly scope: Scope
  /** Name of the account that the gateway runs as, whoever asks; null where there is none or it is not known, as on Windows. */
  readonly account: string | null
  readonly autostart: boolean
  readonly restart: RestartPolicy
  /** A start counts when the same pid has lived this long. Milliseconds. */
  readonly settleMs: number
  /** From TERM to KILL. Milliseconds. */
  readonly stopTimeoutMs: number
  readonly logs: LogPolicy
  /** The fields that the user set, as opposed to defaults, sorted; nested ones with a dot: `restart.giveUpAfter`. */
  readonly userSet: readonly string[]
}

/** The spec as canonical JSON: keys sorted by code unit, so that it does not depend on who built the object or where. */
export function canonicalSpec(spec: GatewaySpec): string {
  return JSON.stringify(spec, (_key, value: unknown) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
    const fields = value as Record<string, unknown>
    return Object.fromEntries(
      Object.keys(fields)
        .sort()
        .map(key => [key, fields[key]]),
    )
  })
}

/** Identity of a spec for drift: SHA-256 of its canonical form, first 32 hex digits. `userSet` takes no part. */
export function hashSpec(spec: GatewaySpec): string {
  return createHash('sha256')
    .update(canonicalSpec({...spec, userSet: []}))
    .digest('hex')
    .slice(0, 32)
}
