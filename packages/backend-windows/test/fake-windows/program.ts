import type {Machine} from './machine.js'

/** How a program of System32 ends. */
export interface Ending {
  /** Of 32 bits, without a sign. */
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Asks at the terminal; null where the standard input has ended. */
export type Ask = (question: string) => Promise<string | null>

/** What a program does when it is called. */
export type Program = (machine: Machine, args: readonly string[], ask: Ask) => Ending | Promise<Ending>

/** Success. */
export function print(stdout: string): Ending {
  return {exitCode: 0, stdout, stderr: ''}
}

/** Failure. */
export function fail(exitCode: number, stderr: string): Ending {
  return {exitCode, stdout: '', stderr}
}
