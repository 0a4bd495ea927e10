import {statSync} from 'node:fs'
import {uptime} from 'node:os'
import {join} from 'node:path'
import {isOfThisLife} from './observe-runner.js'
import {readRunnerState, STATE_FILE} from './runner-state.js'

/**
 * Whether a runner that nobody asked for has anything to do: its gateway is wanted up, and not parked since this boot
 * (`bootedAtMs`, in milliseconds since the epoch). A state that is missing or damaged asks for nothing.
 */
export function isStartWanted(directory: string, bootedAtMs: number = Date.now() - uptime() * 1000): boolean {
  const state = readRunnerState(directory)
  if (state?.wanted !== 'up') return false
  if (state.parked !== true || !isOfThisLife(state.writtenBy)) return true
  return statSync(join(directory, STATE_FILE)).mtimeMs < bootedAtMs
}
