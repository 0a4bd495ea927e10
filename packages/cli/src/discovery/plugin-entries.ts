/** One plugin of an account, as oclif reads it in the package.json of a data directory. */
export interface PluginEntry {
  readonly name: string
  readonly type: 'user' | 'link'
  /** The directory of the package. */
  readonly root?: string
  /** The version, range or tag that was asked for, where it came from a registry. */
  readonly tag?: string
  /** Where it came from otherwise. */
  readonly url?: string
}

function isEntry(value: unknown): value is PluginEntry {
  const {name, type} = (value ?? {}) as Partial<Record<string, unknown>>
  return typeof name === 'string' && (type === 'user' || type === 'link')
}

/** The plugins in a list of any origin; what is no plugin is left out. */
export function pluginEntries(listed: unknown): PluginEntry[] {
  return Array.isArray(listed) ? listed.filter(isEntry) : []
}
