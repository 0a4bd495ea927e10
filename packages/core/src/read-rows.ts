import type {GatewayStatus} from './gateway-status.js'
import type {ServiceManager} from './service-manager.js'

/** What there is of one profile. Verbs act on what comes first. */
export async function readRows(
  manager: ServiceManager,
  profile: string,
  signal?: AbortSignal,
): Promise<GatewayStatus[]> {
  return (await manager.status([profile], {...(signal && {signal})})).filter(row => row.profile === profile)
}

/** The status of one gateway, or null when it has no definition. */
export async function readOne(
  manager: ServiceManager,
  profile: string,
  signal?: AbortSignal,
): Promise<GatewayStatus | null> {
  return (await readRows(manager, profile, signal))[0] ?? null
}
