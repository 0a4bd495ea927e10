import type {GatewayRecord, GatewayStatus, Host} from '@hermes-svc/core'

/**
 * Why a gateway does not come back by itself after a reboot: nobody wants it to, its backend never does that, or nothing
 * starts its backend there. null when it does.
 */
export type AutostartGap = 'unwanted' | 'unsupported' | 'unstarted' | null

function recordOf({records}: Host, profile: string): GatewayRecord | null {
  try {
    return records.read(profile)
  } catch {
    // Whoever reads records says what is wrong with one.
    return null
  }
}

/** Tells why an installed gateway does not come back. Rejects as the registry does for a backend that is not here. */
export async function findAutostartGap(
  host: Host,
  {profile, backend, autostart}: GatewayStatus,
): Promise<AutostartGap> {
  if (autostart) return null
  if (recordOf(host, profile)?.spec.autostart === false) return 'unwanted'
  const {capabilities} = (await host.registry.named(backend)).backend
  return capabilities.autostart ? 'unstarted' : 'unsupported'
}
