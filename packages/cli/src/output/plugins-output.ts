import type {ErrorCode} from '@hermes-svc/core'
import {kindIn} from '../discovery/backend-packages.js'
import type {PackageJson} from '../discovery/optional-dependencies.js'
import type {PluginEntry} from '../discovery/plugin-entries.js'
import type {ErrorReport} from '../error-report.js'
import type {InstalledPlugin} from '../plugins/install-plugin.js'
import type {LinkedPlugin} from '../plugins/link-plugin.js'
import type {PluginFacts} from '../plugins/plugin-facts.js'
import type {UninstalledPlugin} from '../plugins/uninstall-plugin.js'
import type {SCHEMA_VERSION} from './envelope.js'

/** One plugin of a batch that failed. */
export interface PluginErrorRow {
  readonly plugin: string
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
}

/** One plugin after install or update: what was shown before it was fetched, and what became of it. */
export interface PluginRow extends Omit<PluginFacts, 'isPlugin'> {
  readonly previousVersion: string | null
  readonly result: 'installed' | 'updated' | 'unchanged'
  readonly scriptsRun: boolean
}

/** What `plugins install` and `plugins update` print. */
export interface PluginsOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly plugins: readonly PluginRow[]
  readonly errors: readonly PluginErrorRow[]
  readonly warnings: readonly string[]
}

/** One plugin that is there. */
export interface ListedPlugin {
  readonly name: string
  /** null: its package.json cannot be read. */
  readonly version: string | null
  readonly linked: boolean
  /** What was asked for: a version, range or tag, or where it is from. */
  readonly wanted: string | null
  readonly root: string | null
  /** Kind of the backend that it brings; null: none. */
  readonly backend: string | null
}

/** What `plugins` prints. */
export interface PluginsListOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly plugins: readonly ListedPlugin[]
  readonly warnings: readonly string[]
}

/** What `plugins link` prints. */
export interface PluginsLinkedOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly linked: readonly LinkedPlugin[]
  readonly warnings: readonly string[]
}

/** What `plugins uninstall` and `plugins reset` print. */
export interface PluginsRemovedOutput {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly removed: readonly UninstalledPlugin[]
  readonly errors: readonly PluginErrorRow[]
  readonly warnings: readonly string[]
}

/** The row of a plugin that is there now. */
export function pluginRow({facts, previous, changed, scriptsRun}: InstalledPlugin): PluginRow {
  const {isPlugin: _, ...shown} = facts
  const result = changed ? (previous === null || previous === facts.version ? 'installed' : 'updated') : 'unchanged'
  return {...shown, previousVersion: previous, result, scriptsRun}
}

/** The row of a plugin that failed. */
export function pluginErrorRow(plugin: string, {code, message, hint}: ErrorReport): PluginErrorRow {
  return {plugin, code, message, ...(hint !== undefined && {hint})}
}

/** The row of a plugin in the list; `packageJson` is null when it cannot be read. */
export function listedPlugin({name, type, root, tag, url}: PluginEntry, packageJson: PackageJson | null): ListedPlugin {
  return {
    name,
    version: packageJson?.version ?? null,
    linked: type === 'link',
    wanted: tag ?? url ?? null,
    root: root ?? null,
    backend: kindIn(packageJson?.hermesSvc?.backend),
  }
}
