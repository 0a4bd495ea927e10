import type {Scope} from './capabilities.js'
import type {ErrorCode} from './errors/error-codes.js'
import {detailsOf} from './errors/error-details.js'
import {isServiceError, toServiceError} from './errors/service-error.js'
import type {GatewayStatus} from './gateway-status.js'
import type {GuardedServiceManager} from './guarded-service-manager.js'
import type {HostView, ManagerOptions} from './host-view.js'
import {recordedOnly} from './missing-gateway.js'
import {invalidProfileReason} from './profile-name.js'
import type {GatewayRecord} from './record.js'
import {textOrder} from './text-order.js'

/** Why one gateway is not among the others. */
export interface GatewayFailure {
  readonly profile: string
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
}

/** Gateways across backends. */
export interface Overview {
  /** What a new gateway would get; null when there is no backend. */
  readonly backend: string | null
  readonly scope: Scope | null
  /** false when something could not be read; a warning says what. */
  readonly complete: boolean
  readonly gateways: readonly GatewayStatus[]
  readonly errors: readonly GatewayFailure[]
  readonly warnings: readonly string[]
}

/** What to gather. */
export interface OverviewOptions extends ManagerOptions {
  /** Read the health of all, and not only of those that are named: one more small file each. */
  readonly health?: boolean
}

/** The row of a batch for a gateway that failed. */
export function gatewayFailure(profile: string, thrown: unknown): GatewayFailure {
  const error = toServiceError(thrown)
  const {code, message} = error
  const {hint} = detailsOf(error)
  return {profile, code, message, ...(hint === undefined ? {} : {hint})}
}

/** What may be wrong with one name only. */
const CODES_OF_ONE: readonly ErrorCode[] = ['HSVC_NOT_FOUND', 'HSVC_INVALID_PROFILE', 'HSVC_UNEXPECTED_OUTPUT']

/** One batched read; only when something is wrong with a name, each name by itself, to tell which. */
async function statusOf(
  manager: GuardedServiceManager,
  profiles: readonly string[],
): Promise<{rows: GatewayStatus[]; errors: GatewayFailure[]}> {
  try {
    return {rows: await manager.status(profiles), errors: []}
  } catch (error) {
    if (!isServiceError(error) || !CODES_OF_ONE.includes(error.code)) throw error
  }
  const rows: GatewayStatus[] = []
  const errors: GatewayFailure[] = []
  for (const profile of profiles) {
    try {
      rows.push(...(await manager.status([profile])))
    } catch (error) {
      errors.push(gatewayFailure(profile, error))
    }
  }
  return {rows, errors}
}

/** Whether a record may name another backend than this one. Most machines have one, and then no record has to be read to list what it has. */
function mayNameOthers({records}: HostView, kind: string | undefined): boolean {
  const kinds = records.backends()
  return kind === undefined || kinds === null || [...kinds].some(each => each !== kind)
}

const isProfileName = (name: string): boolean => invalidProfileReason(name) === null

/** Asks the chosen backend, and those that records name. Rejects when the chosen one cannot be asked and no record names another. */
export async function gatherOverview(
  host: HostView,
  profiles: readonly string[] | undefined,
  options: OverviewOptions,
): Promise<Overview> {
  const gateways: GatewayStatus[] = []
  const errors: GatewayFailure[] = []
  let incomplete = false as boolean
  const names = profiles && [...new Set(profiles)]
  const others = new Map<string, string[]>()
  let chosen: Awaited<ReturnType<HostView['chosen']>> | null = null
  let failure: unknown
  try {
    chosen = await host.chosen(options)
  } catch (error) {
    // What the user configured wrongly says nothing about this machine, and would look like trouble of the gateways.
    if (isServiceError(error) && error.code === 'HSVC_CONFIG_INVALID') throw error
    failure = error
  }
  let read: readonly GatewayRecord[] | undefined
  const records = (): readonly GatewayRecord[] => {
    if (read !== undefined) return read
    const {records: found, problems} = host.records.list(names?.filter(isProfileName))
    for (const {profile, message} of problems) {
      incomplete = true
      host.warn(`${profile}: ${message}`)
    }
    return (read = found)
  }
  if (options.backend === undefined && mayNameOthers(host, chosen?.manager.kind)) {
    for (const {profile, backend: kind} of records()) {
      if (kind === chosen?.manager.kind) continue
      others.set(kind, [...(others.get(kind) ?? []), profile])
    }
  }
  const elsewhere = new Set([...others.values()].flat())
  const here = names?.filter(name => !elsewhere.has(name))
  if (!chosen && (others.size === 0 || (here?.length ?? 0) > 0)) throw failure
  const unread = (kind: string, members: readonly string[], error: unknown): void => {
    incomplete = true
    const {message, hint} = toServiceError(error)
    // Who asks for one gateway asks for an answer; a list goes on without.
    if (names) errors.push(...members.map(profile => gatewayFailure(profile, error)))
    else host.warn(`${members.join(', ')} in ${kind}: ${message}${hint === undefined ? '' : ` (${hint})`}`)
    const held = records().filter(record => record.backend === kind && members.includes(record.profile))
    gateways.push(...held.map(record => ({...recordedOnly(record), state: 'unknown' as const})))
  }
  if (chosen && here && here.length > 0) {
    const {rows, errors: failed} = await statusOf(chosen.manager, here)
    gateways.push(...rows)
    errors.push(...failed)
  } else if (chosen && !here) {
    const {manager} = chosen
    try {
      gateways.push(...(await manager.status()).filter(row => !elsewhere.has(row.profile)))
    } catch (error) {
      if (others.size === 0) throw error
      const members = records()
        .filter(record => record.backend === manager.kind)
        .map(record => record.profile)
      unread(manager.kind, members.length > 0 ? members : ['gateways'], error)
    }
  }
  for (const [kind, members] of others) {
    try {
      gateways.push(...(await (await host.manager({backend: kind})).status(members)))
    } catch (error) {
      unread(kind, members, error)
    }
  }
  if (!chosen) host.warn(toServiceError(failure).message)
  for (const {profile, backend, state, definition} of gateways) {
    if (definition === null && state !== 'unknown')
      host.warn(`${profile} is recorded but not defined in ${backend}: run hermes-svc gateway reconcile`)
  }
  if (options.health === true && !names) {
    const {hermes} = host
    // Into the rows, which are nobody else's: to copy a thousand takes longer than to look for what is told of them.
    for (const row of gateways) Object.assign(row, {health: hermes.health(row)})
  }
  return {
    backend: chosen?.manager.kind ?? null,
    scope: chosen?.scope ?? null,
    complete: host.complete && !incomplete && chosen !== null,
    gateways: gateways.sort((a, b) => textOrder(a.profile, b.profile) || textOrder(a.backend, b.backend)),
    errors,
    warnings: [...host.warnings],
  }
}
