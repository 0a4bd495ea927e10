import {type ChildProcess, spawn} from 'node:child_process'
import {statSync} from 'node:fs'
import type {Readable} from 'node:stream'
import {identityOf, type ProcessIdentity} from '@hermes-svc/core/process-identity'
import {INVOCATION_VARIABLE} from './invocation.js'
import type {Definition} from './runner-files.js'
import type {Environment} from './runner-spec.js'

/** How the main process of a gateway ended. 127 and 126 stand for "not found" and "cannot be executed", as in a shell. */
export interface GatewayEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it could not be executed; null when it ran. */
  readonly problem: string | null
}

/** A gateway that was started. */
export interface GatewayProcess {
  /** null when it could not be executed. */
  readonly identity: ProcessIdentity | null
  readonly outputs: readonly Readable[]
  readonly ended: Promise<GatewayEnd>
  signal(name: NodeJS.Signals): void
}

// Without these, Windows cannot load its own socket or crypto libraries, or find a shell.
const WINDOWS_VARIABLES = [
  'SystemRoot',
  'windir',
  'SystemDrive',
  'ComSpec',
  'PATHEXT',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'USERNAME',
  'APPDATA',
  'LOCALAPPDATA',
  'ProgramData',
  'ProgramFiles',
  'NUMBER_OF_PROCESSORS',
  'PROCESSOR_ARCHITECTURE',
]

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
  for (const key of WINDOWS_VARIABLES) {
    const value = inherited[key]
    if (value !== undefined && !given.has(key.toLowerCase())) whole[key] = value
  }
  return whole
}

function explain(error: NodeJS.ErrnoException, file: string, cwd: string): GatewayEnd {
  // A working directory that is missing shows up as the program missing.
  const place = statSync(cwd, {throwIfNoEntry: false})?.isDirectory() === true ? file : `working directory ${cwd}`
  const code = error.code ?? error.message
  return {code: code === 'ENOENT' ? 127 : 126, signal: null, problem: `cannot execute ${place}: ${code}`}
}

/** Starts the gateway in a session of its own. What cannot be executed is an end like any other, never an exception. */
export function spawnGateway({spec, env}: Definition, invocation: string): GatewayProcess {
  const [file = '', ...args] = spec.argv
  let child: ChildProcess
  try {
    child = spawn(file, args, {
      argv0: file,
      cwd: spec.cwd,
      env: gatewayEnvironment(env, invocation),
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  } catch (error) {
    const end = explain(error as NodeJS.ErrnoException, file, spec.cwd)
    return {identity: null, outputs: [], ended: Promise.resolve(end), signal: () => undefined}
  }
  const {pid} = child
  return {
    identity: pid === undefined ? null : identityOf(pid),
    outputs: pid === undefined ? [] : [child.stdout, child.stderr].filter(each => each !== null),
    ended: new Promise(resolve => {
      child.once('exit', (code, signal) => {
        resolve({code, signal, problem: null})
      })
      child.once('error', error => {
        if (pid === undefined) resolve(explain(error, file, spec.cwd))
      })
    }),
    signal(name) {
      // Node keeps the pid from reuse until it has seen the exit, and refuses to signal after that.
      child.kill(name)
    },
  }
}
