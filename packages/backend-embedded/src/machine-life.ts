import {uptime} from 'node:os'
import {bootId, startTimeOf} from '@hermes-svc/core'

const MINUTE_MS = 60_000

/**
 * Names the life of this machine or container: its boot and the start of its first process. Registered gateways do not
 * outlast it. Off Linux, the minute of the boot by the wall clock, the finest that stays the same between two looks.
 */
export function machineLife(): string {
  const boot = bootId()
  if (boot !== null) return `${boot}:${startTimeOf(1) ?? ''}`
  return String(Math.round((Date.now() - uptime() * 1000) / MINUTE_MS))
}
