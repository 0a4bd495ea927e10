import {readFileSync, statSync} from 'node:fs'
import {startTimeOf} from '@hermes-svc/core'
import type {SuperviseStatus} from './supervise-status.js'

/** Linux counts start times in hundredths of a second for every program (proc(5), USER_HZ). */
const TICK_MS = 10
/** s6 takes the time a moment after the start; the wall clock is corrected now and then. */
const SLACK_MS = 2000

function startedAtMs(pid: number): number | null {
  const ticks = startTimeOf(pid)
  if (ticks === null) return null
  const uptimeMs = Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000
  return Date.now() - uptimeMs + Number(ticks) * TICK_MS
}

/**
 * The process that a status of nobody speaks of, where it still lives: its supervisor was killed. A pid alone would not
 * tell, since it is used again: the process has to be as old as the status says.
 */
export function findStray(status: SuperviseStatus | null): number | null {
  if (status?.pid == null || status.isFinishing) return null
  const startedAt = startedAtMs(status.pid)
  return startedAt !== null && Math.abs(startedAt - status.sinceMs) <= SLACK_MS ? status.pid : null
}

/** The uid that a process runs as; null when it is gone. */
export function uidOf(pid: number): number | null {
  return statSync(`/proc/${String(pid)}`, {throwIfNoEntry: false})?.uid ?? null
}
