import {type ChildProcess, spawn} from 'node:child_process'
import type {Readable} from 'node:stream'
import {dirname} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {RUNNER_MARK} from './invocation.js'
import {LAUNCH_DESCRIPTOR, type LaunchReply} from './launch-reply.js'
import {observeRunner} from './observe-runner.js'
import {runnerCommand} from './runner-command.js'
import {windowsVariables} from './windows-variables.js'

/** How to launch. */
export interface LaunchOptions {
  /** Account to run as, by root only. */
  readonly uid?: number
  readonly gid?: number
  readonly signal?: AbortSignal
  /** Default 10 000. The end of an orphan, which comes first, takes part of it. */
  readonly timeoutMs?: number
  /** Runs the launcher's own file work, for instance with the account's rights. */
  readonly run?: <T>(work: () => T) => T
}

/** `code` of the rejection when the runner itself was killed on its way. */
const RUNNER_ENDED = 'RUNNER_ENDED'

const RETRY_MS = 50

function runnerEnvironment(): Record<string, string> {
  const mark = {[RUNNER_MARK.slice(0, -1)]: '1'}
  return process.platform === 'win32' ? {...windowsVariables(process.env), ...mark} : mark
}

function refusal(message: string, code: string | null): Error {
  return Object.assign(new Error(message), code === null ? {} : {code})
}

function firstLine(child: ChildProcess, signal: AbortSignal): Promise<LaunchReply> {
  return new Promise((resolve, reject) => {
    let text = ''
    const pipe = child.stdio[LAUNCH_DESCRIPTOR] as Readable
    pipe.setEncoding('utf8')
    pipe.on('data', (part: string) => (text += part))
    child.once('error', reject)
    pipe.once('error', reject)
    pipe.once('close', () => {
      const end = text.indexOf('\n')
      if (end === -1) reject(refusal('it ended before it had started the gateway', RUNNER_ENDED))
      else resolve(JSON.parse(text.slice(0, end)) as LaunchReply)
    })
    signal.addEventListener(
      'abort',
      () => {
        pipe.destroy()
        reject(signal.reason as Error)
      },
      {once: true},
    )
  })
}

async function launchOnce(directory: string, options: LaunchOptions, signal: AbortSignal): Promise<LaunchReply> {
  const {uid, gid} = options
  const [program = '', ...args] = runnerCommand(directory)
  const child = spawn(program, args, {
    // Windows lets nobody remove a directory that a process is in.
    cwd: process.platform === 'win32' ? dirname(program) : '/',
    env: runnerEnvironment(),
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    ...(uid === undefined ? {} : {uid}),
    ...(gid === undefined ? {} : {gid}),
  })
  try {
    return await firstLine(child, signal)
  } catch (error) {
    // It may be on the way to starting the gateway: TERM makes it undo that in order.
    child.kill('SIGTERM')
    throw error
  } finally {
    child.unref()
  }
}

/**
 * Starts the runner of a directory, with a session of its own, and resolves when a runner has the gateway: this one, or
 * another that was there first. Rejects with the runner's own reason (`code` is the system error's, or RUNNER_ENDED), or
 * the signal's.
 */
export async function launchRunner(directory: string, options: LaunchOptions = {}): Promise<void> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 10_000)
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout])
  for (;;) {
    signal.throwIfAborted()
    const reply = await launchOnce(directory, options, signal)
    if (reply.outcome === 'running') return
    if (reply.outcome === 'refused') throw refusal(reply.message, reply.code)
    const {run = <T>(work: () => T): T => work()} = options
    const seen = run(() => observeRunner(directory))
    // The other runner may be about to end; then its place is free in a moment.
    if (seen?.supervised === true && seen.runner !== null && seen.state !== 'stopping') return
    await delay(RETRY_MS, undefined, {signal})
  }
}
