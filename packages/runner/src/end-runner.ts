import {statSync} from 'node:fs'
import {join} from 'node:path'
import type {ProcessIdentity} from '@hermes-svc/core/process-identity'
import {listWindowsProcesses} from '@hermes-svc/core/windows-processes'
import {signalProcess} from './process-tree.js'
import {STATE_FILE} from './runner-state.js'

/**
 * Ends a runner that does not answer but is alive: by TERM, after which it ends its gateway in order; with `uid` only one of
 * that account. On Windows it and its gateway end at once, and only where the process of that pid is older than what the
 * runner wrote last, since it is the runner then. Rejects there where processes cannot be listed.
 */
export async function endRunner(directory: string, runner: ProcessIdentity, uid?: number): Promise<void> {
  if (process.platform !== 'win32') {
    signalProcess(runner, 'SIGTERM', uid)
    return
  }
  const {mtimeMs} = statSync(join(directory, STATE_FILE))
  const processes = await listWindowsProcesses()
  if (!processes.some(({pid, createdAtMs}) => pid === runner.pid && createdAtMs <= mtimeMs)) return
  try {
    process.kill(runner.pid, 'SIGKILL')
  } catch {
    // It has ended in between.
  }
}
