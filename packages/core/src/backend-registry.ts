import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {type Backend, type BackendContext, CONTRACT_VERSION} from './backend.js'
import {withDeadline} from './deadline.js'
import type {Capabilities, Scope} from './capabilities.js'
import {serviceError} from './errors/service-error.js'
import type {Detection, Evidence, Problem} from './evidence.js'
import {backendShapeProblem, detectionShapeProblem, problemsShapeProblem} from './backend-shape.js'
import {textOrder} from './text-order.js'

/** A package that may be a backend: what its package.json says, without loading it. */
export interface BackendPackage {
  readonly name: string
  readonly version: string
  /** Its directory. */
  readonly root: string
  readonly source: 'bundled' | 'installed' | 'linked'
  /** `hermesSvc.backend` of its package.json. */
  readonly metadata: unknown
}

/** A backend that may be tried here. */
export interface Candidate {
  readonly kind: string
  readonly package: string
  readonly version: string
  readonly source: BackendPackage['source']
  readonly priority: number
  /** Considered only when all others are absent. */
  readonly fallback: boolean
  /** Absolute path of the module. */
  readonly module: string
}

/** What became of a candidate. `broken`: its module or its detection failed; it is skipped. */
export interface CandidateReport extends Omit<Candidate, 'module'> {
  readonly presence: Detection['presence'] | 'broken'
  readonly scope: Scope | null
  readonly evidence: readonly Evidence[]
  /** Why it is not available; null when it is. */
  readonly reason: string | null
  readonly hint: string | null
  readonly capabilities: Capabilities | null
}

/** Candidates in the order they are tried, and what was passed over and why. */
export interface Candidates {
  readonly candidates: readonly Candidate[]
  readonly warnings: readonly string[]
}

interface Metadata {
  readonly contract: number
  readonly kind: string
  readonly priority: number
  readonly platforms: readonly string[]
  readonly module: string
  readonly fallback?: boolean
}

function metadataProblem(metadata: unknown): string | null {
  const {contract, kind, priority, platforms, module, fallback} = (metadata ?? {}) as Partial<Record<string, unknown>>
  if (typeof contract !== 'number') return 'expected hermesSvc.backend.contract to be a number'
  // A later contract may change every other field, so that one is looked at first.
  if (contract !== CONTRACT_VERSION) {
    return `expected contract ${String(CONTRACT_VERSION)}, got ${String(contract)}: install a version of it for this hermes-svc`
  }
  if (typeof kind !== 'string' || !/^[a-z][a-z0-9-]*$/.test(kind))
    return 'expected hermesSvc.backend.kind to be a lower-case word'
  if (typeof priority !== 'number') return 'expected hermesSvc.backend.priority to be a number'
  if (!Array.isArray(platforms)) return 'expected hermesSvc.backend.platforms to be a list'
  if (typeof module !== 'string') return 'expected hermesSvc.backend.module to be a path'
  return fallback === undefined || typeof fallback === 'boolean'
    ? null
    : 'expected hermesSvc.backend.fallback to be true or false'
}

/**
 * Reads the metadata: drops other contracts and platforms, lets an installed package replace the bundled one of its name,
 * settles clashes of kind (bundled wins; of two installed ones neither), and sorts by priority, kind, name, fallbacks last.
 */
export function findCandidates(packages: readonly BackendPackage[], platform: NodeJS.Platform): Candidates {
  const warnings: string[] = []
  const byName = new Map<string, BackendPackage>()
  for (const item of packages) {
    if (byName.get(item.name)?.source !== 'installed' && byName.get(item.name)?.source !== 'linked')
      byName.set(item.name, item)
  }
  const usable: Candidate[] = []
  for (const {name, version, root, source, metadata} of byName.values()) {
    const problem = metadataProblem(metadata)
    if (problem !== null) {
      warnings.push(`${name}@${version} is not used: ${problem}`)
      continue
    }
    const {kind, priority, platforms, module, fallback = false} = metadata as Metadata
    if (!platforms.includes(platform)) continue
    usable.push({kind, package: name, version, source, priority, fallback, module: join(root, module)})
  }
  const candidates = usable.filter(candidate => {
    const rivals = usable.filter(other => other.kind === candidate.kind && other !== candidate)
    if (rivals.length === 0 || candidate.source === 'bundled') return true
    const winner = rivals.find(rival => rival.source === 'bundled')
    const names = rivals.map(rival => rival.package).join(', ')
    warnings.push(
      winner
        ? `${candidate.package} is not used: the bundled ${winner.package} has the kind ${candidate.kind} too`
        : `${candidate.package} is not used: ${names} has the kind ${candidate.kind} too; uninstall one of them`,
    )
    return false
  })
  const order = (a: Candidate, b: Candidate): number =>
    Number(a.fallback) - Number(b.fallback) ||
    b.priority - a.priority ||
    textOrder(a.kind, b.kind) ||
    textOrder(a.package, b.package)
  return {candidates: candidates.sort(order), warnings}
}

/** How candidates are loaded and asked. */
export interface RegistryOptions {
  readonly candidates: readonly Candidate[]
  /** The context for a backend of that kind. */
  readonly contextFor: (kind: string) => BackendContext
  /** For the import and again for detect. Milliseconds. */
  readonly deadlineMs: number
  /** The same for bundled packages, which are known to end: a busy machine must not make them look broken. Default `deadlineMs`. */
  readonly bundledDeadlineMs?: number
  /** Replaces `import()`, for tests. */
  readonly load?: (url: string) => Promise<unknown>
}

/** A candidate that was loaded and asked. */
export interface Asked {
  readonly report: CandidateReport
  readonly backend: Backend | null
}

