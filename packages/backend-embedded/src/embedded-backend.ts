import {type Backend, type BackendContext, type Capabilities, defineBackend} from '@hermes-svc/core'
import {detectEmbedded} from './detect.js'
import {EmbeddedServiceManager} from './embedded-service-manager.js'

const KIND = 'embedded'

/**
 * `autostart` is false: nothing starts a runner at boot or login. What brings gateways back is `gateway reconcile`, run
 * by a container's entry point, a line in a shell profile, or `@reboot` of cron.
 */
const CAPABILITIES: Capabilities = {
  runtimeRegistration: true,
  scopes: ['user'],
  autostart: false,
  readiness: false,
  restartCount: true,
  backoff: 'exponential',
  giveUp: true,
  fatalExitCodes: true,
  logs: 'file',
  follow: true,
  runAsUser: true,
  reclaimsStrays: false,
  maxGateways: null,
}

/** The fallback for machines without an init system that we know: one detached runner for each gateway. */
export const backend: Backend = defineBackend({
  contract: 1,
  kind: KIND,
  capabilities: CAPABILITIES,
  detect(context: BackendContext) {
    return Promise.resolve(detectEmbedded(context))
  },
  create(context: BackendContext) {
    return new EmbeddedServiceManager(KIND, context)
  },
})
