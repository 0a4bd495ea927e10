import {join} from 'node:path'

/** Where a fake Task Scheduler keeps what it knows. */
export interface StateFiles {
  readonly settings: string
  readonly session: string
  readonly faults: string
  /** How much of counted faults is used up. */
  readonly used: string
  readonly calls: string
  /** Windows that a user would have seen. */
  readonly flashes: string
  /** What was wrong with scripts that wscript ran. */
  readonly scriptErrors: string
  readonly tasks: string
  readonly runs: string
}

/** The files of the scheduler whose state directory this is. */
export function stateFilesOf(directory: string): StateFiles {
  return {
    settings: join(directory, 'settings.json'),
    session: join(directory, 'session.json'),
    faults: join(directory, 'faults.json'),
    used: join(directory, 'used.json'),
    calls: join(directory, 'calls.jsonl'),
    flashes: join(directory, 'flashes.jsonl'),
    scriptErrors: join(directory, 'script-errors.jsonl'),
    tasks: join(directory, 'tasks'),
    runs: join(directory, 'runs'),
  }
}

/** One call of a tool; the code is null where it still waits, or its caller went away. */
export interface Call {
  readonly tool: string
  readonly argv: readonly string[]
  readonly code: number | null
  /** Milliseconds since the epoch. */
  readonly atMs: number
}
