import type {PlistValue} from 'plist'
import {isDictionary, type PlistDictionary} from './plist-text.js'

/** The keys of KeepAlive that depend on how the process ended. */
export interface KeepAliveConditions {
  readonly SuccessfulExit?: boolean
  readonly Crashed?: boolean
}

/** What the fake understands of launchd.plist(5). */
export interface JobDefinition {
  readonly label: string
  /** What is executed; argv[0] may differ. */
  readonly program: string
  /** Whether Program was left out, so that the first argument is the program. */
  readonly isProgramInferred: boolean
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string | null
  readonly stdoutPath: string | null
  readonly stderrPath: string | null
  readonly runAtLoad: boolean
  readonly keepAlive: boolean | KeepAliveConditions
  /** Seconds. */
  readonly throttleInterval: number
  /** Seconds; null where the system's default counts, 0 is for ever. */
  readonly exitTimeOut: number | null
  readonly sessionTypes: readonly string[]
  readonly abandonsProcessGroup: boolean
  readonly umask: number | null
  readonly userName: string | null
  readonly groupName: string | null
  readonly isDisabled: boolean
  readonly processType: string | null
}

type Check = (value: PlistValue) => boolean

const isString: Check = value => typeof value === 'string'
const isBoolean: Check = value => typeof value === 'boolean'
const isInteger: Check = value => Number.isInteger(value)
const isStrings: Check = value => Array.isArray(value) && value.every(isString)
const isLimits: Check = value => isDictionary(value) && Object.values(value).every(isInteger)

const CONDITIONS: Readonly<Record<string, Check>> = {
  SuccessfulExit: isBoolean,
  Crashed: isBoolean,
  PathState: value => isDictionary(value) && Object.values(value).every(isBoolean),
  OtherJobEnabled: value => isDictionary(value) && Object.values(value).every(isBoolean),
  NetworkState: isBoolean,
}

const KEYS: Readonly<Record<string, Check>> = {
  Label: isString,
  Program: isString,
  ProgramArguments: isStrings,
  WorkingDirectory: isString,
  EnvironmentVariables: value => isDictionary(value) && Object.values(value).every(isString),
  RunAtLoad: isBoolean,
  KeepAlive: value => isBoolean(value) || (isDictionary(value) && fits(value, CONDITIONS)),
  ThrottleInterval: isInteger,
  ExitTimeOut: isInteger,
  StandardInPath: isString,
  StandardOutPath: isString,
  StandardErrorPath: isString,
  ProcessType: isString,
  LimitLoadToSessionType: value => isString(value) || isStrings(value),
  Umask: isInteger,
  AbandonProcessGroup: isBoolean,
  Nice: isInteger,
  SoftResourceLimits: isLimits,
  HardResourceLimits: isLimits,
  Disabled: isBoolean,
  UserName: isString,
  GroupName: isString,
  InitGroups: isBoolean,
}

function fits(dictionary: PlistDictionary, checks: Readonly<Record<string, Check>>): boolean {
  return Object.entries(dictionary).every(([key, value]) => checks[key]?.(value) ?? true)
}

/** Takes a definition out of its dictionary; null where a key is missing or of another type. Keys it does not know are allowed. */
export function readDefinition(plist: PlistDictionary): JobDefinition | null {
  if (!fits(plist, KEYS)) return null
  const text = (key: string): string | null => (plist[key] as string | undefined) ?? null
  const argv = (plist['ProgramArguments'] as string[] | undefined) ?? []
  const label = text('Label')
  const program = text('Program') ?? argv[0]
  if (label === null || label === '' || program === undefined || program === '') return null
  const sessions = plist['LimitLoadToSessionType'] as string | string[] | undefined
  return {
    label,
    program,
    isProgramInferred: plist['Program'] === undefined,
    argv: argv.length > 0 ? argv : [program],
    environment: (plist['EnvironmentVariables'] as Record<string, string> | undefined) ?? {},
    workingDirectory: text('WorkingDirectory'),
    stdoutPath: text('StandardOutPath'),
    stderrPath: text('StandardErrorPath'),
    runAtLoad: plist['RunAtLoad'] === true,
    keepAlive: (plist['KeepAlive'] as boolean | KeepAliveConditions | undefined) ?? false,
    throttleInterval: (plist['ThrottleInterval'] as number | undefined) ?? 10,
    exitTimeOut: (plist['ExitTimeOut'] as number | undefined) ?? null,
    sessionTypes: sessions === undefined ? [] : typeof sessions === 'string' ? [sessions] : sessions,
    abandonsProcessGroup: plist['AbandonProcessGroup'] === true,
    umask: (plist['Umask'] as number | undefined) ?? null,
    userName: text('UserName'),
    groupName: text('GroupName'),
    isDisabled: plist['Disabled'] === true,
    processType: text('ProcessType'),
  }
}

/** What `launchctl submit` makes: a job that is kept alive and was read from no file. */
export function submittedDefinition(job: {
  readonly label: string
  readonly argv: readonly string[]
  readonly stdoutPath: string | null
  readonly stderrPath: string | null
}): JobDefinition | null {
  const definition = readDefinition({Label: job.label, ProgramArguments: [...job.argv], KeepAlive: true})
  return definition === null ? null : {...definition, stdoutPath: job.stdoutPath, stderrPath: job.stderrPath}
}
