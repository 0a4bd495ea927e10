import {fileURLToPath} from 'node:url'
import {createToolRunner, isServiceError, type ToolFailure} from '@hermes-svc/core'
import type {ConformanceOptions, KilledInstall} from './conformance-options.js'
import {plainEnvironment} from './suite-context.js'

const CHILD = fileURLToPath(new URL('install-child.js', import.meta.url))
const CHILD_TIMEOUT_MS = 60_000

/** What the child is told on standard input. */
export interface InstallOrder extends Omit<KilledInstall, 'manager'> {
  readonly module: string
  readonly configuration: Readonly<Record<string, unknown>>
}

/** Whether the child has killed itself. On Windows that is an end with 1, but without a word of why. */
function wasKilled({signal, exitCode, stderr, timedOut}: ToolFailure): boolean {
  if (process.platform === 'win32') return exitCode === 1 && stderr === '' && !timedOut
  return signal === 'SIGKILL' && !timedOut
}

/** Installs in a process of its own, which kills itself before the change of the file system that the step numbers. */
async function killInChild(module: string, options: ConformanceOptions, install: KilledInstall): Promise<boolean> {
  const {spec, root, step} = install
  const order: InstallOrder = {module, spec, root, step, configuration: options.context?.configuration ?? {}}
  const env = plainEnvironment()
  try {
    await createToolRunner(env).run(process.execPath, [CHILD], {
      env,
      input: JSON.stringify(order),
      timeoutMs: CHILD_TIMEOUT_MS,
    })
    return false
  } catch (error) {
    if (isServiceError(error) && error.tool && wasKilled(error.tool)) return true
    throw error
  }
}

/** How installs are killed here: the author's way, or in a process of their own. */
export function killInstallOf(options: ConformanceOptions): (install: KilledInstall) => Promise<boolean> {
  const {killInstall, module} = options
  if (killInstall) return killInstall
  if (module === undefined) throw new Error('expected killInstall or module, got neither')
  return install => killInChild(module, options, install)
}
