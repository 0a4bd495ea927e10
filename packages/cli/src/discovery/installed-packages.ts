import {existsSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import type {BackendPackage} from '@hermes-svc/core'
import {toBackendPackage} from './backend-packages.js'
import {type PackageJson, findPackage} from './optional-dependencies.js'
import {type PluginEntry, pluginEntries} from './plugin-entries.js'

/** The nearest directory at or above one that has a package.json: how deep a module lies depends on whether it is joined. */
function rootOf(place: string): string {
  let directory = place
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory)
  return directory
}

/** The directory of this package. */
export const packageRoot = rootOf(import.meta.dirname)

/** The package.json in a directory; null when there is none that parses. */
export function readPackageJson(directory: string): PackageJson | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as PackageJson
  } catch {
    return null
  }
}

let own: PackageJson | undefined

/** The package.json of this package. */
export function ownPackageJson(): PackageJson {
  return (own ??= readPackageJson(packageRoot) ?? {})
}

/** Where oclif keeps what `plugins install` installs: the same rules, for callers that do not load oclif. */
export function dataDirectory(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  if (env['HERMES_SVC_DATA_DIR']) return env['HERMES_SVC_DATA_DIR']
  const local = platform === 'win32' ? env['LOCALAPPDATA'] : undefined
  return join(env['XDG_DATA_HOME'] || local || join(home, '.local', 'share'), 'hermes-svc')
}

function packageAt(root: string, type: string, pjson = readPackageJson(root)): BackendPackage | null {
  if (pjson?.name === undefined) return null
  return toBackendPackage({name: pjson.name, version: pjson.version, root, type, pjson})
}

/** The package.json of a data directory. Most accounts have none, and an error costs more than a look. */
export function readPluginList(directory: string): PackageJson | null {
  return existsSync(join(directory, 'package.json')) ? readPackageJson(directory) : null
}

/** A plugin that an account installed or linked, and its package.json; null when there is none that parses. */
export interface UserPlugin extends Required<Pick<PluginEntry, 'name' | 'type' | 'root'>> {
  readonly packageJson: PackageJson | null
}

/** What the package.json of a data directory names, as oclif reads it; what is no plugin is left out. */
export function userPlugins(directory: string, packageJson = readPluginList(directory)): UserPlugin[] {
  return pluginEntries(packageJson?.oclif?.plugins).flatMap(({name, type, root}) => {
    const place = root ?? (type === 'user' ? join(directory, 'node_modules', name) : undefined)
    return typeof place === 'string' ? [{name, type, root: place, packageJson: readPackageJson(place)}] : []
  })
}

/** What is known of the package.json files that came with this program, by the names of their packages. */
export type KnownPackages = Readonly<Record<string, PackageJson>>

/**
 * The backend packages that oclif would load, found without it: those among the user's plugins, then the bundled ones that
 * are present: optional dependencies that are called so. The first of a name wins. Of packages that are `known` only
 * the place is looked for.
 */
export function installedBackendPackages(
  plugins: readonly UserPlugin[],
  root = packageRoot,
  known: KnownPackages = {},
): BackendPackage[] {
  const packageJson = known['hermes-svc'] ?? (root === packageRoot ? ownPackageJson() : readPackageJson(root))
  const names = Object.keys(packageJson?.optionalDependencies ?? {}).filter(name => name.includes('backend-'))
  const bundled: BackendPackage[] = []
  for (const name of names) {
    // Where npm put one of them it put the others.
    const beside = bundled[0] && join(bundled[0].root, '..', name.slice(name.indexOf('/') + 1))
    const place = beside !== undefined && existsSync(join(beside, 'package.json')) ? beside : findPackage(name, root)
    const one = place === null ? null : packageAt(place, 'core', known[name])
    if (one !== null) bundled.push(one)
  }
  const installed = plugins
    .map(({root, type, packageJson}) => packageAt(root, type, packageJson))
    .filter(one => one !== null)
  const found = [...installed, ...bundled]
  return found.filter((one, index) => found.findIndex(({name}) => name === one.name) === index)
}
