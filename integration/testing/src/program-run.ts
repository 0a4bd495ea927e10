import {type ChildProcess, spawnSync} from 'node:child_process'
import {once} from 'node:events'

/** How a program ended, and what it said. */
export interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Gives the program its whole input, and waits for its end; it is killed after `timeoutMs`. */
export async function collectRun(child: ChildProcess, input: string, timeoutMs: number): Promise<Run> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (stdout += part))
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (stderr += part))
  // A program that does not read its input closes it.
  child.stdin?.on('error', () => undefined).end(input)
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(timer)
  return {code, signal, stdout, stderr}
}

/** The reason of a skip: the first of these programs that is not on PATH; or an empty string. */
export function whyNotPrograms(...programs: readonly string[]): string {
  const missing = programs.find(each => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', each]).status !== 0)
  return missing === undefined ? '' : `needs ${missing}`
}
