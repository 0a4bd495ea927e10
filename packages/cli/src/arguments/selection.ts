import type {GatewayState, Wanted} from '@hermes-svc/core'
import type {Selection} from '../select-profiles.js'

/** The narrowing flags as parsed. */
export interface SelectionFlags {
  readonly state?: readonly GatewayState[] | undefined
  readonly wanted?: Wanted | undefined
}

/** What words and flags select; `foreign` as in Selection. */
export function selectionOf(words: readonly string[], {state, wanted}: SelectionFlags, foreign: boolean): Selection {
  return {words, states: state ?? [], wanted: wanted ?? null, foreign}
}
