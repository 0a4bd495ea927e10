import type {ReconcileAction} from '@hermes-svc/core'

const DONE = {
  none: 'left alone',
  define: 'defined',
  start: 'started',
  rehome: 'moved',
  remove: 'removed',
  orphan: 'left alone',
} as const

const PLANNED = {
  ...DONE,
  define: 'would define',
  start: 'would start',
  rehome: 'would move',
  remove: 'would remove',
} as const

/** What `gateway reconcile` did, one line for each gateway. */
export function reconcileLines(actions: readonly ReconcileAction[], dryRun: boolean): string[] {
  if (actions.length === 0) return ['nothing is recorded, so there is nothing to do']
  const words = dryRun ? PLANNED : DONE
  return actions.map(({profile, action, reason}) => {
    const mark = action === 'orphan' ? '!' : '✓'
    return `${mark} ${profile} ${words[action]}: ${reason}`
  })
}
