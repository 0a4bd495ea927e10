import type {RestartPolicy} from '@hermes-svc/core'

/** EX_TEMPFAIL of sysexits.h: Hermes ends with it to ask for a restart. */
export const RESTART_REQUESTED = 75

/** What is known of a gateway when it has died without being asked to. */
export interface Death {
  readonly code: number | null
  /** Milliseconds that it was up, by a monotonic clock. */
  readonly upMs: number
  /** Failed starts in a row before this one. */
  readonly failures: number
}

/** What follows a death. `failures` is the new count of failed starts in a row. */
export type Verdict =
  | {readonly action: 'restart'; readonly delayMs: number; readonly failures: number}
  | {readonly action: 'end'; readonly state: 'stopped' | 'failed'; readonly reason: string; readonly failures: number}

/** Delay before the next start after so many failed starts in a row (1 or more): doubling, never above `maxDelayMs`. */
export function delayAfter(failures: number, policy: RestartPolicy): number {
  return Math.min(policy.maxDelayMs, policy.delayMs * 2 ** Math.max(0, failures - 1))
}

/** Judges a death. Pure; an exit with 75 neither counts as a failure nor lengthens the delay. */
export function judgeDeath({code, upMs, failures}: Death, policy: RestartPolicy): Verdict {
  const before = upMs >= policy.windowMs ? 0 : failures
  if (code === RESTART_REQUESTED) {
    return {action: 'restart', delayMs: Math.min(policy.delayMs, policy.maxDelayMs), failures: before}
  }
  const now = before + 1
  if (code !== null && policy.fatalExitCodes.includes(code)) {
    return {action: 'end', state: 'failed', reason: `exit code ${String(code)} is fatal by policy`, failures: now}
  }
  if (code !== null && policy.cleanExitCodes.includes(code)) {
    return {action: 'end', state: 'stopped', reason: `ended on purpose with exit code ${String(code)}`, failures: 0}
  }
  if (policy.giveUpAfter !== null && now >= policy.giveUpAfter) {
    return {
      action: 'end',
      state: 'failed',
      reason: `given up after ${String(now)} failed starts in a row`,
      failures: now,
    }
  }
  return {action: 'restart', delayMs: delayAfter(now, policy), failures: now}
}
