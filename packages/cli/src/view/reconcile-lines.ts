import type {Reconciliation} from '@hermes-svc/core'

const DONE = {
  none: 'left alone',
  register: 'registered',
  define: 'defined',
  repair: 'repaired',
  start: 'started',
  stop: 'noted as stopped',
  rehome: 'moved',
  remove: 'removed',
  orphan: 'left alone',
} as const

const PLANNED = {
  ...DONE,
  register: 'would register',
  define: 'would define',
  repair: 'would repair',
  start: 'would start',
  stop: 'would note as stopped',
  rehome: 'would move',
  remove: 'would remove',
} as const

/** What `gateway reconcile` did, one line for each gateway. */
export function reconcileLines({actions, dryRun, skipped}: Omit<Reconciliation, 'errors'>): string[] {
  if (skipped !== null) return [`nothing was done: ${skipped}`]
  if (actions.length === 0) return ['nothing is recorded and Hermes has no profile, so there is nothing to do']
  const words = dryRun ? PLANNED : DONE
  const removed = dryRun ? 'would remove' : 'removed'
  return actions.map(({profile, action, reason, staleFiles}) => {
    const mark = action === 'orphan' ? '!' : '✓'
    const files = staleFiles.length === 0 ? '' : `; ${removed} what an earlier one had left: ${staleFiles.join(', ')}`
    return `${mark} ${profile} ${words[action]}: ${reason}${files}`
  })
}
