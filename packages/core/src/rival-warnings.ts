import type {GatewayStatus} from './gateway-status.js'

function isAtRest({wanted, state}: GatewayStatus): boolean {
  return wanted === 'down' && (state === 'stopped' || state === 'failed')
}

function place({service, backend, scope}: GatewayStatus): string {
  return `${service} (${backend} ${scope})`
}

function warningOf(first: GatewayStatus, rivals: readonly GatewayStatus[]): string {
  const {profile} = first
  const [count, others] =
    rivals.length === 1 ? ['twice', 'the other'] : [`${String(rivals.length + 1)} times`, 'the others']
  const advice = rivals.some(({origin}) => origin === 'foreign')
    ? `install ${profile} --adopt takes ${others} over and keeps a backup`
    : `uninstall ${profile} removes the first`
  const places = [first, ...rivals].map(place).join(' and ')
  return `${profile} is defined ${count}, by ${places}: verbs act on the first; hermes-svc gateway ${advice}`
}

/**
 * What to say of profiles that are defined more than once, one sentence for each: two gateways of one profile use the same
 * home and tokens, and may end each other again and again. Definitions at rest disturb nobody. Pure.
 */
export function rivalWarnings(rows: readonly GatewayStatus[]): string[] {
  if (new Set(rows.map(({profile}) => profile)).size === rows.length) return []
  const byProfile = new Map<string, GatewayStatus[]>()
  for (const row of rows) {
    const known = byProfile.get(row.profile)
    if (known) known.push(row)
    else byProfile.set(row.profile, [row])
  }
  return [...byProfile.values()].flatMap(([first, ...others]) => {
    const rivals = others.filter(row => !isAtRest(row))
    return first && rivals.length > 0 ? [warningOf(first, rivals)] : []
  })
}
