/**
 * The error table of the contract: each code, the exit code of the CLI for it, when it is used, and what the caller does.
 * docs/errors.md is held to this table by a test in both directions.
 */
export const ERROR_CODES = {
  HSVC_USAGE: {exitCode: 64, when: 'flags, arguments or command are wrong', action: 'see --help'},
  HSVC_INVALID_PROFILE: {exitCode: 64, when: 'the profile name breaks the rules', action: 'fix the name'},
  HSVC_INVALID_SPEC: {
    exitCode: 64,
    when: 'a value cannot be delivered, expressed or found',
    action: 'fix the value that the message names',
  },
  HSVC_UNSUPPORTED: {
    exitCode: 69,
    when: "the verb is outside the backend's capabilities, or of what the gateway's program can do",
    action: 'do what the hint says, such as use install, or another backend',
  },
  HSVC_NO_BACKEND: {
    exitCode: 69,
    when: 'no init system was detected, or nothing that can be used here provides the one that was named',
    action: 'see backend detect; choose one with --backend, or install what the hint names',
  },
  HSVC_BACKEND_UNAVAILABLE: {
    exitCode: 69,
    when: 'the init system is there but does not answer, or not to this account',
    action: 'do what the hint says, then retry',
  },
  HSVC_NOT_FOUND: {exitCode: 4, when: 'there is no such gateway', action: 'install or register it, or fix the name'},
  HSVC_NOT_SUPERVISED: {
    exitCode: 69,
    when: 'the definition is there but nothing supervises it',
    action: 'run gateway reconcile, then retry',
  },
  HSVC_ALREADY_EXISTS: {
    exitCode: 73,
    when: 'the gateway is registered already, or another definition stands in its place',
    action: 'uninstall first, or use --adopt or --force',
  },
  HSVC_CAPACITY: {
    exitCode: 69,
    when: 'the init system has no room for one more gateway',
    action: 'see the hint',
  },
  HSVC_START_FAILED: {exitCode: 3, when: 'the gateway started and died', action: 'read lastExit and logTail'},
  HSVC_PERMISSION_DENIED: {
    exitCode: 77,
    when: 'the operating system or the tool refused this account',
    action: 'use the account or scope that the hint names',
  },
  HSVC_BUSY: {exitCode: 75, when: 'another change of this gateway is in flight', action: 'wait, then retry'},
  HSVC_TIMEOUT: {
    exitCode: 75,
    when: 'the deadline passed; the state seen is in the error',
    action: 'check status; a retry is safe',
  },
  HSVC_ABORTED: {exitCode: 130, when: "the caller's signal ended the verb", action: 'nothing; a retry is safe'},
  HSVC_TOOL_FAILED: {exitCode: 74, when: 'a tool or a file operation failed', action: 'read tool.stderr or cause'},
  HSVC_TOOL_MISSING: {exitCode: 74, when: 'a tool is not installed', action: 'install it, or set its path'},
  HSVC_UNEXPECTED_OUTPUT: {
    exitCode: 70,
    when: 'the output of a tool, or a file of ours, does not parse',
    action: 'report it with the text in the error',
  },
  HSVC_ROLLBACK_FAILED: {
    exitCode: 74,
    when: 'undoing a failed change failed too; remains lists what is left',
    action: 'remove by hand what remains lists',
  },
  HSVC_CONFIG_INVALID: {exitCode: 78, when: 'the configuration is wrong', action: 'fix the key that the message names'},
  HSVC_INTERNAL: {exitCode: 1, when: 'a bug in hermes-svc or in a backend', action: 'report it'},
} as const satisfies Record<string, ErrorCodeRow>

/** One row of the error table. `exitCode` is the CLI's (sysexits.h where it has a fitting one). */
export interface ErrorCodeRow {
  readonly exitCode: number
  readonly when: string
  readonly action: string
}

/** The code of an error; codes never change, messages may. */
export type ErrorCode = keyof typeof ERROR_CODES

/** Whether a string is a code of the table. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value)
}
