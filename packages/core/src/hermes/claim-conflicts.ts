import {profilesOnDisk} from '../hermes-home.js'
import type {GatewayStatus} from '../gateway-status.js'
import type {HostView} from '../host-view.js'
import {textOrder} from '../text-order.js'
import {type Claim, clashes} from './claim.js'
import {type Claimant, claimingGateways, ClaimReader} from './claimants.js'

/** A gateway that claims what another one claims too. */
export interface Holder {
  readonly profile: string
  /** Whether it is wanted up. */
  readonly up: boolean
  readonly claim: Claim
}

/** One port or one token in several gateways, of which only one can have it. */
export interface ClaimConflict {
  readonly kind: Claim['kind']
  /** An environment key, or what listens. */
  readonly name: string
  /** null for a token. */
  readonly port: number | null
  /** By profile. */
  readonly holders: readonly Holder[]
  /** Whether two of them are wanted up and surely get into each other's way. */
  readonly certain: boolean
}

function conflictOf(all: readonly Holder[]): ClaimConflict[] {
  const meets = (one: Holder, other: Holder): boolean =>
    one.profile !== other.profile && clashes(one.claim, other.claim)
  const holders = all
    .filter(one => all.some(other => meets(one, other)))
    .filter(({profile}, index, kept) => kept.findIndex(holder => holder.profile === profile) === index)
  const [first] = holders
  if (!first) return []
  const sure = all.filter(({up, claim}) => up && claim.certain)
  const {kind, name, value} = first.claim
  const certain = sure.some(one => sure.some(other => meets(one, other)))
  return [{kind, name, port: kind === 'port' ? Number(value) : null, holders, certain}]
}

/** What several claimants claim, ports before tokens. Pure. */
export function findConflicts(claimants: readonly Claimant[]): ClaimConflict[] {
  const byValue = new Map<string, Holder[]>()
  for (const {profile, up, claims} of [...claimants].sort((a, b) => textOrder(a.profile, b.profile))) {
    for (const claim of claims) {
      const key = [claim.kind, claim.kind === 'token' ? claim.name : '', claim.value].join(' ')
      byValue.set(key, [...(byValue.get(key) ?? []), {profile, up, claim}])
    }
  }
  return [...byValue.entries()].sort(([a], [b]) => textOrder(a, b)).flatMap(([, holders]) => conflictOf(holders))
}

/** A row with what only its backend tells of a gateway that no record tells of. */
async function withCommand(host: Pick<HostView, 'manager'>, row: GatewayStatus): Promise<GatewayStatus> {
  if (row.origin !== 'registered' || row.wanted === 'down') return row
  try {
    const manager = await host.manager({backend: row.backend})
    return {...row, ownCommand: (await manager.inspect(row.profile)).ownCommand ?? true}
  } catch {
    // It was there a moment ago; one that is gone, or whose backend is, is not asked again.
    return row
  }
}

/** The conflicts among all gateways of a machine, and what could not be read for it. */
export async function readConflicts(
  host: Pick<HostView, 'homes' | 'records' | 'paths' | 'manager'>,
  rows: readonly GatewayStatus[],
): Promise<{conflicts: ClaimConflict[]; problems: readonly string[]}> {
  const {homes, records, paths} = host
  const reader = new ClaimReader(homes)
  const known = await Promise.all(rows.map(async row => await withCommand(host, row)))
  const gateways = claimingGateways(records.list().records, known)
  const claimants = await reader.claimants(gateways, () => profilesOnDisk(paths.root).profiles)
  return {conflicts: findConflicts(claimants), problems: reader.problems.map(({message}) => message)}
}
