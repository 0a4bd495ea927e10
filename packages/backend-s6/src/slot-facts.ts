import type {GatewaySpec} from '@hermes-svc/core'
import {hashSpec} from '@hermes-svc/core'

/** What a slot of ours says of itself, so that a listing needs one short text for it besides supervise/status. */
export interface SlotFacts {
  readonly schemaVersion: 1
  readonly maker: 'hermes-svc'
  readonly profile: string
  /** Name of the directory of the definition that these are of. */
  readonly definition: string
  readonly origin: 'installed' | 'registered'
  readonly port: number | null
  readonly autostart: boolean
  readonly stopTimeoutMs: number
  readonly specHash: string
  /** Whether ./run starts an ARGV of the user's. Slots of earlier versions do not say. */
  readonly ownCommand?: boolean
}

/** The facts of a definition, in a directory of that name. Pure. */
export function factsOf(spec: GatewaySpec, origin: SlotFacts['origin'], definition: string): SlotFacts {
  const {profile, port, autostart, stopTimeoutMs} = spec
  const specHash = hashSpec(spec)
  const ownCommand = spec.userSet.includes('argv')
  const made = {schemaVersion: 1, maker: 'hermes-svc', profile, definition, origin} as const
  return {...made, port, autostart, stopTimeoutMs, specHash, ownCommand}
}

/** Reads them back; null for whatever was not written by us or is damaged: such a slot counts as somebody else's. Pure. */
export function parseFacts(text: string, profile: string): SlotFacts | null {
  let facts: Partial<SlotFacts> | null
  try {
    facts = JSON.parse(text) as Partial<SlotFacts> | null
  } catch {
    return null
  }
  const {maker, definition, origin, port, autostart, specHash, stopTimeoutMs, ownCommand} = facts ?? {}
  const isOurs =
    maker === 'hermes-svc' &&
    facts?.profile === profile &&
    typeof definition === 'string' &&
    (origin === 'installed' || origin === 'registered') &&
    (port === null || typeof port === 'number') &&
    typeof autostart === 'boolean' &&
    typeof specHash === 'string' &&
    typeof stopTimeoutMs === 'number' &&
    (ownCommand === undefined || typeof ownCommand === 'boolean')
  return isOurs ? (facts as SlotFacts) : null
}
