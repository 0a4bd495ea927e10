import {pathToFileURL} from 'node:url'
import {join} from 'node:path'
import type {BackendPackage} from '@hermes-svc/core'
import {readPackageJson} from '../discovery/installed-packages.js'

/** The backends that come with the program, joined into the same modules as it. */
const BUNDLED: Readonly<Record<string, () => Promise<unknown>>> = {
  '@hermes-svc/backend-embedded': () => import('@hermes-svc/backend-embedded'),
  '@hermes-svc/backend-launchd': () => import('@hermes-svc/backend-launchd'),
  '@hermes-svc/backend-s6': () => import('@hermes-svc/backend-s6'),
  '@hermes-svc/backend-systemd': () => import('@hermes-svc/backend-systemd'),
  '@hermes-svc/backend-windows': () => import('@hermes-svc/backend-windows'),
}

/**
 * Imports backends: those that came with this very version of the program out of its own modules, which share core with it
 * and are there already, and all others from where they are, once `onStranger` was called.
 */
export function backendLoader(
  packages: readonly BackendPackage[],
  version: string,
  onStranger: () => void,
): (path: string) => Promise<unknown> {
  const own = new Map<string, {load: () => Promise<unknown>; root: string}>()
  for (const {name, root, source, metadata} of packages) {
    const load = Object.hasOwn(BUNDLED, name) ? BUNDLED[name] : undefined
    const {module} = (metadata ?? {}) as {module?: unknown}
    if (load !== undefined && source === 'bundled' && typeof module === 'string')
      own.set(join(root, module), {load, root})
  }
  return async path => {
    const found = own.get(path)
    if (found !== undefined && readPackageJson(found.root)?.version === version) return await found.load()
    onStranger()
    return (await import(pathToFileURL(path).href)) as unknown
  }
}
