import type {GatewayStatus} from '@hermes-svc/core'

/** Of rows of one profile the first, which is the one that verbs act on. Takes rows as an overview sorts them. */
export function firstRows(gateways: readonly GatewayStatus[]): GatewayStatus[] {
  return gateways.filter(({profile}, index) => gateways[index - 1]?.profile !== profile)
}
