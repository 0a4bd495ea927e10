import {resolve} from 'node:path'
import {type Host, serviceError} from '@hermes-svc/core'
import {kindIn} from '../discovery/backend-packages.js'
import {installedBackendPackages, readPackageJson} from '../discovery/installed-packages.js'
import type {PluginEntry} from '../discovery/plugin-entries.js'
import type {PluginDirectory} from './plugin-directory.js'

/** What was taken away. */
export interface UninstalledPlugin {
  readonly name: string
  /** null: it could not be read any more. */
  readonly version: string | null
  readonly linked: boolean
}

/** What uninstalling needs from outside. */
export interface Uninstallation {
  readonly directory: PluginDirectory
  readonly host: Pick<Host, 'records'>
  /** Also when gateways depend on it. */
  readonly force: boolean
}

function entryNamed(word: string, entries: readonly PluginEntry[]): PluginEntry {
  const found =
    entries.find(({name}) => name === word) ?? entries.find(({type, root}) => type === 'link' && root === resolve(word))
  if (found) return found
  const have = entries.length === 0 ? 'there are none' : `have: ${entries.map(({name}) => name).join(', ')}`
  const message = `expected the name of an installed plugin, got ${JSON.stringify(word)} (${have})`
  throw serviceError('HSVC_INVALID_SPEC', message, {hint: 'hermes-svc plugins'})
}

/** Whether a kind is there without any plugin: a plugin may replace the bundled package of its name. */
function isBundled(kind: string): boolean {
  return installedBackendPackages([]).some(({metadata}) => kindIn(metadata) === kind)
}

/** Takes a plugin away, unless gateways could not be stopped any more without its backend. Only within a change. */
export function uninstallPlugin(word: string, {directory, host, force}: Uninstallation): UninstalledPlugin {
  const {name, type, root} = entryNamed(word, directory.entries())
  const packageJson = root === undefined ? null : readPackageJson(root)
  const kind = kindIn(packageJson?.hermesSvc?.backend)
  if (!force && kind !== null && !isBundled(kind)) {
    const gateways = host.records.list().records.filter(({backend}) => backend === kind)
    const names = gateways.map(({profile}) => profile)
    if (names.length > 0) {
      const message = `${name} holds gateways: ${names.join(', ')}; without it hermes-svc cannot stop or remove them`
      const hint = `hermes-svc gateway uninstall ${names.join(' ')}; or --force, which leaves them as they are`
      throw serviceError('HSVC_ALREADY_EXISTS', message, {hint})
    }
  }
  directory.remove(name)
  return {name, version: packageJson?.version ?? null, linked: type === 'link'}
}
