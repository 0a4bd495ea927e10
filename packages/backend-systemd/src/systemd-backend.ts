import {type Backend, type BackendContext, type Capabilities, defineBackend} from '@hermes-svc/core'
import {detectSystemd} from './detect.js'
import {findProblems} from './find-problems.js'
import {SystemdServiceManager} from './systemd-service-manager.js'

const KIND = 'systemd'

/**
 * `backoff` is what systemd 254 and newer do; before that the delay stays the same, which the plan says, and a maxDelay
 * that the user set is refused. `logs` is a file where there is no journald.
 */
const CAPABILITIES: Capabilities = {
  runtimeRegistration: false,
  scopes: ['user', 'system'],
  autostart: true,
  readiness: false,
  restartCount: true,
  backoff: 'exponential',
  giveUp: true,
  fatalExitCodes: true,
  logs: 'journal',
  follow: true,
  runAsUser: true,
  reclaimsStrays: false,
  maxGateways: null,
}

/** Units of the system's manager, or of a user's. */
export const backend: Backend = defineBackend({
  contract: 1,
  kind: KIND,
  capabilities: CAPABILITIES,
  detect(context: BackendContext) {
    return detectSystemd(context)
  },
  create(context: BackendContext) {
    return new SystemdServiceManager(KIND, context)
  },
  examine(context: BackendContext) {
    return findProblems(context)
  },
})
