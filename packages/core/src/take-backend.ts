import type {Backend, BackendContext} from './backend.js'
import {checkAnswers} from './checked-service-manager.js'
import {serviceError, toServiceError} from './errors/service-error.js'
import {missingFromServiceManager, type ServiceManager} from './service-manager.js'

/** The same backend with capabilities that stay what they are now. */
export function pinCapabilities(backend: Backend): Backend {
  const {contract, kind, capabilities} = backend
  return {
    contract,
    kind,
    capabilities: {...capabilities, scopes: [...capabilities.scopes]},
    detect: context => backend.detect(context),
    create: context => backend.create(context),
    command: configuration => backend.command?.(configuration) ?? null,
    examine: async context => (await backend.examine?.(context)) ?? [],
  }
}

/**
 * What a backend's `create` gives, once it has the shape of a ServiceManager. Its answers are checked too, unless it is one of our
 * own: those are held to the contract by their tests, and to look at each field of thousands of rows takes a while. Throws only errors of
 * the contract.
 */
export function createServiceManager(backend: Backend, context: BackendContext, isOwn: boolean): ServiceManager {
  try {
    const manager: unknown = backend.create(context)
    const missing = missingFromServiceManager(manager)
    if (missing.length === 0) return isOwn ? (manager as ServiceManager) : checkAnswers(manager as ServiceManager)
    throw serviceError('HSVC_INTERNAL', `create: expected a service manager, got one without ${missing.join(', ')}`)
  } catch (error) {
    throw toServiceError(error, {backend: backend.kind})
  }
}
