import {spawn} from 'node:child_process'
import {existsSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {writeJson} from './json-files.js'
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
}

/** Starts an action that outlives this process, and gives the directory in which its life can be read. */
export function startRun(runs: string, {argv, cwd, env, delayMs}: Start): string {
  const directory = join(runs, `${String(Date.now())}.${String(process.pid)}.${String((started += 1))}`)
  mkdirSync(directory, {recursive: true})
  const keeper = process.platform === 'win32' ? [process.execPath, NODE_KEEPER] : ['/bin/sh', SHELL_KEEPER]
  const [program = '', ...first] = keeper
  const child = spawn(program, [...first, directory, String(delayMs / 1000), ...argv], {
    env,
    cwd: cwd !== undefined && existsSync(cwd) ? cwd : undefined,
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
  })
  child.unref()
  writeJson(join(directory, 'keeper'), identify(child.pid ?? 0))
  return directory
}
