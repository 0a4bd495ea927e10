import {type Backend, type BackendContext, CONTRACT_VERSION} from './backend.js'
import {serviceError, toServiceError} from './errors/service-error.js'
import {missingFromServiceManager, type ServiceManager} from './service-manager.js'

const CAPABILITIES: Readonly<Record<string, readonly string[] | 'boolean' | 'scopes' | 'count'>> = {
  runtimeRegistration: 'boolean',
  scopes: 'scopes',
  autostart: 'boolean',
  readiness: 'boolean',
  restartCount: 'boolean',
  backoff: ['exponential', 'fixed', 'none'],
  giveUp: 'boolean',
  fatalExitCodes: 'boolean',
  logs: ['file', 'journal', 'none'],
  follow: 'boolean',
  runAsUser: 'boolean',
  reclaimsStrays: 'boolean',
  maxGateways: 'count',
}

const SCOPES = ['user', 'system', 'container']

function fits(rule: (typeof CAPABILITIES)[string], value: unknown): boolean {
  if (rule === 'boolean') return typeof value === 'boolean'
  if (rule === 'count') return value === null || (Number.isInteger(value) && (value as number) > 0)
  if (rule === 'scopes')
    return Array.isArray(value) && value.length > 0 && value.every(scope => SCOPES.includes(scope as string))
  return rule.includes(value as string)
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}

/** What keeps a module's export from being a backend of that kind, as one sentence; null when it has the shape. */
export function backendShapeProblem(value: unknown, kind: string): string | null {
  if (value === null || typeof value !== 'object') return `expected an export named backend, got ${typeof value}`
  const backend = value as Record<string, unknown>
  if (backend['contract'] !== CONTRACT_VERSION) {
    return `expected backend.contract ${String(CONTRACT_VERSION)}, got ${shown(backend['contract'])}`
  }
  if (backend['kind'] !== kind) return `expected backend.kind ${JSON.stringify(kind)}, got ${shown(backend['kind'])}`
  for (const method of ['detect', 'create']) {
    if (typeof backend[method] !== 'function')
      return `expected backend.${method} to be a function, got ${typeof backend[method]}`
  }
  for (const method of ['command', 'examine']) {
    if (!['function', 'undefined'].includes(typeof backend[method]))
      return `expected backend.${method} to be a function or absent, got ${typeof backend[method]}`
  }
  const capabilities = (backend['capabilities'] ?? {}) as Record<string, unknown>
  for (const [field, rule] of Object.entries(CAPABILITIES)) {
    if (!fits(rule, capabilities[field])) {
      return `expected backend.capabilities.${field} as the contract has it, got ${shown(capabilities[field])}`
    }
  }
  return null
}

/** What keeps an answer of detect from being a Detection; null when it has the shape. */
export function detectionShapeProblem(value: unknown): string | null {
  const {presence, evidence, scope} = (value ?? {}) as Partial<Record<string, unknown>>
  if (presence !== 'available' && presence !== 'unreachable' && presence !== 'absent') {
    return `expected presence available, unreachable or absent, got ${shown(presence)}`
  }
  if (scope !== undefined && !SCOPES.includes(scope as string)) {
    return `expected scope user, system or container, got ${shown(scope)}`
  }
  return Array.isArray(evidence) ? null : 'expected evidence to be a list'
}

/** What keeps an answer of examine from being a list of problems; null when it is one. */
export function problemsShapeProblem(value: unknown): string | null {
  if (!Array.isArray(value)) return `expected a list of problems, got ${shown(value)}`
  for (const item of value as unknown[]) {
    const {severity, message, hint} = (item ?? {}) as Partial<Record<string, unknown>>
    if (severity !== 'error' && severity !== 'warning')
      return `expected severity error or warning, got ${shown(severity)}`
    if (typeof message !== 'string') return `expected a message, got ${shown(message)}`
    if (typeof hint !== 'string' && hint !== null) return `expected a hint or null, got ${shown(hint)}`
  }
  return null
}

/** What a backend's `create` gives, once it has the shape of a ServiceManager. Throws only errors of the contract. */
export function createServiceManager(backend: Backend, context: BackendContext): ServiceManager {
  try {
    const manager: unknown = backend.create(context)
    const missing = missingFromServiceManager(manager)
    if (missing.length === 0) return manager as ServiceManager
    throw serviceError('HSVC_INTERNAL', `create: expected a service manager, got one without ${missing.join(', ')}`)
  } catch (error) {
    throw toServiceError(error, {backend: backend.kind})
  }
}
