import {isAbsolute, join, normalize} from 'node:path'
import {CONTRACT_VERSION} from './backend.js'
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

/** A package that cannot be used. */
export interface PassedOver {
  /** As its metadata says; null where that is no kind. */
  readonly kind: string | null
  readonly package: string
  readonly version: string
  /** Why, for the end of a sentence. */
  readonly reason: string
  /** It is for other platforms, which is nothing to warn of. */
  readonly isOffPlatform: boolean
}

/** Candidates in the order they are tried, and what was passed over. */
export interface Candidates {
  readonly candidates: readonly Candidate[]
  readonly passedOver: readonly PassedOver[]
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

/** Whether a text may be the kind of a backend, and so a part of a command or a package's name. */
export function isKind(text: unknown): text is string {
  return typeof text === 'string' && /^[a-z][a-z0-9-]*$/.test(text)
}

function isInside(module: string): boolean {
  return !isAbsolute(module) && normalize(module).split(/[/\\]/)[0] !== '..'
}

function metadataProblem(metadata: unknown): string | null {
  const {contract, kind, priority, platforms, module, fallback} = (metadata ?? {}) as Partial<Record<string, unknown>>
  if (typeof contract !== 'number') return 'expected hermesSvc.backend.contract to be a number'
  // A later contract may change every other field, so that one is looked at first.
  if (contract !== CONTRACT_VERSION) {
    return `expected contract ${String(CONTRACT_VERSION)}, got ${String(contract)}: install a version of it for this hermes-svc`
  }
  if (!isKind(kind)) return 'expected hermesSvc.backend.kind to be a lower-case word'
  if (!Number.isFinite(priority)) return 'expected hermesSvc.backend.priority to be a number'
  if (!Array.isArray(platforms)) return 'expected hermesSvc.backend.platforms to be a list'
  if (typeof module !== 'string' || !isInside(module))
    return 'expected hermesSvc.backend.module to be a path inside the package'
  return fallback === undefined || typeof fallback === 'boolean'
    ? null
    : 'expected hermesSvc.backend.fallback to be true or false'
}

function refused({name, version, metadata}: BackendPackage, reason: string, isOffPlatform = false): PassedOver {
  const {kind} = (metadata ?? {}) as Partial<Record<string, unknown>>
  return {kind: isKind(kind) ? kind : null, package: name, version, reason, isOffPlatform}
}

/** What a package is here: a candidate, or passed over because of its metadata. */
function judge(item: BackendPackage, platform: NodeJS.Platform): Candidate | PassedOver {
  const {name, version, root, source, metadata} = item
  const problem = metadataProblem(metadata)
  if (problem !== null) return refused(item, problem)
  const {kind, priority, platforms, module, fallback = false} = metadata as Metadata
  if (!platforms.includes(platform))
    return refused(item, `it is for ${platforms.join(', ')}, not for ${platform}`, true)
  return {kind, package: name, version, source, priority, fallback, module: join(root, module)}
}

/** Why a candidate gives way to others of its kind: bundled ones win, and of installed ones none does. null when it does not. */
function clash(candidate: Candidate, all: readonly Candidate[]): string | null {
  const rivals = all.filter(other => other.kind === candidate.kind && other !== candidate)
  if (rivals.length === 0 || candidate.source === 'bundled') return null
  const winner = rivals.find(rival => rival.source === 'bundled')
  if (winner) return `the bundled ${winner.package} has the kind ${candidate.kind} too`
  const names = rivals.map(rival => rival.package).join(', ')
  return `${names} has the kind ${candidate.kind} too; uninstall one of them`
}

/**
 * Reads the metadata: passes over other contracts and platforms, lets an installed package replace the bundled one of its
 * name, settles clashes of kind, and sorts by priority, kind, name, fallbacks last.
 */
export function findCandidates(packages: readonly BackendPackage[], platform: NodeJS.Platform): Candidates {
  const byName = new Map<string, BackendPackage>()
  for (const item of packages) {
    if ((byName.get(item.name)?.source ?? 'bundled') === 'bundled') byName.set(item.name, item)
  }
  const judged = [...byName.values()].map(item => judge(item, platform))
  const passedOver = judged.filter(one => 'reason' in one)
  const usable = judged.filter(one => 'module' in one)
  const candidates = usable.filter(candidate => {
    const reason = clash(candidate, usable)
    const {kind, package: name, version} = candidate
    if (reason !== null) passedOver.push({kind, package: name, version, reason, isOffPlatform: false})
    return reason === null
  })
  const order = (a: Candidate, b: Candidate): number =>
    Number(a.fallback) - Number(b.fallback) ||
    b.priority - a.priority ||
    textOrder(a.kind, b.kind) ||
    textOrder(a.package, b.package)
  const told = passedOver.filter(({isOffPlatform}) => !isOffPlatform)
  return {
    candidates: candidates.sort(order),
    passedOver,
    warnings: told.map(({package: name, version, reason}) => `${name}@${version} is not used: ${reason}`),
  }
}
