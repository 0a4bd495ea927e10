import {CONTRACT_VERSION} from './backend.js'
import type {Capabilities, Scope} from './capabilities.js'
import type {Detection, Evidence, Problem} from './evidence.js'
import {scopeShape} from './service-answers.js'
import {
  flag,
  listOf,
  objectOf,
  oneOf,
  optional,
  orNull,
  positive,
  shape,
  type Shape,
  shownValue,
  text,
} from './shape.js'

const notEmpty = shape<Scope[]>('a list that is not empty', value => (value as unknown[]).length > 0)

/** What a backend says that it can do; what the contract does not know is left behind. */
export const capabilitiesShape = objectOf<Capabilities>({
  runtimeRegistration: flag,
  scopes: (value, what) => notEmpty(listOf(scopeShape)(value, what), what),
  autostart: flag,
  readiness: flag,
  restartCount: flag,
  backoff: oneOf(['exponential', 'fixed', 'none']),
  giveUp: flag,
  fatalExitCodes: flag,
  logs: oneOf(['file', 'journal', 'none']),
  follow: flag,
  runAsUser: flag,
  reclaimsStrays: flag,
  maxGateways: orNull(positive),
})

/** More than this nobody reads. */
const MOST_EVIDENCE = 50
const LONGEST_TEXT = 500

const short: Shape<string> = (value, what) => {
  const whole = text(value, what)
  return whole.length > LONGEST_TEXT ? `${whole.slice(0, LONGEST_TEXT)}…` : whole
}

const evidence: Shape<Evidence[]> = (value, what) =>
  listOf(objectOf<Evidence>({fact: short, path: orNull(short), value: short}))(
    Array.isArray(value) ? value.slice(0, MOST_EVIDENCE) : value,
    what,
  )

/** An answer of `detect`, of a length that can be shown. */
export const detectionShape = objectOf<Detection>({
  presence: oneOf(['available', 'unreachable', 'absent']),
  scope: optional(scopeShape),
  evidence,
  reason: optional(short),
  hint: optional(short),
})

/** An answer of `examine`. */
export const problemsShape = listOf(
  objectOf<Problem>({severity: oneOf(['error', 'warning']), message: short, hint: orNull(short)}),
)

/** What keeps a module's export from being a backend of that kind, as one sentence; null when it has the shape. */
export function backendShapeProblem(value: unknown, kind: string): string | null {
  if (value === null || typeof value !== 'object') return `expected an export named backend, got ${typeof value}`
  const backend = value as Record<string, unknown>
  if (backend['contract'] !== CONTRACT_VERSION) {
    return `expected backend.contract ${String(CONTRACT_VERSION)}, got ${shownValue(backend['contract'])}`
  }
  if (backend['kind'] !== kind)
    return `expected backend.kind ${JSON.stringify(kind)}, got ${shownValue(backend['kind'])}`
  for (const method of ['detect', 'create']) {
    if (typeof backend[method] !== 'function')
      return `expected backend.${method} to be a function, got ${typeof backend[method]}`
  }
  for (const method of ['command', 'examine']) {
    if (!['function', 'undefined'].includes(typeof backend[method]))
      return `expected backend.${method} to be a function or absent, got ${typeof backend[method]}`
  }
  try {
    capabilitiesShape(backend['capabilities'], 'backend.capabilities')
    return null
  } catch (error) {
    return (error as Error).message
  }
}
