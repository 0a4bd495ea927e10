import {existsSync} from 'node:fs'
import {dirname, join} from 'node:path'

/** The part of a package.json that this program reads. */
export interface PackageJson {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly oclif?: {readonly plugins?: readonly unknown[]}
  readonly hermesSvc?: {readonly backend?: unknown}
}

/**
 * The directory of an installed package as Node resolves it from `from`, null when it is not there. It asks the file
 * system, not `exports`, so that a package need not export its package.json.
 */
export function findPackage(name: string, from: string): string | null {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
    if (dirname(directory) === directory) return null
  }
}

/** The package.json with those optional dependencies that are installed among its dependencies, where oclif looks for plugins. */
export function mergeOptionalDependencies<T extends PackageJson>(packageJson: T, root: string): T {
  const present = Object.entries(packageJson.optionalDependencies ?? {}).filter(
    ([name]) => findPackage(name, root) !== null,
  )
  return {...packageJson, dependencies: {...packageJson.dependencies, ...Object.fromEntries(present)}}
}
