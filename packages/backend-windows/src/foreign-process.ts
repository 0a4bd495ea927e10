import {statSync} from 'node:fs'
import {endWindowsDescendants} from '@hermes-svc/core/windows-descendants'
import {listWindowsProcesses} from '@hermes-svc/core/windows-processes'

/** What the moments of a process and of a file may differ by. Milliseconds. */
const SLACK_MS = 2000

/**
 * Ends a process that says in a file of its own to be a gateway, with what it has started; false where it goes on. A pid alone
 * may be somebody else's by now, so it must be older than what it wrote, and be called a gateway. Rejects where processes
 * cannot be listed.
 */
export async function endForeignProcess(pid: number, pidFile: string): Promise<boolean> {
  const {mtimeMs} = statSync(pidFile)
  const found = (await listWindowsProcesses()).find(each => each.pid === pid)
  if (found === undefined) return true
  const {createdAtMs, commandLine} = found
  if (createdAtMs > mtimeMs + SLACK_MS || !/\bgateway\b/i.test(commandLine)) return false
  const fromMs = createdAtMs
  process.kill(pid, 'SIGKILL')
  return (await endWindowsDescendants({pid, fromMs, toMs: Date.now()})).length === 0
}
