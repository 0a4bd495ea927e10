import {fileURLToPath} from 'node:url'
import {createToolRunner, isServiceError} from '@hermes-svc/core'
import type {ConformanceOptions, KilledInstall} from './conformance-options.js'
import {plainEnvironment} from './suite-context.js'

/** How much later each step kills. Milliseconds. */
const STEP_MS = 15
const CHILD = fileURLToPath(new URL('install-child.js', import.meta.url))

/** What the child is told on standard input. */
export interface InstallOrder {
  readonly module: string
  readonly spec: KilledInstall['spec']
  readonly root: string
  readonly configuration: Readonly<Record<string, unknown>>
}

/** Installs in a process of its own, which is killed after a time that grows with the step. */
async function killByTime(module: string, options: ConformanceOptions, install: KilledInstall): Promise<boolean> {
  const {spec, root, step} = install
  const order: InstallOrder = {module, spec, root, configuration: options.context?.configuration ?? {}}
  const env = plainEnvironment()
  try {
    await createToolRunner(env).run(process.execPath, [CHILD], {
      env,
      input: JSON.stringify(order),
      timeoutMs: (step + 1) * STEP_MS,
    })
    return false
  } catch (error) {
    if (isServiceError(error) && error.code === 'HSVC_TIMEOUT') return true
    throw error
  }
}

/** How installs are killed here: the author's way, or in a process of their own. */
export function killInstallOf(options: ConformanceOptions): (install: KilledInstall) => Promise<boolean> {
  const {killInstall, module} = options
  if (killInstall) return killInstall
  if (module === undefined) throw new Error('expected killInstall or module, got neither')
  return install => killByTime(module, options, install)
}
