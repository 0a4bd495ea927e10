import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {eventually} from '../../testing/dist/eventually.js'
import type {RealWindows} from './real-windows.js'

/** What all profiles that are made here begin with. Nobody calls one so. */
export const PREFIX = 'hsvc-windows-'

/** The service name of such a profile: of its task, and of its entry in the Startup folder. */
export function serviceOf(profile: string): string {
  return `hermes-svc-${profile}`
}

/** A program that writes down that it was started, and lives until it is told to end or nobody looks any more. */
const PROGRAM = `
const {appendFileSync, existsSync} = require('node:fs')
const {join} = require('node:path')
const directory = process.argv[2]
appendFileSync(join(directory, 'starts'), process.pid + ' ' + JSON.stringify(process.argv.slice(3)) + '\\n')
console.log('started')
setInterval(() => { if (!existsSync(directory) || existsSync(join(directory, 'end'))) process.exit(Number(process.argv[3] ?? 0)) }, 50)
`

/** A directory with a program that can be counted and ended. */
export class Witness {
  readonly directory: string
  readonly argv: readonly string[]

  constructor(...args: readonly string[]) {
    this.directory = mkdtempSync(join(realpathSync(tmpdir()), PREFIX))
    const program = join(this.directory, 'program.cjs')
    writeFileSync(program, PROGRAM)
    this.argv = [process.execPath, program, this.directory, ...args]
  }

  /** Process ids, in the order of the starts. */
  starts(): number[] {
    const file = join(this.directory, 'starts')
    if (!existsSync(file)) return []
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    return lines.map(line => Number.parseInt(line, 10))
  }

  /** Those that live. */
  alive(): number[] {
    return this.starts().filter(pid => {
      try {
        process.kill(pid, 0)
        return true
      } catch {
        return false
      }
    })
  }

  /** Waits for one more start than there were; gives its process. */
  async started(before = 0, deadlineMs?: number): Promise<number> {
    return await eventually('one more start', () => this.starts()[before], deadlineMs)
  }

  /** Lets whatever runs end by itself. */
  async end(): Promise<void> {
    mkdirSync(join(this.directory, 'end'), {recursive: true})
    await eventually('it has ended', () => this.alive().length === 0)
    rmSync(join(this.directory, 'end'), {recursive: true, force: true})
  }

  /** Ends what runs, and removes the directory. */
  async remove(): Promise<void> {
    await this.end()
    rmSync(this.directory, {recursive: true, force: true, maxRetries: 20})
  }
}

/** What of Hermes or hermes-svc there is for Windows to start. */
export interface Surroundings {
  /** Names of tasks. */
  readonly tasks: readonly string[]
  /** Everything in the Startup folder. */
  readonly entries: readonly string[]
}

/** Looks at what must be the same afterwards. */
export async function lookAround({run, startup}: RealWindows): Promise<Surroundings> {
  const {stdout} = await run('schtasks.exe', '/Query', '/FO', 'CSV', '/NH')
  const names = [...stdout.toString('latin1').matchAll(/^"\\?([^"]*)"/gm)].map(match => match[1] ?? '')
  const tasks = [...new Set(names)].filter(name => /^(?:hermes-svc-|Hermes_Gateway)/.test(name)).sort()
  return {tasks, entries: existsSync(startup) ? readdirSync(startup).sort() : []}
}

/** What was made here and is there still, which is removed. */
export async function sweep(windows: RealWindows): Promise<string[]> {
  const isOurs = (name: string): boolean => name.startsWith(serviceOf(PREFIX))
  const found = await lookAround(windows)
  const [tasks, entries] = [found.tasks.filter(isOurs), found.entries.filter(isOurs)]
  for (const name of tasks) await windows.run('schtasks.exe', '/Delete', '/F', '/TN', name)
  for (const name of entries) rmSync(join(windows.startup, name), {force: true})
  return [...tasks, ...entries]
}
