import {darwinSignalName} from './darwin-signals.js'

/** What `launchctl print SERVICE` tells of a job; launchctl(1) says that it is no interface, so no more is read. */
export interface JobPrint {
  /** In launchd's words, such as `running`, `spawn scheduled` and `not running`, which was `waiting` in earlier versions. */
  readonly state: string
  readonly pid: number | null
  /** How often it was started since it was loaded. */
  readonly runs: number | null
  /** A code or a signal; null where it never ended, or nothing is told. */
  readonly lastExit: {readonly code: number | null; readonly signal: string | null} | null
  /**
   * null where they are not told, or one of them has a line end that shows. One with two tabs behind it does not: it
   * reads as the end of the argument.
   */
  readonly arguments: readonly string[] | null
  /** The plist that the job was loaded from. */
  readonly path: string | null
  /** ExitTimeOut of launchd.plist(5): from TERM to KILL. */
  readonly exitTimeoutSeconds: number | null
}

/** Whether launchd is about to end a job. */
export function isEnding({state}: Pick<JobPrint, 'state'>): boolean {
  return state === 'SIGTERMed' || state === 'SIGKILLed'
}

const ENTRY = /^\t([^\t].*?) = (.*)$/
const CLOSING = '\t}'

/** The lines of one tab, and those inside of `arguments`. */
interface FirstLevel {
  /** What each key is first: true of what stands before all that a user wrote, as arguments, paths and environment. */
  readonly first: ReadonlyMap<string, string>
  /** What each key is last: true of what stands behind that. */
  readonly last: ReadonlyMap<string, string>
  readonly arguments: readonly string[] | null
}

/**
 * An end of a block that was not begun is where `arguments` ends in truth: one of them had the same line, and what looked
 * like lines of the first level after that was the rest of it.
 */
function readFirstLevel(lines: readonly string[]): FirstLevel {
  const first = new Map<string, string>()
  const last = new Map<string, string>()
  const argumentBlocks: string[][] = []
  let block: {readonly key: string; readonly lines: string[]} | null = null
  let isTorn = false
  for (const line of lines) {
    const [, key, value] = ENTRY.exec(line) ?? []
    if (block !== null) {
      if (line === CLOSING) block = null
      else if (line.startsWith('\t\t')) block.lines.push(line.slice(2))
      else if (block.key === 'arguments') isTorn = true
    } else if (line === CLOSING) {
      isTorn = true
      last.clear()
    } else if (key !== undefined && value === '{') {
      block = {key, lines: []}
      if (key === 'arguments') argumentBlocks.push(block.lines)
    } else if (key !== undefined && value !== undefined) {
      if (!first.has(key)) first.set(key, value)
      last.set(key, value)
    }
  }
  const [only = null, ...others] = argumentBlocks
  return {first, last, arguments: isTorn || others.length > 0 ? null : only}
}

function parseCount(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}

function parseLastExit(entries: ReadonlyMap<string, string>): JobPrint['lastExit'] {
  // "Killed: 9"
  const [signal] = /\d+$/.exec(entries.get('last terminating signal') ?? '') ?? []
  if (signal !== undefined) return {code: null, signal: darwinSignalName(Number(signal))}
  // "0", "78: EX_CONFIG", "(never exited)"
  const [code] = /^-?\d+/.exec(entries.get('last exit code') ?? entries.get('last exit status') ?? '') ?? []
  return code === undefined ? null : {code: Number(code), signal: null}
}

/** null for a text that is not what `launchctl print` gives for a job. Pure. */
export function parsePrintOutput(text: string): JobPrint | null {
  const [title = '', ...lines] = text.trimEnd().split('\n')
  if (!title.endsWith(' = {') || lines.pop() !== '}') return null
  const {first, last, arguments: argv} = readFirstLevel(lines)
  const state = first.get('state')
  if (state === undefined) return null
  return {
    state,
    pid: parseCount(last.get('pid')),
    runs: parseCount(last.get('runs')),
    lastExit: parseLastExit(last),
    arguments: argv,
    path: first.get('path') ?? null,
    exitTimeoutSeconds: parseCount(last.get('exit timeout')),
  }
}
