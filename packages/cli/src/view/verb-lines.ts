import type {GatewayStatus, Removed} from '@hermes-svc/core'
import type {AutostartGap} from '../autostart-gap.js'
import {placeText} from './gateway-text.js'

/** The one line after a start, stop or restart. */
export function lifecycleLine(status: GatewayStatus): string {
  return `✓ ${status.profile} ${status.state} (${placeText(status)})`
}

/** The one line of a gateway that a drained restart found not running. */
export function leftLine(status: GatewayStatus): string {
  return `- ${status.profile} ${status.state} (${placeText(status)}): left as it is`
}

function survivalText({backend, scope}: GatewayStatus, gap: AutostartGap): string {
  if (gap === null) return 'yes'
  if (gap === 'unwanted') return 'no (--no-autostart)'
  if (gap === 'unsupported') return 'no (hermes-svc gateway reconcile brings it back)'
  return `no (nothing starts ${backend} ${scope} at boot: hermes-svc doctor)`
}

/** The one line after an install or register: that it stands, whether it comes back, where its output is. */
export function definedLine(status: GatewayStatus, gap: AutostartGap = null): string {
  const {profile, origin, logs} = status
  const parts = [lifecycleLine(status)]
  if (origin === 'registered') parts.push('until the container ends')
  else parts.push(`survives reboot: ${survivalText(status, gap)}`)
  if (logs.kind !== 'none') parts.push(`logs: hermes-svc gateway logs ${profile} -f`)
  return parts.join(' · ')
}

/** What uninstall or unregister took away, and what it left. */
export function removedLines({profile, removed, kept}: Removed): string[] {
  const first = removed.length === 0 ? `✓ ${profile}: nothing to remove` : `✓ ${profile} removed`
  return [first, ...removed.map(name => `  removed ${name}`), ...kept.map(name => `  kept    ${name}`)]
}
