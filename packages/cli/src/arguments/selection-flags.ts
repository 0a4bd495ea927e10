import {GATEWAY_STATES} from '@hermes-svc/core'
import {Flags} from '@oclif/core'

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
