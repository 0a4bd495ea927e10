import {execFile} from 'node:child_process'
import {appendFileSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {hostname, userInfo} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import type {
  Faults,
  FakeWindowsOptions,
  TaskView,
} from '../../../packages/backend-windows/dist-test/fake-windows/fake-windows.js'
import {eventually} from '../../testing/dist/eventually.js'
import {whyNotWine} from './wine.js'
import {type WineMachine, windowsPath} from './wine-machine.js'

const COMPILER = '/usr/bin/x86_64-w64-mingw32-gcc'
const TRAMPOLINE = fileURLToPath(new URL('../trampoline.c', import.meta.url))
const FAKE = new URL('../../../packages/backend-windows/dist-test/fake-windows/', import.meta.url)

/** Programs that Wine has too, as something that does nothing or knows other options. */
const PROGRAMS = ['schtasks', 'whoami', 'net', 'taskkill']
/** What the scheduler keeps, in place of the registry. */
const STATE = 'C:\\scheduler'
/** Where trampoline.c asks. */
const PIPE = String.raw`\\.\pipe\hsvc-fake-windows`
/** What a session and node.exe take to begin, beside other tests. */
const SERVICE_MS = 60_000
const SESSION_MS = 3_600_000

/** The reason of a skip where there can be no fake Task Scheduler, or an empty string. */
export function whyNotScheduler(): string {
  return whyNotWine() || (existsSync(COMPILER) ? '' : 'needs gcc-mingw-w64-x86-64-win32')
}

function main(name: string): string {
  return windowsPath(fileURLToPath(new URL(`${name}-main.js`, FAKE)))
}

/** The fake Task Scheduler of backend-windows as programs of a machine of Wine, whose own schtasks loses what it is told. */
export class FakeScheduler {
  readonly #machine: WineMachine

  private constructor(machine: WineMachine) {
    this.#machine = machine
  }

  /** Puts its programs into the System32 of a machine on which nothing runs. */
  static async install(machine: WineMachine, options: FakeWindowsOptions = {}): Promise<FakeScheduler> {
    machine.logoff()
    const trampoline = join(machine.prefix, 'trampoline.exe')
    await promisify(execFile)(COMPILER, [
      '-municode',
      '-Wl,--subsystem,windows',
      '-O1',
      '-s',
      '-o',
      trampoline,
      TRAMPOLINE,
    ])
    for (const program of PROGRAMS) {
      const path = join(machine.drive, 'windows', 'system32', program)
      // It may be a link to a file of all prefixes.
      rmSync(`${path}.exe`, {force: true})
      copyFileSync(trampoline, `${path}.exe`)
      writeFileSync(`${path}.command`, `"${machine.nodeProgram}" "${main('program')}" ${program} "${STATE}"\n`)
    }
    // Otherwise Wine takes its own ones, whatever lies in their place.
    const overrides = PROGRAMS.map(program => `"${program}.exe"="native"\n`).join('')
    appendFileSync(join(machine.prefix, 'user.reg'), `\n[Software\\\\Wine\\\\DllOverrides]\n${overrides}`)
    mkdirSync(join(machine.drive, 'scheduler'), {recursive: true})
    const scheduler = new FakeScheduler(machine)
    await scheduler.#control('make', {user: userInfo().username, computer: hostname().toUpperCase(), ...options})
    return scheduler
  }

  /** Starts a service that answers for the programs until the log-off, so that none has to start node.exe. It asks nobody for a yes. */
  async serve(): Promise<void> {
    const isUp = join(this.#machine.drive, 'scheduler', 'service')
    rmSync(isUp, {force: true})
    // Its end is that of the session, and maybe of the machine, with all that it has said.
    this.#machine.node([main('service'), STATE, PIPE], {}, SESSION_MS).catch(() => undefined)
    await eventually('the Task Scheduler is up', () => existsSync(isUp), SERVICE_MS)
  }

  /** What the scheduler does at a logon, to be called after that of the machine. Gives the names of tasks that it starts. */
  async logOn(): Promise<string[]> {
    return (await this.#control('boot')) as string[]
  }

  /** The next moment comes at which heartbeats are due. Gives the names of tasks that it starts. */
  async tick(): Promise<string[]> {
    return (await this.#control('tick')) as string[]
  }

  /** What there is, sorted by name. */
  async tasks(): Promise<TaskView[]> {
    return (await this.#control('tasks')) as TaskView[]
  }

  /** Changes some faults from now on; those left out stay as they are. */
  async setFaults(faults: Partial<Faults>): Promise<void> {
    await this.#control('faults', faults)
  }

  async #control(verb: string, value: unknown = {}): Promise<unknown> {
    const {code, stdout, stderr} = await this.#machine.node([main('control'), STATE, verb, JSON.stringify(value)])
    if (code !== 0) throw new Error(`expected that ${verb} works, got ${String(code)}: ${stderr}`)
    return JSON.parse(stdout)
  }
}
