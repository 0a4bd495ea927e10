/** How a process of a job ended. */
export type ExitStatus = {readonly code: number} | {readonly signal: string}

/** sysexits(3): what launchd notes for a job that it cannot start. */
export const EX_CONFIG = 78

// signal(3) of macOS: some numbers are others than those of Linux.
const SIGNALS: Readonly<Record<string, readonly [number: number, words: string]>> = {
  SIGHUP: [1, 'Hangup'],
  SIGINT: [2, 'Interrupt'],
  SIGQUIT: [3, 'Quit'],
  SIGILL: [4, 'Illegal instruction'],
  SIGTRAP: [5, 'Trace/BPT trap'],
  SIGABRT: [6, 'Abort trap'],
  SIGFPE: [8, 'Floating point exception'],
  SIGKILL: [9, 'Killed'],
  SIGBUS: [10, 'Bus error'],
  SIGSEGV: [11, 'Segmentation fault'],
  SIGSYS: [12, 'Bad system call'],
  SIGPIPE: [13, 'Broken pipe'],
  SIGALRM: [14, 'Alarm clock'],
  SIGTERM: [15, 'Terminated'],
  SIGSTOP: [17, 'Suspended (signal)'],
  SIGTSTP: [18, 'Suspended'],
  SIGCONT: [19, 'Continued'],
  SIGUSR1: [30, 'User defined signal 1'],
  SIGUSR2: [31, 'User defined signal 2'],
}

const CRASHES = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGFPE', 'SIGBUS', 'SIGSEGV', 'SIGSYS']

const SYSEXITS: Readonly<Record<number, string>> = {
  64: 'EX_USAGE',
  65: 'EX_DATAERR',
  66: 'EX_NOINPUT',
  69: 'EX_UNAVAILABLE',
  70: 'EX_SOFTWARE',
  71: 'EX_OSERR',
  75: 'EX_TEMPFAIL',
  77: 'EX_NOPERM',
  78: 'EX_CONFIG',
}

function numberOf(signal: string): number {
  return SIGNALS[signal]?.[0] ?? 0
}

/** Whether launchd counts it as a crash, see Crashed in launchd.plist(5). */
export function isCrash(status: ExitStatus): boolean {
  return 'signal' in status && CRASHES.includes(status.signal)
}

/** The second column of `list`: an exit code, a negated signal, 0 for what never ended. */
export function formatStatusColumn(status: ExitStatus | null): string {
  if (status === null) return '0'
  return 'code' in status ? String(status.code) : `-${String(numberOf(status.signal))}`
}

/** LastExitStatus of `list LABEL`, as wait(2) packs it. */
export function toWaitStatus(status: ExitStatus | null): number {
  if (status === null) return 0
  return 'code' in status ? status.code * 256 : numberOf(status.signal)
}

/** The line of `print` about the last end. */
export function formatLastExit(status: ExitStatus | null, macos: 'old' | 'new'): string {
  const name = macos === 'old' ? 'last exit status' : 'last exit code'
  if (status === null) return `${name} = (never exited)`
  if ('signal' in status) {
    return `last terminating signal = ${SIGNALS[status.signal]?.[1] ?? status.signal}: ${String(numberOf(status.signal))}`
  }
  const word = SYSEXITS[status.code]
  return `${name} = ${String(status.code)}${word === undefined ? '' : `: ${word}`}`
}

/** Reads what `launchctl kill` takes: SIGTERM, TERM, or macOS' number. Null for what is no signal. */
export function parseSignal(text: string): NodeJS.Signals | null {
  const name = /^\d+$/.test(text)
    ? Object.keys(SIGNALS).find(each => numberOf(each) === Number(text))
    : text.toUpperCase().replace(/^(?!SIG)/, 'SIG')
  return name !== undefined && name in SIGNALS ? (name as NodeJS.Signals) : null
}
