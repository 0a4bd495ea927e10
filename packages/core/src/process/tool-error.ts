import {serviceError, type ServiceError, type ToolFailure} from '../errors/service-error.js'
import {statSync} from 'node:fs'
import {delimiter, join} from 'node:path'

/** How a tool ended, before anyone judged it. `spawnCode` is the errno name of a tool that did not start. */
export interface ToolEnding {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly spawnCode: string | null
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly outputTooLong: boolean
}

/** Who ended it, where it did not end by itself. */
export type ToolInterruption = 'timeout' | 'abort'

/** What was asked of the tool. The environment is left out on purpose: nothing here may end up in a message. */
export interface ToolCall {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string | undefined
  /** PATH of the tool's environment. */
  readonly searchPath: string
  readonly timeoutMs: number
  readonly encoding: 'utf8' | 'latin1'
}

const STDERR_KEPT = 4000

function failureOf(call: ToolCall, ending: ToolEnding, timedOut: boolean): ToolFailure {
  const stderr = Buffer.from(ending.stderr).toString(call.encoding).slice(-STDERR_KEPT)
  return {file: call.file, args: [...call.args], exitCode: ending.exitCode, signal: ending.signal, stderr, timedOut}
}

function cwdIsMissing(cwd: string | undefined): cwd is string {
  return cwd !== undefined && statSync(cwd, {throwIfNoEntry: false})?.isDirectory() !== true
}

/** Whether PATH has no such file. execvp(3) answers EACCES also when it could not look into one of the directories. */
function isNowhere({file, searchPath}: ToolCall): boolean {
  const isThere = (place: string): boolean => {
    try {
      return statSync(join(place, file)).isFile()
    } catch {
      return false
    }
  }
  return !/[/\\]/.test(file) && !searchPath.split(delimiter).some(isThere)
}

function notStarted(call: ToolCall, spawnCode: string, tool: ToolFailure): ServiceError {
  const {file, cwd} = call
  // spawn(2) reports a missing working directory as if the tool were missing.
  if (cwdIsMissing(cwd)) {
    return serviceError('HSVC_TOOL_FAILED', `expected the directory ${cwd} to run ${file} in, got none`, {tool})
  }
  if (spawnCode === 'ENOENT' || spawnCode === 'ENOTDIR' || (spawnCode === 'EACCES' && isNowhere(call))) {
    const hint = `install ${file}, or put its directory on PATH`
    return serviceError('HSVC_TOOL_MISSING', `expected the tool ${file}, found none`, {tool, hint})
  }
  if (spawnCode === 'EACCES' || spawnCode === 'EPERM') {
    const message = `expected to be allowed to run ${file}, got ${spawnCode}`
    return serviceError('HSVC_PERMISSION_DENIED', message, {tool, hint: `check the permissions of ${file}`})
  }
  return serviceError('HSVC_TOOL_FAILED', `expected ${file} to start, got ${spawnCode}`, {tool})
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? ''
}

/** The error for a tool that did not do what it was asked; null when it ended with one of `okExitCodes`. */
export function toolError(
  call: ToolCall,
  ending: ToolEnding,
  interruption: ToolInterruption | null,
  okExitCodes: readonly number[],
): ServiceError | null {
  const tool = failureOf(call, ending, interruption === 'timeout')
  const {file} = call
  if (ending.spawnCode !== null) return notStarted(call, ending.spawnCode, tool)
  if (ending.outputTooLong) {
    return serviceError('HSVC_UNEXPECTED_OUTPUT', `expected less output of ${file}, got more than fits`, {tool})
  }
  if (interruption === 'abort') return serviceError('HSVC_ABORTED', `interrupted while ${file} was running`, {tool})
  if (interruption === 'timeout') {
    const message = `expected ${file} to end within ${String(call.timeoutMs / 1000)} s, got no end and killed it`
    return serviceError('HSVC_TIMEOUT', message, {tool, hint: `see why ${file} hangs, then retry`})
  }
  if (ending.exitCode !== null && okExitCodes.includes(ending.exitCode)) return null
  const got = ending.exitCode === null ? (ending.signal ?? 'no exit code') : String(ending.exitCode)
  const said = lastLine(tool.stderr)
  const message = `expected ${file} to exit with ${okExitCodes.join(' or ')}, got ${got}`
  return serviceError('HSVC_TOOL_FAILED', said === '' ? message : `${message}: ${said}`, {tool})
}
