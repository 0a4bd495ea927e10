import {serviceError} from '../errors/service-error.js'
import {LineSplitter} from '../logs/line-splitter.js'
import {toolError, type ToolCall, type ToolEnding, type ToolInterruption} from './tool-error.js'
import {startTool, type ToolProcess} from './tool-process.js'
import type {ToolOptions, ToolResult} from './tool-runner.js'

/** Names and values for a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** One attempt: how it ended, and who ended it. */
interface Attempt {
  readonly ending: ToolEnding
  readonly interruption: ToolInterruption | null
}

/**
 * Why a tool may not start although the next attempt does: no room for a process at the moment, a file that is still being
 * written, a virus scanner that holds it. UNKNOWN is what libuv makes of errors of Windows that its table lacks, some of
 * which pass (nicobailon/pi-powerline-footer#219, heygen-com/hyperframes#4058).
 */
const MAY_PASS = new Set(['EAGAIN', 'EBUSY', 'ETXTBSY', 'UNKNOWN'])
/** Pauses before further attempts. Milliseconds. */
const PAUSES_MS = [50, 200, 500]

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

function judge({ending, interruption}: Attempt, call: ToolCall, options: ToolOptions): ToolResult {
  const error = toolError(call, ending, interruption, options.okExitCodes ?? [0])
  if (error !== null) throw error
  const text = (bytes: Uint8Array): string => decode(bytes, call.encoding)
  return {exitCode: ending.exitCode ?? 0, stdout: text(ending.stdout), stderr: text(ending.stderr)}
}

async function attempt(env: Environment, call: ToolCall, options: ToolOptions): Promise<Attempt> {
  assertNotAborted(call.file, options.signal)
  const tool = await startTool(call.file, call.args, {env, cwd: call.cwd, input: options.input, collectStdout: true})
  const unwatch = watch(tool, call.timeoutMs, options.signal)
  try {
    const ending = await tool.ended
    return {ending, interruption: tool.interruption()}
  } finally {
    unwatch()
  }
}

/** Waits, at most until the caller's signal. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const {setTimeout: sleep} = await import('node:timers/promises')
  await sleep(ms, undefined, signal && {signal}).catch(() => undefined)
}

/** Runs a tool to its end; one that could not be started for a reason that may pass is tried again. Rejects as `ToolRunner.run` does. */
export async function runTool(env: Environment, call: ToolCall, options: ToolOptions): Promise<ToolResult> {
  let last = await attempt(env, call, options)
  for (const pauseMs of PAUSES_MS) {
    const {spawnCode} = last.ending
    if (spawnCode === null || !MAY_PASS.has(spawnCode)) break
    await pause(pauseMs, options.signal)
    last = await attempt(env, call, options)
  }
  return judge(last, call, options)
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
    judge({ending: await tool.ended, interruption: tool.interruption()}, call, options)
  } finally {
    unwatch()
    tool.interrupt('abort')
    await tool.ended
  }
}
