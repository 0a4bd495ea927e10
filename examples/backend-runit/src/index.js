/** @import {Backend} from '@hermes-svc/core' */
import {detectRunit} from './detect.js'
import {KIND, RunitServiceManager} from './runit-service-manager.js'

/**
 * What hermes-svc imports by the name in package.json.
 *
 * @type {Backend}
 */
export const backend = {
  contract: 1,
  kind: KIND,
  capabilities: {
    runtimeRegistration: false,
    scopes: ['system', 'user'],
    autostart: true,
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
  },
  detect: context => Promise.resolve(detectRunit(context)),
  create: context => new RunitServiceManager(context),
}
