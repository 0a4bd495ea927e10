import {type Backend, type BackendContext, type Capabilities, defineBackend} from '@hermes-svc/core'
import {detectWindows} from './detect.js'
import {findProblems} from './find-problems.js'
import {WindowsServiceManager} from './windows-service-manager.js'

const KIND = 'windows'

/** A task runs as whoever makes it, while that account is logged on; the runner does what a supervisor does. */
const CAPABILITIES: Capabilities = {
  runtimeRegistration: false,
  scopes: ['user'],
  autostart: true,
  readiness: false,
  restartCount: true,
  backoff: 'exponential',
  giveUp: true,
  fatalExitCodes: true,
  logs: 'file',
  follow: true,
  runAsUser: false,
  reclaimsStrays: false,
  maxGateways: null,
}

/** A Scheduled Task for each gateway, or an entry of the Startup folder, and a runner that it starts. */
export const backend: Backend = defineBackend({
  contract: 1,
  kind: KIND,
  capabilities: CAPABILITIES,
  detect(context: BackendContext) {
    return Promise.resolve(detectWindows(context))
  },
  create(context: BackendContext) {
    return new WindowsServiceManager(KIND, context)
  },
  examine(context: BackendContext) {
    return Promise.resolve(findProblems(KIND, context))
  },
})
