import {build, type PlistValue} from 'plist'

/** The keys of launchd.plist(5) that a job of ours has. None of them expands `~` or a variable. */
export interface JobKeys {
  readonly Label: string
  readonly ProgramArguments: readonly string[]
  readonly WorkingDirectory: string
  /** Of LaunchDaemons only. */
  readonly UserName?: string
  readonly RunAtLoad: boolean
  readonly KeepAlive: boolean | {readonly SuccessfulExit: boolean}
  /** Seconds between two starts; 10 without it. */
  readonly ThrottleInterval?: number
  /** Seconds from SIGTERM to SIGKILL. */
  readonly ExitTimeOut?: number
  readonly LimitLoadToSessionType?: string
  readonly StandardOutPath?: string
  readonly StandardErrorPath?: string
  /** Seconds. */
  readonly StartInterval?: number
  readonly SoftResourceLimits?: {readonly NumberOfFiles: number}
  readonly ProcessType?: string
}

/** Whether a value is one that launchd takes for a key. A wrong one it passes over, or it refuses the whole file. */
type Check = (value: unknown) => boolean

const isText: Check = value => typeof value === 'string' && unholdableReason(value) === null
const isFlag: Check = value => typeof value === 'boolean'
const isCount: Check = value => Number.isSafeInteger(value) && Number(value) >= 0

function isDictionaryOf(key: string, isValue: Check): Check {
  return value =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).every(name => name === key) &&
    isValue((value as Readonly<Record<string, unknown>>)[key])
}

const isSuccessfulExit = isDictionaryOf('SuccessfulExit', isFlag)

interface KeyType {
  readonly expected: string
  readonly accepts: Check
  readonly optional?: true
}

const TEXT = {expected: 'a text that XML can hold', accepts: isText} as const
const FLAG = {expected: 'a boolean', accepts: isFlag} as const
const COUNT = {expected: 'a whole number', accepts: isCount} as const

/** In the order in which they are written. */
const KEYS: Readonly<Record<keyof JobKeys, KeyType>> = {
  Label: TEXT,
  ProgramArguments: {
    expected: 'a list of texts that XML can hold',
    accepts: value => Array.isArray(value) && value.length > 0 && value.every(isText),
  },
  WorkingDirectory: TEXT,
  UserName: {...TEXT, optional: true},
  RunAtLoad: FLAG,
  KeepAlive: {
    expected: 'a boolean or {SuccessfulExit: boolean}',
    accepts: value => isFlag(value) || isSuccessfulExit(value),
  },
  ThrottleInterval: {...COUNT, optional: true},
  ExitTimeOut: {...COUNT, optional: true},
  LimitLoadToSessionType: {...TEXT, optional: true},
  StandardOutPath: {...TEXT, optional: true},
  StandardErrorPath: {...TEXT, optional: true},
  StartInterval: {...COUNT, optional: true},
  SoftResourceLimits: {
    expected: '{NumberOfFiles: whole number}',
    accepts: isDictionaryOf('NumberOfFiles', isCount),
    optional: true,
  },
  ProcessType: {...TEXT, optional: true},
}

// What https://www.w3.org/TR/xml/#charsets leaves out.
// eslint-disable-next-line no-control-regex
const UNHOLDABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u

/** Why no XML can hold a text, as the end of "expected ..., got"; null when it can. Pure. */
export function unholdableReason(text: string): string | null {
  const [found] = UNHOLDABLE.exec(text) ?? []
  if (found === undefined) return null
  return `the character U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

/**
 * The plist of a job, in the same order whatever that of the keys is. Throws where a key is missing, unknown or of another
 * type than launchd.plist(5) says, which is a bug of the caller's. Pure.
 */
export function renderPlist(keys: JobKeys): string {
  const unknown = Object.keys(keys).find(key => !Object.hasOwn(KEYS, key))
  if (unknown !== undefined) throw new TypeError(`expected a key that a job of ours has, got ${unknown}`)
  const ordered: Record<string, PlistValue> = {}
  for (const key of Object.keys(KEYS) as (keyof JobKeys)[]) {
    const {expected, accepts, optional} = KEYS[key]
    const value: unknown = keys[key]
    if (value === undefined && optional === true) continue
    if (!accepts(value)) throw new TypeError(`expected ${expected} for the key ${key}, got another ${typeof value}`)
    ordered[key] = value as PlistValue
  }
  return `${build(ordered)}\n`
}
