import type {Capabilities} from './capabilities.js'
import {serviceError} from './errors/service-error.js'
import type {GatewaySpec} from './gateway-spec.js'

interface Shortfall {
  /** Field of the spec as in `userSet`. */
  readonly field: string
  readonly missing: boolean
  /** What the backend does instead, as the end of a sentence. */
  readonly instead: string
}

function shortfalls(spec: GatewaySpec, can: Capabilities, changesAccount: boolean): Shortfall[] {
  const {restart} = spec
  return [
    {field: 'scope', missing: !can.scopes.includes(spec.scope), instead: `it has ${can.scopes.join(', ')} only`},
    {
      field: 'account',
      missing: changesAccount && !can.runAsUser,
      instead: 'the gateway runs as the installing account',
    },
    {
      field: 'autostart',
      missing: spec.autostart && !can.autostart,
      instead:
        'nothing starts it by itself at boot: put hermes-svc gateway reconcile where the machine or container starts',
    },
    {field: 'restart.giveUpAfter', missing: restart.giveUpAfter !== null && !can.giveUp, instead: 'it never gives up'},
    {
      field: 'restart.fatalExitCodes',
      missing: restart.fatalExitCodes.length > 0 && !can.fatalExitCodes,
      instead: 'it restarts after every exit code',
    },
    {
      field: 'restart.maxDelay',
      missing: can.backoff !== 'exponential' && restart.maxDelayMs !== restart.delayMs,
      instead: can.backoff === 'fixed' ? 'the delay between restarts stays the same' : 'it restarts at its own pace',
    },
  ]
}

/**
 * Holds a spec against what a backend can do. A value that the user set and that cannot be met throws
 * HSVC_INVALID_SPEC; a default that cannot be met is returned as a note. `changesAccount` says whether the spec's account is
 * another than the one that installs.
 */
export function checkCapabilities(
  kind: string,
  spec: GatewaySpec,
  capabilities: Capabilities,
  changesAccount: boolean,
): string[] {
  const missing = shortfalls(spec, capabilities, changesAccount).filter(shortfall => shortfall.missing)
  const refused = missing.find(({field}) => spec.userSet.includes(field) || field === 'scope')
  if (refused) {
    throw serviceError(
      'HSVC_INVALID_SPEC',
      `${refused.field}: the ${kind} backend cannot do that: ${refused.instead}`,
      {
        hint: 'leave it out, or choose another backend with --backend',
      },
    )
  }
  return missing.map(({field, instead}) => `${field}: ${instead}`)
}
