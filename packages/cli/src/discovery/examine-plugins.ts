import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {writableByOthers} from '../configuration/file-trust.js'
import {readPluginList, type UserPlugin, userPlugins} from './installed-packages.js'
import type {PackageJson} from './optional-dependencies.js'

/** What there is to say of an account's plugins before any of them is loaded. */
export interface PluginsReport {
  /** All that are listed. */
  readonly plugins: readonly UserPlugin[]
  /** Those that may be loaded: all of them, or none. */
  readonly usable: readonly UserPlugin[]
  readonly warnings: readonly string[]
}

function damage(directory: string, found: PackageJson | null): string | null {
  const file = join(directory, 'package.json')
  if (found === null && !existsSync(file)) return null
  const listed = found === null ? null : (found.oclif?.plugins ?? [])
  if (Array.isArray(listed) && listed.every(entry => entry !== null && typeof entry === 'object')) return null
  return `${file} lists no plugins that can be read, so there are none: put it right, or remove it and install them again`
}

/**
 * Root loads no code that another account can replace: by sudo or su it may have come with that account's HOME. One file
 * of the account's among them is enough, since all of them are loaded into the same program.
 */
function distrust(directory: string, plugins: readonly UserPlugin[]): string | null {
  const places = [join(directory, 'package.json'), ...plugins.map(({root}) => root)]
  const culprit = writableByOthers(...places.filter(place => existsSync(place)))
  if (culprit === null) return null
  return (
    `the plugins in ${directory} are ignored: accounts other than root can write ${culprit}; ` +
    'as root, set HOME or HERMES_SVC_DATA_DIR to a directory of root’s and install them there'
  )
}

/** Looks at the plugins of a data directory, a few small reads; `uid` is null where there is none. */
export function examinePlugins(directory: string, uid: number | null): PluginsReport {
  const list = readPluginList(directory)
  const plugins = userPlugins(directory, list)
  const damaged = damage(directory, list)
  if (damaged !== null) return {plugins, usable: [], warnings: [damaged]}
  const distrusted = uid === 0 && plugins.length > 0 ? distrust(directory, plugins) : null
  if (distrusted !== null) return {plugins, usable: [], warnings: [distrusted]}
  const unreadable = plugins.filter(({packageJson}) => packageJson === null)
  const warnings = unreadable.map(
    ({name, root}) =>
      `${name} is not used: there is no package.json that can be read in ${root}; hermes-svc plugins uninstall ${name}`,
  )
  return {plugins, usable: plugins.length > unreadable.length ? plugins : [], warnings}
}
