import {type Backend, type BackendContext, type Capabilities, defineBackend} from '@hermes-svc/core'
import {detectLaunchd} from './detect.js'
import {findProblems} from './find-problems.js'
import {LaunchdServiceManager} from './launchd-service-manager.js'

const KIND = 'launchd'

/**
 * `backoff` is fixed and `giveUp` false because launchd starts again at one interval for ever. Fatal exit codes are held
 * to by the launcher, which does not start such a gateway again.
 */
const CAPABILITIES: Capabilities = {
  runtimeRegistration: false,
  scopes: ['user', 'system'],
  autostart: true,
  readiness: false,
  restartCount: true,
  backoff: 'fixed',
  giveUp: false,
  fatalExitCodes: true,
  logs: 'file',
  follow: true,
  runAsUser: true,
  reclaimsStrays: false,
  maxGateways: null,
}

/** LaunchAgents of an account, or LaunchDaemons. */
export const backend: Backend = defineBackend({
  contract: 1,
  kind: KIND,
  capabilities: CAPABILITIES,
  detect(context: BackendContext) {
    return Promise.resolve(detectLaunchd(context))
  },
  create(context: BackendContext) {
    return new LaunchdServiceManager(KIND, context)
  },
  examine(context: BackendContext) {
    return Promise.resolve(findProblems(context))
  },
})
