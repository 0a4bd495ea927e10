import {appendFileSync, readFileSync, renameSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

/** Where everything of one fake Mac is, below its state directory. */
export interface StateFiles {
  readonly socket: string
  readonly settings: string
  readonly faults: string
  readonly disabled: string
  readonly jobs: string
  readonly calls: string
  readonly launchctl: string
  /** What launchd itself complained about. */
  readonly log: string
  readonly home: string
  readonly agents: string
  readonly daemons: string
  /** Jobs have a directory below as TMPDIR, by which their processes are found again. */
  readonly temporary: string
}

/** The paths of the fake Mac whose state directory this is. */
export function stateFilesOf(directory: string): StateFiles {
  const home = join(directory, 'home')
  return {
    socket: join(directory, 's'),
    settings: join(directory, 'settings.json'),
    faults: join(directory, 'faults.json'),
    disabled: join(directory, 'disabled.json'),
    jobs: join(directory, 'jobs.json'),
    calls: join(directory, 'calls.jsonl'),
    launchctl: join(directory, 'launchctl'),
    log: join(directory, 'launchd.log'),
    home,
    agents: join(home, 'Library', 'LaunchAgents'),
    daemons: join(directory, 'Library', 'LaunchDaemons'),
    temporary: join(directory, 'T'),
  }
}

/** Replaces a JSON file whole, so that a reader in another process never meets half of it. */
export function writeJson(path: string, value: unknown): void {
  const staged = `${path}.${String(process.pid)}`
  writeFileSync(staged, JSON.stringify(value))
  renameSync(staged, path)
}

/** The value of a JSON file; the fallback where there is none yet. */
export function readJson<T>(path: string, fallback: T): T {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return fallback
    throw error
  }
}

/** One call of launchctl; the code is null where the caller went away before it was answered. */
export interface Call {
  readonly argv: readonly string[]
  readonly code: number | null
  /** When it was answered, in milliseconds since the epoch. */
  readonly atMs: number
}

/** Adds a line to the log of calls. */
export function appendCall(path: string, call: Call): void {
  appendFileSync(path, `${JSON.stringify(call)}\n`)
}

/** All calls so far, in the order of their answers. */
export function readCalls(path: string): Call[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n')
    return lines.filter(line => line !== '').map(line => JSON.parse(line) as Call)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