/** Loads backends only when their turn comes, each once. */
export class BackendRegistry {
  readonly candidates: readonly Candidate[]
  readonly #options: RegistryOptions
  readonly #asked = new Map<Candidate, Promise<Asked>>()

  constructor(options: RegistryOptions) {
    this.candidates = options.candidates
    this.#options = options
  }

  /** Imports a candidate and asks it, both under the deadline. Never rejects: what goes wrong is in the report. */
  ask(candidate: Candidate): Promise<Asked> {
    let asked = this.#asked.get(candidate)
    if (!asked) {
      asked = this.#ask(candidate)
      this.#asked.set(candidate, asked)
    }
    return asked
  }

  /** The candidate of a kind, asked. Rejects HSVC_NO_BACKEND when there is none, HSVC_BACKEND_UNAVAILABLE when it is broken. */
  async named(kind: string): Promise<Asked & {backend: Backend}> {
    const candidate = this.candidates.find(item => item.kind === kind)
    if (!candidate) {
      const kinds = this.candidates.map(item => item.kind).join(', ')
      throw serviceError(
        'HSVC_NO_BACKEND',
        `no backend of the kind ${JSON.stringify(kind)} is installed for this platform (have: ${kinds})`,
        {
          backend: kind,
          hint: `if a package provides it: hermes-svc plugins install hermes-svc-backend-${kind}`,
        },
      )
    }
    const {report, backend} = await this.#askForVerb(candidate)
    if (backend) return {report, backend}
    throw serviceError('HSVC_BACKEND_UNAVAILABLE', `${report.package}: ${report.reason ?? 'it cannot be used'}`, {
      backend: kind,
      hint: 'hermes-svc backend detect',
    })
  }

  /** Tries candidates in order: the first that is available; null when all are absent. An unreachable one stops the search. */
  async choose(fallback: boolean): Promise<(Asked & {backend: Backend}) | null> {
    for (const candidate of this.candidates) {
      if (candidate.fallback && !fallback) continue
      const {report, backend} = await this.#askForVerb(candidate)
      if (report.presence === 'unreachable') {
        throw serviceError(
          'HSVC_BACKEND_UNAVAILABLE',
          `${candidate.kind} is there but cannot be reached: ${report.reason ?? 'no reason given'}`,
          {
            backend: candidate.kind,
            hint: report.hint ?? `hermes-svc backend detect; --backend KIND goes past it`,
          },
        )
      }
      if (report.presence === 'available' && backend) return {report, backend}
    }
    return null
  }

  /** What the backend of a kind finds wrong with its init system. What goes wrong in asking it is a warning. Rejects as `named` does. */
  async examine(kind: string): Promise<readonly Problem[]> {
    const {report, backend} = await this.named(kind)
    try {
      const answer = async (): Promise<readonly Problem[]> =>
        (await backend.examine?.(this.#options.contextFor(kind))) ?? []
      const problems = await this.#within(report, 'examine', answer)
      const shapeProblem = problemsShapeProblem(problems)
      if (shapeProblem !== null) throw new Error(shapeProblem)
      return problems
    } catch (error) {
      return [{severity: 'warning', message: `${report.package}: examine failed: ${messageOf(error)}`, hint: null}]
    }
  }

  /** Rejects HSVC_ABORTED after an interruption: what was not asked to the end says nothing about this machine. */
  async #askForVerb(candidate: Candidate): Promise<Asked> {
    const asked = await this.ask(candidate)
    if (!this.#options.contextFor(candidate.kind).signal.aborted) return asked
    throw serviceError('HSVC_ABORTED', 'interrupted while looking for an init system')
  }

  async #ask(candidate: Candidate): Promise<Asked> {
    const {module, ...facts} = candidate
    const nothing = {
      presence: 'broken',
      scope: null,
      evidence: [],
      reason: null,
      hint: null,
      capabilities: null,
    } as const
    let backend: Backend
    try {
      backend = await this.#load(candidate, module)
    } catch (error) {
      return {backend: null, report: {...facts, ...nothing, reason: messageOf(error)}}
    }
    try {
      const detection = await this.#within(
        candidate,
        'detect',
        async () => await backend.detect(this.#options.contextFor(candidate.kind)),
      )
      const problem = detectionShapeProblem(detection)
      if (problem !== null) throw new Error(problem)
      const {presence, scope = null, evidence, reason, hint = null} = detection
      const why = presence === 'available' ? null : (reason ?? 'it gave no reason')
      return {
        backend,
        report: {...facts, presence, scope, evidence, reason: why, hint, capabilities: backend.capabilities},
      }
    } catch (error) {
      const report = {
        ...facts,
        ...nothing,
        capabilities: backend.capabilities,
        reason: `detect failed: ${messageOf(error)}`,
      }
      return {backend, report}
    }
  }

  async #load(candidate: Candidate, module: string): Promise<Backend> {
    const load = this.#options.load ?? (async (url: string): Promise<unknown> => (await import(url)) as unknown)
    const loaded = await this.#within(candidate, 'import', () => load(pathToFileURL(module).href))
    const backend: unknown = (loaded as {backend?: unknown} | null)?.backend
    const problem = backendShapeProblem(backend, candidate.kind)
    if (problem !== null) throw new Error(problem)
    return backend as Backend
  }

  #within<T>({kind, source}: Pick<Candidate, 'kind' | 'source'>, step: string, work: () => Promise<T>): Promise<T> {
    const {deadlineMs, bundledDeadlineMs = deadlineMs, contextFor} = this.#options
    const timeoutMs = source === 'bundled' ? bundledDeadlineMs : deadlineMs
    const {clock, signal} = contextFor(kind)
    const onTimeout = (): Error => new Error(`${step} did not end within ${String(timeoutMs)} ms`)
    return withDeadline({timeoutMs, clock, signals: [signal], onTimeout}, work)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
