import type {BackendContext} from './backend.js'
import {withoutPrivateFields} from './gateway-reader.js'
import type {GatewayStatus} from './gateway-status.js'
import type {GuardHost} from './guard-host.js'
import {assertProfileName} from './profile-name.js'
import type {LifecycleOptions, ServiceManager} from './service-manager.js'

/** What a backend of ours may tell beyond the contract, where it takes no more than reading a few files. Of others it is not asked. */
export interface TellsUpheld {
  /**
   * The row of a gateway that `start` would leave as it is: it runs, is wanted up also when its supervisor starts anew, and
   * all that keeps it up is there. null for every other.
   */
  upheld(profile: string): GatewayStatus | null
}

/**
 * The status of a gateway of which nothing has to be changed for it to have been started: neither it, nor its record, nor what
 * Hermes has noted; and that has settled. Then no lock is needed: whoever stops it at this moment comes after. null for every other.
 */
export function findUpheld(
  manager: ServiceManager & Partial<TellsUpheld>,
  {platform, signal}: BackendContext,
  {records, hermes, configuration}: GuardHost,
  profile: string,
  options: LifecycleOptions,
): GatewayStatus | null {
  if (manager.upheld === undefined || signal.aborted || options.signal?.aborted === true) return null
  assertProfileName(profile, platform)
  const row = manager.upheld(profile)
  if (row === null) return null
  const record = records.read(profile)
  const mirrors = hermes === undefined ? false : hermes.mirrors(profile, 'up')
  if (mirrors === null) return null
  if (record?.backend === manager.kind && (record.wanted !== 'up' || (record.mirrored ?? false) !== mirrors))
    return null
  const settleMs = record?.spec.settleMs ?? configuration.start.settleMs
  return row.ready === true || (row.uptimeSeconds ?? 0) * 1000 >= settleMs ? withoutPrivateFields(row) : null
}
