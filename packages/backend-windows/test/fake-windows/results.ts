/**
 * What schtasks ends with after /HRESULT, winerror.h and
 * https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-error-and-success-constants.
 */
export const FAILURE = {
  fileNotFound: 0x8007_0002,
  accessDenied: 0x8007_0005,
  invalidOption: 0x8007_0057,
  invalidName: 0x8007_007b,
  alreadyExists: 0x8007_00b7,
  accountUnknown: 0x8007_0534,
  unspecified: 0x8000_4005,
  notRunning: 0x8004_130b,
  /** SCHED_E_SERVICE_NOT_RUNNING: of the numbers that say nothing about the task one that eight bits do not make another of. */
  serviceNotRunning: 0x8004_1315,
  unexpectedNode: 0x8004_1316,
  wrongNamespace: 0x8004_1317,
  invalidValue: 0x8004_1318,
  missingNode: 0x8004_1319,
  malformedXml: 0x8004_131a,
  disabled: 0x8004_1326,
} as const

/** A number of FAILURE. */
export type Failure = (typeof FAILURE)[keyof typeof FAILURE]

/** Last results that are no exit codes. */
export const RESULT = {
  running: 0x4_1301,
  hasNotRun: 0x4_1303,
  terminated: 0x4_1306,
  fileNotFound: 0x8007_0002,
  notLoggedOn: 0x8007_04dd,
  /** DBG_TERMINATE_PROCESS, of a process that a logoff ended. */
  loggedOff: 0x4001_0004,
} as const
