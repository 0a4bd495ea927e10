import type {GatewayStatus, Removed} from '@hermes-svc/core'
import {placeText} from './gateway-text.js'

/** The one line after a start, stop or restart. */
export function lifecycleLine(status: GatewayStatus): string {
  return `✓ ${status.profile} ${status.state} (${placeText(status)})`
}

/** The one line after an install or register: that it stands, whether it comes back, where its output is. */
export function definedLine(status: GatewayStatus, noAutostart = false): string {
  const {profile, origin, autostart, logs} = status
  const parts = [lifecycleLine(status)]
  if (origin === 'registered') parts.push('until the container ends')
  else if (noAutostart) parts.push('survives reboot: no (--no-autostart)')
  else parts.push(`survives reboot: ${autostart ? 'yes' : 'no (hermes-svc gateway reconcile brings it back)'}`)
  if (logs.kind !== 'none') parts.push(`logs: hermes-svc gateway logs ${profile} -f`)
  return parts.join(' · ')
}

/** What uninstall or unregister took away, and what it left. */
export function removedLines({profile, removed, kept}: Removed): string[] {
  const first = removed.length === 0 ? `✓ ${profile}: nothing to remove` : `✓ ${profile} removed`
  return [first, ...removed.map(name => `  removed ${name}`), ...kept.map(name => `  kept    ${name}`)]
}
