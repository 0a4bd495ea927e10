import type {GuardedServiceManager} from '@hermes-svc/core'
import {examinePlugins} from './discovery/examine-plugins.js'
import {dataDirectory, installedBackendPackages} from './discovery/installed-packages.js'
import {homeDirectory} from './home-directory.js'
import {openHost} from './open-host.js'

/** How a program asks for its service manager. */
export interface ServiceManagerOptions {
  /** Also take a fallback such as embedded when nothing else is there. Default false. */
  readonly fallback?: boolean
  /** Kind to use instead of what is detected. */
  readonly backend?: string
  /** Configuration file to read instead of those in the fixed places. */
  readonly configFile?: string
  readonly signal?: AbortSignal
  /** Told what the user should know; default: nothing is told. */
  readonly warn?: (message: string) => void
}

async function hostOf({backend, configFile, signal, warn}: ServiceManagerOptions) {
  const directory = dataDirectory(process.env, process.platform, homeDirectory(process.env, process.platform))
  const {usable, warnings} = examinePlugins(directory, process.geteuid?.() ?? null)
  for (const warning of warnings) warn?.(warning)
  const packages = installedBackendPackages(usable)
  const ignore = (): void => undefined
  return await openHost({packages, backend, config: configFile, warn: warn ?? ignore, ...(signal && {signal})})
}

/**
 * The guarded service manager of this machine. Rejects HSVC_NO_BACKEND when none is there (a fallback does not count
 * unless asked for), HSVC_BACKEND_UNAVAILABLE when one is there and cannot be reached.
 */
export async function getServiceManager(options: ServiceManagerOptions = {}): Promise<GuardedServiceManager> {
  const host = await hostOf(options)
  return await host.manager({fallback: options.fallback ?? false, ...(options.backend && {backend: options.backend})})
}

/** The kind that getServiceManager() would use, or `none`; fallbacks do not count. */
export async function detectServiceManager(
  options: Omit<ServiceManagerOptions, 'fallback' | 'backend'> = {},
): Promise<string> {
  const host = await hostOf(options)
  const {chosen, candidates} = await host.detect()
  return candidates.some(({kind, fallback}) => kind === chosen && !fallback) ? (chosen ?? 'none') : 'none'
}
