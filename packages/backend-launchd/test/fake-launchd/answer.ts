/** What launchctl prints and ends with. */
export interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Success, with these lines or none. */
export function succeed(...lines: string[]): Answer {
  return {code: 0, stdout: lines.map(line => `${line}\n`).join(''), stderr: ''}
}

/** Failure, with these lines on stderr. */
export function refuse(code: number, ...lines: string[]): Answer {
  return {code, stdout: '', stderr: lines.map(line => `${line}\n`).join('')}
}

/** launchctl's own words for the errors that it ends with; above 106 they are launchd's. */
export function describeError(code: number): string {
  return WORDS[code] ?? `unknown error code`
}

const WORDS: Readonly<Record<number, string>> = {
  1: 'Operation not permitted',
  3: 'No such process',
  5: 'Input/output error',
  17: 'File exists',
  22: 'Invalid argument',
  36: 'Operation now in progress',
  37: 'Operation already in progress',
  112: 'Could not find specified domain',
  113: 'Could not find specified service',
  119: 'Service is disabled',
  125: 'Domain does not support specified action',
  133: 'Multiple errors were returned, see stderr',
}
