import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

/** V8 settings that keep a runner small, above all after a flood of output; bench/runner-memory.js measures them. */
export const RUNNER_FLAGS: readonly string[] = ['--single-threaded', '--max-semi-space-size=1']

/** Makes a runner end at once unless its gateway is wanted up and not parked: for whatever starts one without being asked. */
export const IF_WANTED = '--if-wanted'

/** The program that every runner is and its script, without which none can start. Looked for only where one is to be started. */
export function runnerFiles(): readonly [string, string] {
  const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
  // As published it is one module of CommonJS, for which Node starts no loader of others; as tsc makes it, it is not.
  const joined = beside('main.cjs')
  return [process.execPath, existsSync(joined) ? joined : beside('main.js')]
}

/** What starts the runner of a directory, the program first. */
export function runnerCommand(directory: string): string[] {
  const [node, main] = runnerFiles()
  return [node, ...RUNNER_FLAGS, main, directory]
}
