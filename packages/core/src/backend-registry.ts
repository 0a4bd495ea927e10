import {pathToFileURL} from 'node:url'
import type {Backend, BackendContext} from './backend.js'
import {backendShapeProblem, capabilitiesShape, detectionShape, problemsShape} from './backend-shape.js'
import type {Capabilities, Scope} from './capabilities.js'
import {withDeadline} from './deadline.js'
import {serviceError, type ServiceError, thrownText} from './errors/service-error.js'
import type {Detection, Evidence, Problem} from './evidence.js'
import type {Candidate, PassedOver} from './find-candidates.js'

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

/** How candidates are loaded and asked. */
export interface RegistryOptions {
  readonly candidates: readonly Candidate[]
  /** So that whoever names one of them is told why it is not used. */
  readonly passedOver?: readonly PassedOver[]
  /** Whose backends these are, for messages. Default: `this account`. */
  readonly account?: string
  /** What to do about a kind that nothing provides. */
  readonly adviceFor?: (kind: string) => string
  /** The context for a backend of that kind. */
  readonly contextFor: (kind: string) => BackendContext
  /** For the import and again for detect. Milliseconds. */
  readonly deadlineMs: number
  /**
   * The same where a busy machine must not make a backend look broken: for bundled packages, which are known to end, and for
   * a kind that was asked for by name, which nothing else can stand in for. Default `deadlineMs`.
   */
  readonly patientDeadlineMs?: number
  /** Replaces `import()` of the module at an absolute path. */
  readonly load?: (path: string) => Promise<unknown>
}

/** A candidate that was loaded and asked. */
export interface Asked {
  readonly report: CandidateReport
  readonly backend: Backend | null
}

/** Whether it came with the program: those are known to end, and held to their shape by their tests. */
function isOwn({source}: Pick<Candidate, 'source'>): boolean {
  return source === 'bundled'
}

async function importBackend(path: string): Promise<unknown> {
  return (await import(pathToFileURL(path).href)) as unknown
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
    return this.#asked.get(candidate) ?? this.#askAnew(candidate, this.#deadlineOf(candidate))
  }

  /** The candidate of a kind, asked. Rejects HSVC_NO_BACKEND when there is none, HSVC_BACKEND_UNAVAILABLE when it is broken. */
  async named(kind: string): Promise<Asked & {backend: Backend}> {
    const candidate = this.candidates.find(item => item.kind === kind)
    if (!candidate) throw this.missing(kind)
    const {report, backend} = await this.#askForVerb(candidate, () => this.#askPatiently(candidate))
    if (backend) return {report, backend}
    throw serviceError('HSVC_BACKEND_UNAVAILABLE', `${report.package}: ${report.reason ?? 'it cannot be used'}`, {
      backend: kind,
      hint: 'hermes-svc backend detect',
    })
  }

  /** Whether a kind is known, and for other platforms only. */
  isOffPlatform(kind: string): boolean {
    return this.#options.passedOver?.some(one => one.kind === kind && one.isOffPlatform) ?? false
  }

  /** Why there is no candidate of a kind, and what to do about it. */
  missing(kind: string): ServiceError {
    const {passedOver = [], adviceFor} = this.#options
    const unusable = passedOver.find(one => one.kind === kind)
    if (unusable) {
      const {package: name, version, reason} = unusable
      const hint = 'hermes-svc backend list shows what can be used'
      return serviceError('HSVC_NO_BACKEND', `${name}@${version} cannot be used here: ${reason}`, {backend: kind, hint})
    }
    const {account = 'this account'} = this.#options
    const have = this.candidates.map(item => item.kind).join(', ') || 'none'
    const message = `no backend of the kind ${JSON.stringify(kind)} is installed for ${account} (have: ${have})`
    const hint = adviceFor?.(kind)
    return serviceError('HSVC_NO_BACKEND', message, {backend: kind, ...(hint === undefined ? {} : {hint})})
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
      return problemsShape(await this.#within(report, 'examine', this.#deadlineOf(report), answer), 'problems')
    } catch (error) {
      return [{severity: 'warning', message: `${report.package}: examine failed: ${thrownText(error)}`, hint: null}]
    }
  }

  /** Rejects HSVC_ABORTED after an interruption: what was not asked to the end says nothing about this machine. */
  async #askForVerb(candidate: Candidate, ask = () => this.ask(candidate)): Promise<Asked> {
    const asked = await ask()
    if (!this.#options.contextFor(candidate.kind).signal.aborted) return asked
    throw serviceError('HSVC_ABORTED', 'interrupted while looking for an init system')
  }

  /** What missed the short deadline may keep the long one. */
  async #askPatiently(candidate: Candidate): Promise<Asked> {
    const before = await this.#asked.get(candidate)
    return before && before.report.presence !== 'broken'
      ? before
      : await this.#askAnew(candidate, this.#patientDeadlineMs)
  }

  get #patientDeadlineMs(): number {
    return this.#options.patientDeadlineMs ?? this.#options.deadlineMs
  }

  #deadlineOf(candidate: Pick<Candidate, 'source'>): number {
    return isOwn(candidate) ? this.#patientDeadlineMs : this.#options.deadlineMs
  }

  #askAnew(candidate: Candidate, timeoutMs: number): Promise<Asked> {
    const asked = this.#ask(candidate, timeoutMs)
    this.#asked.set(candidate, asked)
    return asked
  }

  async #ask(candidate: Candidate, timeoutMs: number): Promise<Asked> {
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
    let capabilities: Capabilities
    try {
      backend = await this.#load(candidate, module, timeoutMs)
      capabilities = isOwn(candidate)
        ? backend.capabilities
        : capabilitiesShape(backend.capabilities, 'backend.capabilities')
    } catch (error) {
      return {backend: null, report: {...facts, ...nothing, reason: thrownText(error)}}
    }
    try {
      const context = this.#options.contextFor(candidate.kind)
      const answer = await this.#within(candidate, 'detect', timeoutMs, async () => await backend.detect(context))
      const detection = isOwn(candidate) ? answer : detectionShape(answer, 'detection')
      const {presence, scope = null, evidence, reason, hint = null} = detection
      const why = presence === 'available' ? null : (reason ?? 'it gave no reason')
      return {backend, report: {...facts, presence, scope, evidence, reason: why, hint, capabilities}}
    } catch (error) {
      return {
        backend,
        report: {...facts, ...nothing, capabilities, reason: `detect failed: ${thrownText(error)}`},
      }
    }
  }

  async #load(candidate: Candidate, module: string, timeoutMs: number): Promise<Backend> {
    const load = this.#options.load ?? importBackend
    const loaded = await this.#within(candidate, 'import', timeoutMs, () => load(module))
    const backend: unknown = (loaded as {backend?: unknown} | null)?.backend
    const problem = isOwn(candidate) ? null : backendShapeProblem(backend, candidate.kind)
    if (problem !== null) throw new Error(problem)
    return backend as Backend
  }

  #within<T>({kind}: Pick<Candidate, 'kind'>, step: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const {clock, signal} = this.#options.contextFor(kind)
    const onTimeout = (): Error => new Error(`${step} did not end within ${String(timeoutMs)} ms`)
    return withDeadline({timeoutMs, clock, signals: [signal], onTimeout}, work)
  }
}
