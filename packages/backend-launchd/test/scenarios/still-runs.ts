import {startTimeOf} from '@hermes-svc/core/process-identity'

/** Whether that very process is there. Asked of many, most of which are gone: what takes long comes last. */
export function stillRuns({pid, startTime}: {readonly pid: number; readonly startTime: string | null}): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    // Gone, or by now a process of another account.
    return false
  }
  return startTimeOf(pid) === startTime
}
