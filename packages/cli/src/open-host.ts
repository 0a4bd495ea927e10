import {
  type BackendPackage,
  type ConfigurationLayer,
  createHost,
  environmentLayer,
  hermesRoot,
  type Host,
} from '@hermes-svc/core'
import {homeDirectory} from './home-directory.js'
import {ownPackageJson} from './discovery/installed-packages.js'
import {loadConfiguration} from './configuration/load-configuration.js'

/** What the caller says about the host it needs. */
export interface OpenHostOptions {
  readonly packages: readonly BackendPackage[]
  /** Value of --backend. */
  readonly backend?: string | undefined
  /** Value of --config. */
  readonly config?: string | undefined
  readonly signal?: AbortSignal
  readonly warn: (message: string) => void
  /** Told what only who looks for a fault wants to know. */
  readonly debug?: (message: string) => void
  /** Imports the module of a backend, an absolute path. Default: `import()`. */
  readonly load?: (path: string) => Promise<unknown>
}

/** Makes the host that a command works with; tests replace it. */
export type HostFactory = (options: OpenHostOptions) => Promise<Host>

function flagLayer(backend: string | undefined): ConfigurationLayer[] {
  return backend === undefined ? [] : [{source: '--backend', data: {backend}}]
}

/** The package that bundles a kind, whether it is installed or was left out; null when none does. */
function bundledPackageOf(kind: string): string | null {
  const name = `@hermes-svc/backend-${kind}`
  const {optionalDependencies = {}} = ownPackageJson()
  return Object.hasOwn(optionalDependencies, name) ? name : null
}

/** Reads the configuration (flags over environment over file) and makes the host. Rejects HSVC_CONFIG_INVALID. */
export async function openHost({packages, backend, config, signal, warn, debug, load}: OpenHostOptions): Promise<Host> {
  const {platform} = process
  // A copy, since plugins run in this process and may change it. On Windows only the original ignores the case of names.
  const env = platform === 'win32' ? process.env : Object.freeze({...process.env})
  const home = homeDirectory(env, platform)
  const root = env['HERMES_SVC_HERMES_ROOT'] || hermesRoot(env, platform, home)
  const uid = process.geteuid?.() ?? null
  const file = await loadConfiguration({env, platform, home, root, explicit: config, uid, warn})
  const layers = [...flagLayer(backend), environmentLayer(env), ...(file === null ? [] : [file])]
  const options = {packages, layers, env, platform, warn, packageOf: bundledPackageOf}
  return createHost({...options, ...(signal && {signal}), ...(debug && {debug}), ...(load && {load})})
}
