import {existsSync} from 'node:fs'
import type {BackendContext, ToolOptions, ToolResult, ToolRunner} from '@hermes-svc/core'
import type {FakeWindows, Ran} from './fake-windows.js'
import type {AnsweringTool} from './run-program.js'

const ANSWERING: readonly AnsweringTool[] = ['schtasks', 'whoami', 'net', 'taskkill']
const DEFAULT_TIMEOUT_MS = 10_000

/** Judges an answer as createToolRunner() of core does. */
function resultOf(
  {error}: BackendContext,
  file: string,
  args: readonly string[],
  {code, stdoutBytes, stderrBytes}: Ran,
  {encoding = 'utf8', okExitCodes = [0]}: ToolOptions,
): ToolResult {
  const exitCode = code ?? 0
  const [stdout, stderr] = [stdoutBytes.toString(encoding), stderrBytes.toString(encoding)]
  if (okExitCodes.includes(exitCode)) return {exitCode, stdout, stderr}
  const tool = {file, args: [...args], exitCode, signal: null, stderr, timedOut: false}
  throw error(
    'HSVC_TOOL_FAILED',
    `expected ${file} to exit with ${okExitCodes.join(' or ')}, got ${String(exitCode)}`,
    {
      tool,
    },
  )
}

/**
 * A ToolRunner to which most programs of a fake Windows are functions of this process: a call takes a millisecond, and an exit
 * code has all of its bits, as on Windows. Everything else is left to the runner of the context, also what is missing. With
 * `longestMs` a call times out that soon, as if its whole timeout had passed, so that tests need not wait for what hangs.
 */
export function inProcessTools(fake: FakeWindows, context: BackendContext, longestMs = Infinity): ToolRunner {
  const {tools, error} = context
  const run: ToolRunner['run'] = async (file, args, options = {}) => {
    const tool = ANSWERING.find(each => fake.pathOf(each) === file)
    if (tool === undefined || !existsSync(file)) return await tools.run(file, args, options)
    const {timeoutMs = DEFAULT_TIMEOUT_MS} = options
    const timeout = new AbortController()
    const waitMs = Math.min(timeoutMs, longestMs)
    const timer = Number.isFinite(waitMs) ? setTimeout(() => timeout.abort(), waitMs) : undefined
    const signal = AbortSignal.any([timeout.signal, ...(options.signal ? [options.signal] : [])])
    try {
      return resultOf(context, file, args, await fake.answerUntil(signal, tool, args), options)
    } catch (thrown) {
      if (!signal.aborted) throw thrown
      if (!timeout.signal.aborted) throw error('HSVC_ABORTED', `interrupted while ${file} was running`)
      throw error('HSVC_TIMEOUT', `expected ${file} to end within ${String(timeoutMs / 1000)} s, got no end`)
    } finally {
      clearTimeout(timer)
    }
  }
  return {...tools, run}
}
