import {type BackendPackage, findCandidates, serviceError} from '@hermes-svc/core'
import type {PluginFacts} from './plugin-facts.js'

/** What a plugin is held against. */
export interface Surroundings {
  /** The backends that are there already. */
  readonly packages: () => readonly BackendPackage[]
  readonly platform: NodeJS.Platform
}

function whyPassedOver(name: string, packages: readonly BackendPackage[], platform: NodeJS.Platform): string | null {
  const {passedOver} = findCandidates(packages, platform)
  return passedOver.find(one => one.package === name)?.reason ?? null
}

/**
 * Holds what a plugin says of itself to what the host would say when it meets it: contract, platform, shape, and whether
 * another package has its kind. Throws HSVC_INVALID_SPEC, HSVC_UNSUPPORTED, HSVC_ALREADY_EXISTS.
 */
export function assertUsable(
  facts: Pick<PluginFacts, 'name' | 'version' | 'isPlugin' | 'backend'>,
  surroundings: Surroundings,
): void {
  const {name, version, isPlugin, backend} = facts
  const {packages, platform} = surroundings
  const of = `${name}@${version}`
  if (!isPlugin) {
    const hint = 'it is no plugin of hermes-svc, and nothing was changed'
    throw serviceError('HSVC_INVALID_SPEC', `${of}: expected "oclif" in its package.json, got none`, {hint})
  }
  if (backend === null) return
  const own: BackendPackage = {name, version, root: '', source: 'installed', metadata: backend}
  const unfit = whyPassedOver(name, [own], platform)
  if (unfit !== null)
    throw serviceError('HSVC_UNSUPPORTED', `${of} cannot be used here: ${unfit}`, {hint: 'nothing was changed'})
  const others = packages().filter(other => other.name !== name)
  const rival = whyPassedOver(name, [...others, own], platform)
  if (rival === null) return
  throw serviceError('HSVC_ALREADY_EXISTS', `${of} would not be used: ${rival}`, {hint: 'nothing was changed'})
}
