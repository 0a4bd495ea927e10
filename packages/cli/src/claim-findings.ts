import type {ClaimConflict, GatewayStatus, Holder, Host} from '@hermes-svc/core'
import type {Finding} from './output/doctor-output.js'

function namesOf(holders: readonly Holder[]): string {
  const names = holders.map(({profile, up}) => (up ? profile : `${profile} (stopped)`))
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}

/** The one to change: rather one that is stopped, and rather not the root profile. */
function toChange(holders: readonly Holder[]): Holder | undefined {
  const others = holders.filter(({profile}) => profile !== 'default')
  return others.find(({up}) => !up) ?? others.at(-1)
}

/** What the doctor says of one port or token in several gateways; nothing while none of them is to run. Pure. */
export function claimFinding(conflict: ClaimConflict): Finding[] {
  const {name, port, holders, certain} = conflict
  const up = holders.filter(holder => holder.up).length
  if (up === 0) return []
  const what = port === null ? `have the same ${name}` : `listen on port ${String(port)} (${name})`
  const together = certain ? 'only one of them can use it' : 'they may get in each other’s way'
  const consequence = up === holders.length ? together : 'they cannot all run at a time'
  const changed = toChange(holders)
  return [
    {
      severity: certain ? 'error' : 'warning',
      message: `${namesOf(holders)} ${what}: ${certain ? together : consequence}`,
      hint: changed ? `give ${changed.profile} another ${changed.claim.setting}` : null,
      code: certain ? 'HSVC_INVALID_SPEC' : null,
    },
  ]
}

/** Findings about ports and tokens, and about files that could not be read for them. */
export async function claimFindings(host: Host, gateways: readonly GatewayStatus[]): Promise<Finding[]> {
  const {conflicts, problems} = await host.claimConflicts(gateways)
  const unread = problems.map(message => ({severity: 'warning' as const, message, hint: null, code: null}))
  return [...conflicts.flatMap(claimFinding), ...unread]
}
