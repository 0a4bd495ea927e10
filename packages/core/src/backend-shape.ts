import {CONTRACT_VERSION} from './backend.js'

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

/** What keeps a module's export from being a backend of that kind, as one sentence; null when it has the shape. */
export function backendShapeProblem(value: unknown, kind: string): string | null {
  if (value === null || typeof value !== 'object') return `expected an export named backend, got ${typeof value}`
  const backend = value as Record<string, unknown>
  if (backend['contract'] !== CONTRACT_VERSION) {
    return `expected backend.contract ${String(CONTRACT_VERSION)}, got ${JSON.stringify(backend['contract']) ?? 'none'}`
  }
  if (backend['kind'] !== kind)
    return `expected backend.kind ${JSON.stringify(kind)}, got ${JSON.stringify(backend['kind']) ?? 'none'}`
  for (const method of ['detect', 'create']) {
    if (typeof backend[method] !== 'function')
      return `expected backend.${method} to be a function, got ${typeof backend[method]}`
  }
  const capabilities = (backend['capabilities'] ?? {}) as Record<string, unknown>
  for (const [field, rule] of Object.entries(CAPABILITIES)) {
    if (!fits(rule, capabilities[field])) {
      return `expected backend.capabilities.${field} as the contract has it, got ${JSON.stringify(capabilities[field]) ?? 'none'}`
    }
  }
  return null
}

/** What keeps an answer of detect from being a Detection; null when it has the shape. */
export function detectionShapeProblem(value: unknown): string | null {
  const {presence, evidence} = (value ?? {}) as Partial<Record<string, unknown>>
  if (presence !== 'available' && presence !== 'unreachable' && presence !== 'absent') {
    return `expected presence available, unreachable or absent, got ${JSON.stringify(presence) ?? 'none'}`
  }
  return Array.isArray(evidence) ? null : 'expected evidence to be a list'
}
