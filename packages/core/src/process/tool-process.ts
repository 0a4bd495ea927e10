import type {Options} from 'execa'
import {collectOutput} from './collect-output.js'
import {adoptGroup, forgetGroup, signalGroup} from './process-group.js'
import type {ToolEnding, ToolInterruption} from './tool-error.js'
import {endWindowsDescendants} from './windows-descendants.js'

const GRACE_MS = 500

/** What the tool gets, and whether its standard output is collected or streamed. */
export interface ToolSettings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string | undefined
  readonly input: string | Uint8Array | undefined
  readonly collectStdout: boolean
}

/** A running tool and everything it started. */
export interface ToolProcess {
  /** Resolves however it ended; never rejects. */
  readonly ended: Promise<ToolEnding>
  /** Empty when standard output is collected. */
  readonly stdout: AsyncIterable<Uint8Array>
  /** Who ended it, null so far. */
  readonly interruption: () => ToolInterruption | null
  /** TERM to the whole group, KILL half a second later or as soon as its first process is gone. On Windows all end at once. */
  readonly interrupt: (by: ToolInterruption) => void
}

const NOTHING = new Uint8Array()

async function* noOutput(): AsyncIterable<Uint8Array> {
  // Nothing to give.
}

function optionsOf(settings: ToolSettings): Options {
  return {
    env: settings.env,
    extendEnv: false,
    ...(settings.cwd === undefined ? {} : {cwd: settings.cwd}),
    ...(settings.input === undefined ? {stdin: 'ignore'} : {input: settings.input}),
    // A group of its own, so that a tool is ended together with what it started.
    detached: process.platform !== 'win32',
    encoding: 'buffer',
    buffer: false,
    reject: false,
    windowsHide: true,
  }
}

/** A tool that could not even be asked to start, such as one with a NUL in its arguments. */
function unstarted(thrown: unknown): ToolProcess {
  const code = (thrown as {code?: unknown}).code
  const spawnCode = typeof code === 'string' ? code : 'an invalid argument'
  const ending = {exitCode: null, signal: null, spawnCode, stdout: NOTHING, stderr: NOTHING, outputTooLong: false}
  return {ended: Promise.resolve(ending), stdout: noOutput(), interruption: () => null, interrupt: () => undefined}
}

/** On Windows, which has no groups, ends what an interrupted tool started. It is best effort: the tool itself is gone. */
async function endRest(pid: number, fromMs: number): Promise<void> {
  await endWindowsDescendants({pid, fromMs, toMs: Date.now()}).catch(() => undefined)
}

/** Starts a tool with exactly that environment and no shell. execa is imported here, since that takes 75 ms. */
export async function startTool(file: string, args: readonly string[], settings: ToolSettings): Promise<ToolProcess> {
  const {execa} = await import('execa')
  const startedAtMs = Date.now()
  let child
  try {
    child = execa(file, [...args], {...optionsOf(settings), stdout: 'pipe', stderr: 'pipe'})
  } catch (thrown) {
    return unstarted(thrown)
  }
  const {pid} = child
  let interruption: ToolInterruption | null = null
  let killTimer: NodeJS.Timeout | undefined
  if (pid !== undefined) adoptGroup(pid)

  const kill = () => {
    if (pid !== undefined) signalGroup(pid, 'SIGKILL')
    // A process that left the group may still hold our ends of the pipes.
    child.stdout.destroy()
    child.stderr.destroy()
  }
  const interrupt = (by: ToolInterruption) => {
    if (interruption !== null || pid === undefined) return
    interruption = by
    signalGroup(pid, 'SIGTERM')
    killTimer = setTimeout(kill, GRACE_MS)
    child.once('exit', kill)
    // It may have exited before, while something it started held the pipes.
    if (child.exitCode !== null || child.signalCode !== null) kill()
  }
  const stdout = settings.collectStdout ? collectOutput(child.stdout, kill) : null
  const stderr = collectOutput(child.stderr, kill)
  const ended = child.then(async result => {
    clearTimeout(killTimer)
    if (pid !== undefined) forgetGroup(pid)
    if (pid !== undefined && interruption !== null && process.platform === 'win32') await endRest(pid, startedAtMs)
    return {
      exitCode: result.exitCode ?? null,
      signal: result.signal ?? null,
      spawnCode: pid === undefined ? (result.code ?? 'an unknown error') : null,
      stdout: stdout?.bytes() ?? NOTHING,
      stderr: stderr.bytes(),
      outputTooLong: stdout?.isTooLong() === true || stderr.isTooLong(),
    }
  })
  return {ended, stdout: stdout === null ? child.stdout : noOutput(), interruption: () => interruption, interrupt}
}
