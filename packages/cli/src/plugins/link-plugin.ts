import {type Host, serviceError} from '@hermes-svc/core'
import {readPackageJson} from '../discovery/installed-packages.js'
import {assertAllowed} from './assert-allowed.js'
import {assertUsable, type Surroundings} from './assert-usable.js'
import type {PluginDirectory} from './plugin-directory.js'
import {isPackageName} from './plugin-request.js'

/** A plugin that is used where its author works on it. */
export interface LinkedPlugin {
  readonly name: string
  readonly version: string
  readonly root: string
}

/** Lets a directory stand for the plugin in it, when that can be used here. Nothing is fetched, built or copied. Only within a change. */
export function linkPlugin(
  root: string,
  {
    directory,
    host,
    ...surroundings
  }: Surroundings & {
    readonly directory: PluginDirectory
    readonly host: Pick<Host, 'configuration' | 'origins'>
  },
): LinkedPlugin {
  const packageJson = readPackageJson(root)
  const {name = '', version = '0.0.0', oclif, hermesSvc} = packageJson ?? {}
  if (!isPackageName(name)) {
    const got = packageJson === null ? 'none that can be read' : `the name ${JSON.stringify(name)}`
    throw serviceError('HSVC_INVALID_SPEC', `${root}: expected a package.json with the name of a package, got ${got}`, {
      hint: 'name the directory that holds the package.json of the plugin',
    })
  }
  assertAllowed(name, name, host)
  const backend = (hermesSvc?.backend ?? null) as Readonly<Record<string, unknown>> | null
  assertUsable({name, version, isPlugin: oclif !== undefined, backend}, surroundings)
  directory.publish({name, type: 'link', root})
  return {name, version, root}
}
