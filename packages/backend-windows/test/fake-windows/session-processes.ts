import {setTimeout as delay} from 'node:timers/promises'
import {argumentsOf, environmentOf, killProcess, readProcessTable, type TableEntry, treesOf} from './process-table.js'

const ROUNDS = 500
const ROUND_MS = 10

/** Oneself and all above, which are not of the session whatever they look like. */
function ancestryOf(table: readonly TableEntry[]): Set<number> {
  const pids = new Set<number>()
  for (let pid = process.pid; pid > 0 && !pids.has(pid);) {
    pids.add(pid)
    pid = table.find(entry => entry.pid === pid)?.parent ?? 0
  }
  return pids
}

/** Whoever has a word of its command line or a value of its environment that begins with one of these, and all below. */
function findMembers(starts: readonly string[]): TableEntry[] {
  const table = readProcessTable()
  const own = ancestryOf(table)
  const marked = table.filter(({pid}) => {
    if (own.has(pid)) return false
    const values = environmentOf(pid).map(entry => entry.slice(entry.indexOf('=') + 1))
    return [...argumentsOf(pid), ...values].some(word => starts.some(start => word.startsWith(start)))
  })
  return treesOf(table, marked)
}

/**
 * Ends every process of a session, also those that somebody but the scheduler started in it, until none is left. They are
 * known by paths that they were started with.
 */
export async function endSession(starts: readonly string[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const members = findMembers(starts)
    if (members.length === 0) return
    for (const {pid} of members) killProcess(pid)
    await delay(ROUND_MS)
  }
  throw new Error(`expected a session to end, got ${String(findMembers(starts).length)} processes that do not`)
}
