import {type ChildProcess, spawn} from 'node:child_process'
import {statSync} from 'node:fs'
import type {Readable} from 'node:stream'
import {identityOf, type ProcessIdentity} from '@hermes-svc/core/process-identity'
import {endWindowsDescendants} from '@hermes-svc/core/windows-descendants'
import {batchRefusal, spawnCommand} from './batch-command.js'
import {INVOCATION_VARIABLE} from './invocation.js'
import {killTree} from './process-tree.js'
import type {Definition} from './runner-files.js'
import type {Environment} from './runner-spec.js'
import {isRunner} from './windows-runner.js'
import {windowsVariables} from './windows-variables.js'

/** How the main process of a gateway ended. 127 and 126 stand for "not found" and "cannot be executed", as in a shell. */
export interface GatewayEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it could not be executed; null when it ran. */
  readonly problem: string | null
}

/** How a gateway is ended. */
interface Ending {
  /** Asks it to end. false where it cannot be asked or does not listen: then there is nothing to wait for. */
  askToEnd(): boolean
  /**
   * Kills it and whatever it has started, and gives the pids that would not die. On Windows what it has started goes once it
   * has ended itself. Rejects where processes cannot be listed.
   */
  killTree(): Promise<readonly number[]>
}

/** A gateway that was started. */
export interface GatewayProcess extends Ending {
  /** null when it could not be executed. */
  readonly identity: ProcessIdentity | null
  readonly outputs: readonly Readable[]
  readonly ended: Promise<GatewayEnd>
}

/** The environment of one start: the definition's, the invocation, and on Windows what the system itself needs. */
export function gatewayEnvironment(
  env: Environment,
  invocation: string,
  platform: NodeJS.Platform = process.platform,
  inherited: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const whole: Record<string, string> = {...env, [INVOCATION_VARIABLE]: invocation}
  if (platform !== 'win32') return whole
  const given = new Set(Object.keys(whole).map(key => key.toLowerCase()))
  const missing = Object.entries(windowsVariables(inherited)).filter(([key]) => !given.has(key.toLowerCase()))
  return {...Object.fromEntries(missing), ...whole}
}

function explain(error: NodeJS.ErrnoException, file: string, cwd: string): GatewayEnd {
  // A working directory that is missing shows up as the program missing.
  const place = statSync(cwd, {throwIfNoEntry: false})?.isDirectory() === true ? file : `working directory ${cwd}`
  const code = error.code ?? error.message
  return {code: code === 'ENOENT' ? 127 : 126, signal: null, problem: `cannot execute ${place}: ${code}`}
}

function unstarted(end: GatewayEnd): GatewayProcess {
  return {
    identity: null,
    outputs: [],
    ended: Promise.resolve(end),
    askToEnd: () => false,
    killTree: () => Promise.resolve([]),
  }
}

/** TERM, and KILL for all that has the invocation in its environment, the group, and their descendants. */
function endByPosix(child: ChildProcess, identity: ProcessIdentity, invocation: string): Ending {
  const {pid, startTime} = identity
  const main = startTime === null ? null : {pid, startTime}
  return {
    askToEnd() {
      // Node keeps the pid from reuse until it has seen the exit, and refuses to signal after that.
      child.kill('SIGTERM')
      return true
    },
    killTree: () => killTree({main, mark: `${INVOCATION_VARIABLE}=${invocation}`, groupIsOurs: true, isChild: true}),
  }
}

/**
 * Windows has no TERM. A stop is announced to Hermes in a file, so all that can be done is to wait, where it heeds that. The
 * main process is killed by its handle. What it leaves is known by the time in which its number was its own.
 */
function endByWindows(child: ChildProcess, pid: number, fromMs: number, heedsPlannedStop: boolean): Ending {
  let endedAtMs: number | null = null
  child.once('exit', () => (endedAtMs = Date.now()))
  return {
    askToEnd: () => heedsPlannedStop,
    async killTree() {
      child.kill('SIGKILL')
      return endedAtMs === null ? [] : await endWindowsDescendants({pid, fromMs, toMs: endedAtMs}, {spares: isRunner})
    },
  }
}

function spawnChild({spec, env}: Definition, invocation: string): ChildProcess {
  const {SystemRoot = 'C:\\Windows'} = process.env
  const {file, argv0, args, windowsVerbatimArguments} = spawnCommand(spec.argv, process.platform, SystemRoot)
  return spawn(file, args, {
    argv0,
    cwd: spec.cwd,
    env: gatewayEnvironment(env, invocation),
    // A session of its own. On Windows the word means to outlive the runner, and what Node starts without it never does.
    detached: process.platform !== 'win32',
    windowsHide: true,
    windowsVerbatimArguments,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Starts the gateway. What cannot be executed is an end like any other, never an exception. */
export function spawnGateway(definition: Definition, invocation: string): GatewayProcess {
  const {argv, cwd, heedsPlannedStop = false} = definition.spec
  const [file = ''] = argv
  const refusal = batchRefusal(argv, process.platform)
  if (refusal !== null) return unstarted({code: 126, signal: null, problem: `cannot execute ${file}: ${refusal}`})
  const startedAtMs = Date.now()
  let child: ChildProcess
  try {
    child = spawnChild(definition, invocation)
  } catch (error) {
    return unstarted(explain(error as NodeJS.ErrnoException, file, cwd))
  }
  const {pid} = child
  if (pid === undefined) {
    const ended = new Promise<GatewayEnd>(resolve => {
      child.once('error', error => {
        resolve(explain(error, file, cwd))
      })
    })
    return {...unstarted({code: null, signal: null, problem: null}), ended}
  }
  const identity = identityOf(pid)
  const ending =
    process.platform === 'win32'
      ? endByWindows(child, pid, startedAtMs, heedsPlannedStop)
      : endByPosix(child, identity, invocation)
  return {
    identity,
    outputs: [child.stdout, child.stderr].filter(each => each !== null),
    ended: new Promise(resolve => {
      child.once('exit', (code, signal) => {
        resolve({code, signal, problem: null})
      })
    }),
    ...ending,
  }
}
