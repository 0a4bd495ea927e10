import {serviceError} from '../errors/service-error.js'
import {LineSplitter} from '../logs/line-splitter.js'
import {toolError, type ToolCall} from './tool-error.js'
import {startTool, type ToolProcess} from './tool-process.js'
import type {ToolOptions, ToolResult} from './tool-runner.js'

/** Names and values for a process. */
export type Environment = Readonly<Record<string, string | undefined>>

function decode(bytes: Uint8Array, encoding: ToolCall['encoding']): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding)
}

function assertNotAborted(file: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw serviceError('HSVC_ABORTED', `interrupted before ${file} was started`)
}

/** Ends the tool at its deadline or at the caller's signal; the result takes both away again. */
function watch(tool: ToolProcess, timeoutMs: number, signal: AbortSignal | undefined): () => void {
  const onAbort = () => {
    tool.interrupt('abort')
  }
  const timer = Number.isFinite(timeoutMs) ? setTimeout(tool.interrupt, timeoutMs, 'timeout') : undefined
  signal?.addEventListener('abort', onAbort, {once: true})
  // The signal may have aborted while execa was imported.
  if (signal?.aborted === true) onAbort()
  return () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

async function finish(tool: ToolProcess, call: ToolCall, options: ToolOptions): Promise<ToolResult> {
  const ending = await tool.ended
  const error = toolError(call, ending, tool.interruption(), options.okExitCodes ?? [0])
  if (error !== null) throw error
  const text = (bytes: Uint8Array): string => decode(bytes, call.encoding)
  return {exitCode: ending.exitCode ?? 0, stdout: text(ending.stdout), stderr: text(ending.stderr)}
}

/** Runs a tool to its end. Rejects as `ToolRunner.run` does. */
export async function runTool(env: Environment, call: ToolCall, options: ToolOptions): Promise<ToolResult> {
  assertNotAborted(call.file, options.signal)
  const tool = await startTool(call.file, call.args, {env, cwd: call.cwd, input: options.input, collectStdout: true})
  const unwatch = watch(tool, call.timeoutMs, options.signal)
  try {
    return await finish(tool, call, options)
  } finally {
    unwatch()
  }
}

/** The lines that a tool prints, as it prints them. */
export async function* streamLines(env: Environment, call: ToolCall, options: ToolOptions): AsyncIterable<string> {
  assertNotAborted(call.file, options.signal)
  const tool = await startTool(call.file, call.args, {env, cwd: call.cwd, input: options.input, collectStdout: false})
  const unwatch = watch(tool, call.timeoutMs, options.signal)
  const splitter = new LineSplitter()
  try {
    try {
      for await (const chunk of tool.stdout) yield* splitter.push(chunk)
    } catch (error) {
      // A stream that was closed under us is how an interrupted tool looks; finish() says which it was.
      if (tool.interruption() === null) throw error
    }
    const last = splitter.end()
    if (last !== null) yield last
    await finish(tool, call, options)
  } finally {
    unwatch()
    tool.interrupt('abort')
    await tool.ended
  }
}
