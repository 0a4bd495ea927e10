/** Signals in the order of their numbers, from 1, as <sys/signal.h> of XNU has them; Linux counts some of them otherwise. */
const NAMES = [
  ...['HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'EMT', 'FPE', 'KILL', 'BUS', 'SEGV', 'SYS', 'PIPE', 'ALRM', 'TERM'],
  ...['URG', 'STOP', 'TSTP', 'CONT', 'CHLD', 'TTIN', 'TTOU', 'IO', 'XCPU', 'XFSZ', 'VTALRM', 'PROF', 'WINCH', 'INFO'],
  ...['USR1', 'USR2'],
]

/** The name of a signal of macOS, such as SIGKILL; for a number that none has, SIG and the number. Pure. */
export function darwinSignalName(signal: number): string {
  return `SIG${NAMES[signal - 1] ?? String(signal)}`
}
