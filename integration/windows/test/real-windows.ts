import {spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import type {ScriptEngine} from '../../../packages/backend-windows/dist/launcher.js'

const LONGEST_MS = 60_000
const QUIET_MS = 3000
/** S-1-16-12288 is the integrity level of a process with administrator rights (well-known SIDs). */
const HIGH_INTEGRITY = 'S-1-16-12288'

/** What a tool of Windows answered, byte for byte; code null where it did not within a minute. */
export interface ToolAnswer {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** The Windows that is asked and tried. */
export interface RealWindows {
  /** `C:\Windows\System32`. */
  readonly system: string
  /** SID of the account. */
  readonly userId: string
  readonly isElevated: boolean
  readonly engines: readonly ScriptEngine[]
  /** The Startup folder of the account. */
  readonly startup: string
  /** Within this, whatever is to happen has happened. Milliseconds. */
  readonly quietMs: number
  /** Runs a program of the system directory, or one by its whole path. */
  readonly run: (file: string, ...args: string[]) => Promise<ToolAnswer>
}

/** Why there is no Windows to be tried, or an empty string. */
export function whyNoWindows(): string {
  return process.platform === 'win32' ? '' : 'needs Windows'
}

async function runTool(file: string, args: readonly string[]): Promise<ToolAnswer> {
  const child = spawn(file, args, {stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true})
  const parts: {out: Buffer[]; err: Buffer[]} = {out: [], err: []}
  child.stdout.on('data', (part: Buffer) => parts.out.push(part))
  child.stderr.on('data', (part: Buffer) => parts.err.push(part))
  const timer = setTimeout(() => child.kill(), LONGEST_MS)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) => resolve(signal === null ? exitCode : null))
  })
  clearTimeout(timer)
  return {code, stdout: Buffer.concat(parts.out), stderr: Buffer.concat(parts.err)}
}

/** This Windows. Rejects where it does not tell the account. */
export async function openWindows(): Promise<RealWindows> {
  const {SystemRoot = String.raw`C:\Windows`, APPDATA = ''} = process.env
  const system = join(SystemRoot, 'System32')
  const run = (file: string, ...args: string[]): Promise<ToolAnswer> =>
    runTool(/[\\/]/.test(file) ? file : join(system, file), args)
  const account = (await run('whoami.exe', '/user', '/fo', 'csv', '/nh')).stdout.toString('latin1')
  const userId = /"(S-1-[\d-]+)"\s*$/.exec(account)?.[1]
  if (userId === undefined) throw new Error(`expected whoami /user to end with a SID, got ${JSON.stringify(account)}`)
  const groups = (await run('whoami.exe', '/groups', '/fo', 'csv', '/nh')).stdout.toString('latin1')
  return {
    system,
    userId,
    isElevated: groups.includes(HIGH_INTEGRITY),
    engines: existsSync(join(system, 'vbscript.dll')) ? ['vbscript', 'jscript'] : ['jscript'],
    startup: join(APPDATA, 'Microsoft', 'Windows', 'Start Menu', 'Programs', 'Startup'),
    quietMs: QUIET_MS,
    run,
  }
}
