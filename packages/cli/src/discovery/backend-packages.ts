import type {BackendPackage} from '@hermes-svc/core'
import type {PackageJson} from './optional-dependencies.js'

/** What is read of a plugin. */
export interface PluginPackage {
  readonly name: string
  /** As its package.json has it: not always a text, and not always there. */
  readonly version?: unknown
  readonly root: string
  readonly type: string
  readonly pjson: unknown
}

const SOURCES: Readonly<Record<string, BackendPackage['source']>> = {user: 'installed', link: 'linked'}

/** The kind that metadata of a backend names; null where it names none. */
export function kindIn(metadata: unknown): string | null {
  const {kind} = (metadata ?? {}) as {kind?: unknown}
  return typeof kind === 'string' ? kind : null
}

/** The backend that a package declares in its static metadata, null when it declares none. Nothing of it is imported. */
export function toBackendPackage(plugin: PluginPackage): BackendPackage | null {
  const metadata = (plugin.pjson as PackageJson | undefined)?.hermesSvc?.backend
  if (metadata === undefined) return null
  const {name, version, root, type} = plugin
  const source = SOURCES[type] ?? 'bundled'
  return {name, version: typeof version === 'string' ? version : '0.0.0', root, source, metadata}
}
