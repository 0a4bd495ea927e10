import {type ErrorCode, type Host, serviceError} from '@hermes-svc/core'
import {type ErrorReport, reportError} from './error-report.js'
import {type ErrorRow, errorRow} from './output/envelope.js'

/** The verbs that have --if-supported. */
export type HookVerb = 'register' | 'unregister'

/** What these verbs reject with where there is nothing for them to do, or nothing that they can do. */
const NOTHING_TO_DO: readonly ErrorCode[] = [
  'HSVC_UNSUPPORTED',
  'HSVC_NO_BACKEND',
  'HSVC_BACKEND_UNAVAILABLE',
  'HSVC_PERMISSION_DENIED',
  'HSVC_ALREADY_EXISTS',
]

function isRecorded(host: Host, profile: string): boolean {
  try {
    return host.records.read(profile) !== null
  } catch {
    // There is one, though it cannot be read.
    return true
  }
}

async function isForeign(host: Host, profile: string): Promise<boolean> {
  try {
    const [row] = await (await host.manager()).status([profile])
    return row?.origin === 'foreign'
  } catch {
    return false
  }
}

/** Whether a backend that cannot be reached could have done it; unless it says no. */
async function couldRegister({registry}: Host, kind: string | undefined): Promise<boolean> {
  const candidate = registry.candidates.find(one => one.kind === kind)
  const asked = candidate && (await registry.ask(candidate))
  return asked?.report.capabilities?.runtimeRegistration !== false
}

/** Whether the user named a backend that there is not, or that does not load: that is a mistake, and no other machine. */
function isMistaken({configuration}: Host, {code, verb}: ErrorReport): boolean {
  const isOfChoice = code === 'HSVC_NO_BACKEND' || (code === 'HSVC_BACKEND_UNAVAILABLE' && verb === undefined)
  return isOfChoice && configuration.backend !== null
}

async function isWorthSaying(host: Host, verb: HookVerb, profile: string, report: ErrorReport): Promise<boolean> {
  const {code, backend} = report
  if (code === 'HSVC_PERMISSION_DENIED') return true
  if (code === 'HSVC_BACKEND_UNAVAILABLE') return await couldRegister(host, backend)
  return code === 'HSVC_ALREADY_EXISTS' && verb === 'unregister' && !(await isForeign(host, profile))
}

function installed(profile: string): Error {
  return serviceError('HSVC_ALREADY_EXISTS', `${profile} is installed, not just registered`, {
    hint: `hermes-svc gateway uninstall ${profile}`,
  })
}

/**
 * What --if-supported makes of an error: the row of a profile that is left as it is, or null where it is a failure all the
 * same. Warns of what whoever calls from a hook of Hermes should know.
 */
export async function skipForHook(
  host: Host,
  verb: HookVerb,
  profile: string,
  thrown: unknown,
): Promise<ErrorRow | null> {
  const told = reportError(thrown)
  if (!NOTHING_TO_DO.includes(told.code) || isMistaken(host, told)) return null
  const isInstalled = verb === 'unregister' && isRecorded(host, profile)
  const report = isInstalled ? reportError(installed(profile)) : told
  const {message, hint} = report
  if (isInstalled || (await isWorthSaying(host, verb, profile, report)))
    host.warn(`${profile} is left as it is: ${message}${hint === undefined ? '' : ` (${hint})`}`)
  return errorRow(profile, report)
}
