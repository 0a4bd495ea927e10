import type {Scope} from './capabilities.js'
import {
  GATEWAY_STATES,
  type GatewayStatus,
  type Health,
  type LastExit,
  type LogLine,
  type LogPlace,
} from './gateway-status.js'
import type {Plan, PlanCommand, PlanEntry, Removed} from './plan.js'
import {bytes, count, flag, integer, listOf, objectOf, oneOf, optional, orNull, text, time} from './shape.js'

/** A scope of the contract. */
export const scopeShape = oneOf<Scope>(['user', 'system', 'container'])

/** How a process ended. */
export const lastExitShape = objectOf<LastExit>({code: orNull(integer), signal: orNull(text), at: orNull(time)})

/** A row of `status`. */
export const statusShape = objectOf<GatewayStatus>({
  profile: text,
  backend: text,
  scope: scopeShape,
  service: text,
  state: oneOf(GATEWAY_STATES),
  wanted: oneOf(['up', 'down']),
  autostart: flag,
  pid: orNull(count),
  startedAt: orNull(time),
  uptimeSeconds: orNull(count),
  restarts: orNull(count),
  lastExit: orNull(lastExitShape),
  nextStartAt: orNull(time),
  ready: orNull(flag),
  health: orNull(objectOf<Health>({state: text, reason: orNull(text), at: orNull(text)})),
  port: orNull(count),
  origin: oneOf(['installed', 'registered', 'foreign']),
  definition: orNull(text),
  drift: orNull(flag),
  logs: objectOf<LogPlace>({kind: oneOf(['file', 'journal', 'none']), path: optional(text), unit: optional(text)}),
  specHash: optional(text),
  ownCommand: optional(flag),
  damaged: optional(flag),
})

/** A line of `logs`. */
export const lineShape = objectOf<LogLine>({profile: text, at: orNull(time), text})

/** The answer of `uninstall`. */
export const removedShape = objectOf<Removed>({profile: text, removed: listOf(text), kept: listOf(text)})

const entryShape = objectOf<PlanEntry>({
  kind: oneOf(['file', 'directory', 'fifo', 'symlink']),
  path: text,
  mode: count,
  owner: orNull(text),
  contents: orNull(bytes),
  sensitive: flag,
})

/** The answer of `plan`. */
export const planShape = objectOf<Plan>({
  entries: listOf(entryShape),
  commands: listOf(objectOf<PlanCommand>({file: text, args: listOf(text)})),
  notes: listOf(text),
})
