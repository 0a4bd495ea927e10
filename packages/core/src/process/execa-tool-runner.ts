import {serviceError} from '../errors/service-error.js'
import {LineSplitter} from '../logs/line-splitter.js'
import {toolError, type ToolCall} from './tool-error.js'
import {startTool, type ToolProcess} from './tool-process.js'
import type {ToolOptions, ToolResult, ToolRunner} from './tool-runner.js'

const DEFAULT_TIMEOUT_MS = 10_000

type Environment = Readonly<Record<string, string | undefined>>

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

async function runTool(env: Environment, call: ToolCall, options: ToolOptions): Promise<ToolResult> {
  assertNotAborted(call.file, options.signal)
  const tool = await startTool(call.file, call.args, {env, cwd: call.cwd, input: options.input, collectStdout: true})
  const unwatch = watch(tool, call.timeoutMs, options.signal)
  try {
    return await finish(tool, call, options)
  } finally {
    unwatch()
  }
}

async function* streamLines(env: Environment, call: ToolCall, options: ToolOptions): AsyncIterable<string> {
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

/**
 * Runs tools with execa, in the given environment with LC_ALL=C. Output is decoded as UTF-8 unless asked otherwise, other bytes become U+FFFD;
 * of one stream 32 MiB are taken, more rejects HSVC_UNEXPECTED_OUTPUT. `lines` has no timeout unless it is given one.
 */
export function createToolRunner(env: Environment): ToolRunner {
  const inEnglish = {...env, LC_ALL: 'C'}
  const callOf = (file: string, args: readonly string[], options: ToolOptions, fallbackMs: number) => {
    const {cwd, timeoutMs = fallbackMs, encoding = 'utf8'} = options
    return {file, args, cwd, timeoutMs, encoding, searchPath: (options.env ?? env)['PATH'] ?? ''}
  }
  return {
    run: (file, args, options = {}) =>
      runTool(options.env ?? inEnglish, callOf(file, args, options, DEFAULT_TIMEOUT_MS), options),
    lines: (file, args, options = {}) =>
      streamLines(options.env ?? inEnglish, callOf(file, args, options, Infinity), options),
  }
}
