import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {readJson} from './json-files.js'
import {isAlive, type ProcessIdentity} from './process-identity.js'
import {RESULT} from './results.js'

/** Exit codes above are signals of a shell. */
const SIGNALS = 128

/** What became of a start. */
export type Run =
  /** `pid` is null as long as the action has not come yet. */
  {readonly isOver: false; readonly pid: number | null} | {readonly isOver: true; readonly result: number}

function readNumber(path: string): number | null {
  try {
    const text = readFileSync(path, 'utf8')
    return text.endsWith('\n') ? Number(text) : null
  } catch {
    return null
  }
}

/** Has every run be over whose keeper is no more, although another process may have its pid. */
export function forgetKeepers(runs: string): void {
  for (const name of readdirSync(runs)) rmSync(join(runs, name, 'keeper'), {force: true})
}

/** What there is to know about a run now. */
export function readRun(directory: string): Run {
  const keeper = readJson<ProcessIdentity | null>(join(directory, 'keeper'), null)
  // Looked at first: what it wrote before it went is there then.
  const isKept = keeper !== null && isAlive(keeper)
  const code = readNumber(join(directory, 'exit'))
  if (code === null && isKept) return {isOver: false, pid: readNumber(join(directory, 'pid'))}
  if (existsSync(join(directory, 'terminated'))) return {isOver: true, result: RESULT.terminated}
  if (code === null) return {isOver: true, result: RESULT.loggedOff}
  const isSignal = process.platform !== 'win32' && code > SIGNALS
  return {isOver: true, result: isSignal ? 1 : code}
}

/** TerminateProcess of a run's own process and nothing below it, or of whatever is about to start it. */
export function terminateRun(directory: string): void {
  const run = readRun(directory)
  if (run.isOver) return
  writeFileSync(join(directory, 'terminated'), '')
  const keeper = readJson<ProcessIdentity | null>(join(directory, 'keeper'), null)
  const pid = run.pid ?? keeper?.pid
  if (pid === undefined) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
