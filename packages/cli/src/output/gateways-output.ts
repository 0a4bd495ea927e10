import type {GatewayStatus, Host, Scope} from '@hermes-svc/core'
import {envelope, type ErrorRow, type GatewaysOutput} from './envelope.js'

/** Where a new gateway would go; null where there is nowhere. */
export interface Destination {
  readonly backend: string | null
  readonly scope: Scope | null
}

/** Asks where a new gateway would go; never rejects. */
export async function findDestination(host: Host, backend: string | undefined): Promise<Destination> {
  try {
    const {manager, scope} = await host.chosen({backend})
    return {backend: manager.kind, scope}
  } catch {
    return {backend: null, scope: null}
  }
}

/** The document of a verb: what became of its profiles, and where a new gateway would go. */
export async function gatewaysOutput(
  host: Host,
  backend: string | undefined,
  gateways: readonly GatewayStatus[],
  errors: readonly ErrorRow[],
): Promise<GatewaysOutput> {
  const destination = await findDestination(host, backend)
  return envelope({...destination, complete: host.complete, gateways, errors, warnings: [...host.warnings]})
}
