import type {Wanted} from '../gateway-status.js'

/** Hermes' name for the file in which a gateway reports, and in which commands note what they want of it. */
export const GATEWAY_STATE = 'gateway_state.json'

/** One messaging platform of a gateway, as Hermes reports it. Its error message is left out: it may hold a token. */
export interface PlatformReport {
  readonly name: string
  readonly state: string
  /** Hermes' word for what is wrong; null where nothing is. */
  readonly errorCode: string | null
}

/** What Hermes wrote into gateway_state.json. What is missing or of another type is null. */
export interface GatewayReport {
  /** What a command wanted last: `running`, `stopped`. */
  readonly desiredState: string | null
  /** `starting`, `running`, `degraded`, `draining`, `stopped`, `startup_failed`. */
  readonly gatewayState: string | null
  readonly exitReason: string | null
  /** Sorted by name. */
  readonly platforms: readonly PlatformReport[]
  /** How many conversations it is busy with. */
  readonly activeAgents: number
  /** The process that wrote the report, with its start time: clock ticks since boot on Linux. */
  readonly pid: number | null
  readonly startTime: number | null
  /** When the report was written, in milliseconds since the epoch. */
  readonly updatedAtMs: number | null
}

/** States of a gateway that does its work: killed in one of them, it was meant to run. */
const AT_WORK = ['running', 'draining', 'degraded']

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** Hermes writes ISO 8601, its commands wrote seconds since the epoch. A time without a zone is UTC. */
function instantOf(value: unknown): number | null {
  const seconds = numberOf(value)
  if (seconds !== null) return seconds * 1000
  const text = textOf(value)
  if (text === null) return null
  const ms = Date.parse(/(?:[zZ]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
  return Number.isNaN(ms) ? null : ms
}

function platformsOf(value: unknown): PlatformReport[] {
  if (!isMapping(value)) return []
  return Object.entries(value)
    .flatMap(([name, platform]) => {
      if (!isMapping(platform)) return []
      return [{name, state: textOf(platform['state']) ?? 'unknown', errorCode: textOf(platform['error_code'])}]
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The mapping that a text is in JSON; null for anything else. Pure. */
export function parseMapping(text: string): Record<string, unknown> | null {
  try {
    const data: unknown = JSON.parse(text)
    return isMapping(data) ? data : null
  } catch {
    return null
  }
}

/** Reads a report; null for anything but a JSON object. Pure. */
export function parseGatewayReport(text: string): GatewayReport | null {
  const data = parseMapping(text)
  if (data === null) return null
  return {
    desiredState: textOf(data['desired_state']),
    gatewayState: textOf(data['gateway_state']),
    exitReason: textOf(data['exit_reason']),
    platforms: platformsOf(data['platforms']),
    activeAgents: Math.max(0, numberOf(data['active_agents']) ?? 0),
    pid: numberOf(data['pid']),
    startTime: numberOf(data['start_time']),
    updatedAtMs: instantOf(data['updated_at']),
  }
}

/**
 * What a report says was wanted of the gateway, as Hermes' own start of a container reads it: the noted wish wins as it
 * stands; without one, a gateway that was at work was wanted up. null where it says nothing. Pure.
 */
export function wantedByHermes({desiredState, gatewayState}: GatewayReport): Wanted | null {
  if (desiredState !== null) return desiredState === 'running' ? 'up' : 'down'
  if (gatewayState === null) return null
  return AT_WORK.includes(gatewayState) ? 'up' : 'down'
}

/** Hermes' word for what is wanted. */
export function desiredStateOf(wanted: Wanted): string {
  return wanted === 'up' ? 'running' : 'stopped'
}
