import {serviceError} from '@hermes-svc/core'
import {isPackageName} from './plugin-request.js'

/** What npm decided for the tree of one plugin. */
export interface TreeLock {
  readonly name: string
  readonly version: string
  /** Digest of the tarball; null for a directory or a repository. */
  readonly integrity: string | null
  /** Where it comes from, as npm writes it. */
  readonly resolved: string | null
  /** How many other packages come with it. */
  readonly dependencies: number
  /** Which of them have install scripts, sorted. */
  readonly scriptedDependencies: readonly string[]
}

interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly hasInstallScript?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** Reads the package-lock.json of a tree that holds one plugin. Throws HSVC_UNEXPECTED_OUTPUT for another one. */
export function parseTreeLock(text: string): TreeLock {
  const {packages = {}} = JSON.parse(text) as {packages?: Readonly<Record<string, LockedPackage>>}
  const [name = ''] = Object.keys(packages['']?.dependencies ?? {})
  const own = `node_modules/${name}`
  const {version, integrity = null, resolved = null} = packages[own] ?? {}
  if (!isPackageName(name) || version === undefined) {
    const got = name === '' ? 'none' : JSON.stringify(name)
    throw serviceError(
      'HSVC_UNEXPECTED_OUTPUT',
      `package-lock.json: expected a package with a name and a version, got ${got}`,
    )
  }
  const others = Object.entries(packages).filter(([path]) => path !== '' && path !== own)
  const scripted = others.filter(([, {hasInstallScript}]) => hasInstallScript === true).map(([path]) => nameOf(path))
  return {
    name,
    version,
    integrity,
    resolved,
    dependencies: others.length,
    scriptedDependencies: [...new Set(scripted)].sort(),
  }
}
