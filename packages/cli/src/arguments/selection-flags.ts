import {GATEWAY_STATES, type GatewayState, type Wanted} from '@hermes-svc/core'
import {Flags} from '@oclif/core'
import type {Selection} from '../select-profiles.js'

/** The flags that narrow which gateways are meant. */
export const selectionFlags = {
  state: Flags.option({
    description: `Only those in this state, of all or of those named: ${GATEWAY_STATES.join(', ')}`,
    helpValue: 'STATE',
    options: GATEWAY_STATES,
    multiple: true,
    multipleNonGreedy: true,
  })(),
  wanted: Flags.option({
    description: 'Only those that were asked to be up, or down, of all or of those named',
    helpValue: 'up|down',
    options: ['up', 'down'] as const,
  })(),
}

/** The narrowing flags as parsed. */
export interface SelectionFlags {
  readonly state?: readonly GatewayState[] | undefined
  readonly wanted?: Wanted | undefined
}

/** What words and flags select; `foreign` as in Selection. */
export function selectionOf(words: readonly string[], {state, wanted}: SelectionFlags, foreign: boolean): Selection {
  return {words, states: state ?? [], wanted: wanted ?? null, foreign}
}
