import {spawn} from 'node:child_process'
import {existsSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {writeJson} from './json-files.js'
import {keepRun} from './keep-run.js'
import {identify} from './process-identity.js'

const SHELL_KEEPER = fileURLToPath(new URL('../../test/fake-windows/keeper.sh', import.meta.url))
const NODE_KEEPER = fileURLToPath(new URL('keeper-main.js', import.meta.url))

let started = 0

/** What is started. */
export interface Start {
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly delayMs: number
  /** Whether this process stays, and so needs no other that waits for the end. */
  readonly isKeptHere: boolean
}

function startKeeper(directory: string, {argv, cwd, env, delayMs}: Start): number {
  const keeper = process.platform === 'win32' ? [process.execPath, NODE_KEEPER] : ['/bin/sh', SHELL_KEEPER]
  const [program = '', ...first] = keeper
  const child = spawn(program, [...first, directory, String(delayMs / 1000), ...argv], {
    env,
    cwd,
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
  })
  child.unref()
  return child.pid ?? 0
}

/** Starts an action that outlives the call, and gives the directory in which its life can be read. */
export function startRun(runs: string, start: Start): string {
  const directory = join(runs, `${String(Date.now())}.${String(process.pid)}.${String((started += 1))}`)
  mkdirSync(directory, {recursive: true})
  const {argv, env, delayMs, isKeptHere} = start
  const cwd = start.cwd !== undefined && existsSync(start.cwd) ? start.cwd : undefined
  // Who ends a run that has not come yet ends its keeper.
  const staysHere = isKeptHere && delayMs === 0
  if (staysHere) keepRun(directory, argv, {cwd, env})
  const keeper = staysHere ? process.pid : startKeeper(directory, {...start, cwd})
  writeJson(join(directory, 'keeper'), identify(keeper))
  return directory
}
