/**
 * File by which Hermes tells a stop that was asked for from a kill: with it a gateway ends with exit code 0 and notes that
 * it is stopped; without it, TERM is unexpected, and it ends with 1. Hermes heeds it for 60 s.
 */
export const PLANNED_STOP = '.gateway-planned-stop.json'

/** The process that is about to be stopped. */
export interface StopTarget {
  readonly pid: number
  /** Clock ticks since boot (field 22 of /proc/PID/stat); null where it is not known, and Hermes then goes by the pid. */
  readonly startTime: number | null
}

/** The text of the marker. `stopper` is the process that stops it. Pure. */
export function renderPlannedStop({pid, startTime}: StopTarget, stopper: number, nowMs: number): string {
  const marker = {
    target_pid: pid,
    target_start_time: startTime,
    stopper_pid: stopper,
    // Python before 3.11 does not read a Z.
    written_at: new Date(nowMs).toISOString().replace('Z', '+00:00'),
  }
  return `${JSON.stringify(marker)}\n`
}

/** Whether the text is a marker for that process. Pure. */
export function isPlannedStopOf(text: string, pid: number): boolean {
  try {
    return (JSON.parse(text) as {target_pid?: unknown} | null)?.target_pid === pid
  } catch {
    return false
  }
}
