import {type ChildProcess, execFile, spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {decodeText, encodeText} from './code-page.js'
import {changeFaults, type Faults} from './faults.js'
import {readJsonLines, writeJson} from './json-files.js'
import {Machine, type MachineFile} from './machine.js'
import {messagesIn} from './messages.js'
import {environmentIn, type Places, placesOf} from './places.js'
import {type AnsweringTool, runProgram} from './run-program.js'
import {boot, logOn, tick} from './session.js'
import {endSession} from './session-processes.js'
import {completeSettings, type FakeWindowsOptions, type Settings, type Tool} from './settings.js'
import type {Call} from './state-files.js'
import {type TaskView, viewTasks} from './task-view.js'

export {FAULT_PROFILES, type FaultProfile} from './fault-profiles.js'
export {type Faults, NO_FAULTS, type Occurrence, type Verb} from './faults.js'
export type {Places} from './places.js'
export {FAILURE, RESULT} from './results.js'
export type {FakeWindowsOptions, Language, Settings, Tool} from './settings.js'
export type {Call} from './state-files.js'
export type {TaskView} from './task-view.js'

const TOOLS: readonly Tool[] = ['schtasks', 'wscript', 'whoami', 'net', 'taskkill']

/** What a Windows opens an entry of the Startup folder with; whatever else is there shows itself. */
const SCRIPT = /\.(?:vbs|js)$/i

/** How a tool ended. The code is null where it was killed. */
export interface Ran {
  readonly code: number | null
  /** As somebody reads it who knows the code page. */
  readonly stdout: string
  readonly stderr: string
  readonly stdoutBytes: Buffer
  readonly stderrBytes: Buffer
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A fake Windows on Linux: the programs of a System32 that a backend runs, and a Task Scheduler that really starts things. */
export class FakeWindows {
  /** Everything that the machine has is below. */
  readonly directory: string
  readonly places: Places
  /** What a program that is started in the user's session finds around it. */
  readonly env: Readonly<Record<string, string>>
  readonly #machine: Machine
  readonly #starts: readonly string[]

  private constructor(directory: string, places: Places, settings: Settings) {
    this.directory = directory
    this.places = places
    this.env = environmentIn(places, settings)
    this.#starts = [`${directory}/`, ...settings.roots]
    this.#machine = new Machine(places.state)
  }

  /** Makes a machine with its user logged on. */
  static create(options: FakeWindowsOptions = {}): FakeWindows {
    const directory = mkdtempSync(join(realpathSync(tmpdir()), 'hsvc-win-'))
    const settings = completeSettings(options)
    const places = placesOf(directory, settings)
    for (const path of Object.values(places) as string[]) mkdirSync(path, {recursive: true})
    const fake = new FakeWindows(directory, places, settings)
    const {files} = fake.#machine
    for (const path of [files.tasks, files.runs]) mkdirSync(path, {recursive: true})
    const file: MachineFile = {...settings, environment: fake.env}
    writeJson(files.settings, file)
    changeFaults(files.faults, options.faults ?? {})
    for (const tool of TOOLS) if (!settings.missing.includes(tool)) fake.installTool(tool)
    if (settings.vbscript) writeFileSync(join(places.system32, 'vbscript.dll'), '')
    return fake
  }

  get settings(): Settings {
    return this.#machine.settings
  }

  get faults(): Faults {
    return this.#machine.faults
  }

  /** What chances are drawn from; worth printing where a test fails. */
  get seed(): number {
    return this.#machine.faults.seed
  }

  /** The path of a program of System32, which need not be there. */
  pathOf(tool: Tool): string {
    return join(this.places.system32, `${tool}.exe`)
  }

  /** Changes some faults from now on; those left out stay as they are. */
  setFaults(faults: Partial<Faults>): void {
    changeFaults(this.#machine.files.faults, faults)
  }

  /** Gives or takes the callers' administrator rights. */
  setElevated(elevated: boolean): void {
    writeJson(this.#machine.files.settings, {...this.#machine.settings, elevated})
  }

  /** Puts a program back. */
  installTool(tool: Tool): void {
    const main = fileURLToPath(new URL(tool === 'wscript' ? 'wscript-main.js' : 'program-main.js', import.meta.url))
    const words = [process.execPath, main, ...(tool === 'wscript' ? [] : [tool]), this.places.state]
    const command = words.map(quote).join(' ')
    const text = `#!/bin/sh\nunset NODE_OPTIONS NODE_EXTRA_CA_CERTS\nexec ${command} "$@"\n`
    writeFileSync(this.pathOf(tool), text, {mode: 0o755})
  }

  /** Takes a program away. */
  removeTool(tool: Tool): void {
    rmSync(this.pathOf(tool), {force: true})
  }

  /** No schtasks is answered until the function that this returns is called. */
  silence(): () => void {
    this.setFaults({hangs: true})
    return () => this.setFaults({hangs: false})
  }

  /** Runs a program of System32 to its end, with nothing on its standard input. Its exit code has eight bits here. */
  run(tool: Tool, ...args: string[]): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = execFile(this.pathOf(tool), args, {env: this.env, encoding: 'buffer'}, (error, stdout, stderr) => {
        if (error !== null && typeof error.code === 'string')
          reject(Object.assign(new Error(error.message), {code: error.code}))
        else resolve(this.#ranOf(child.exitCode, stdout, stderr))
      })
      child.stdin?.end()
    })
  }

  /** The same without a process, which takes a fiftieth of the time, and with all bits of the exit code. */
  async answer(tool: AnsweringTool, ...args: string[]): Promise<Ran> {
    return await this.answerUntil(undefined, tool, args)
  }

  /** The same for a caller that may give up, which rejects AbortError. */
  async answerUntil(signal: AbortSignal | undefined, tool: AnsweringTool, args: readonly string[]): Promise<Ran> {
    const {codePage} = messagesIn(this.settings.language)
    const {exitCode, stdout, stderr} = await runProgram(this.#machine, tool, args, () => Promise.resolve(null), signal)
    return this.#ranOf(exitCode, encodeText(stdout, codePage), encodeText(stderr, codePage))
  }

  /** Starts a program of System32 and leaves its standard input open, as a console does. */
  open(tool: Tool, ...args: string[]): ChildProcess {
    return spawn(this.pathOf(tool), args, {env: this.env, stdio: 'pipe'})
  }

  /** Every call of a program but wscript that was answered, or waits because it hangs, in that order. */
  calls(): Call[] {
    return readJsonLines<Call>(this.#machine.files.calls)
  }

  /** What the user saw: windows of programs with a console, of scripts, and of files that nobody can run. */
  flashes(): string[] {
    return readJsonLines<string>(this.#machine.files.flashes)
  }

  /** What was wrong with scripts that wscript ran, which nobody sees on Windows. */
  scriptErrors(): string[] {
    return readJsonLines<string>(this.#machine.files.scriptErrors)
  }

  /** What there is, sorted by name. */
  tasks(): TaskView[] {
    return viewTasks(this.#machine)
  }

  /** The task of a name, in any case. */
  task(name: string): TaskView | undefined {
    return this.tasks().find(task => task.name.toLowerCase() === name.toLowerCase())
  }

  /** Takes a task away, whatever schtasks would say to that. */
  removeTask(name: string): void {
    this.#machine.forget(name)
  }

  /** The names of what is in the Startup folder. */
  startupEntries(): string[] {
    return readdirSync(this.places.startup).sort()
  }

  /** The user logs on: tasks that wait for it are started, then what is in the Startup folder. */
  async logOn(): Promise<void> {
    await logOn(this.#machine)
    for (const name of this.startupEntries()) {
      if (name.toLowerCase() === 'desktop.ini') continue
      const path = join(this.places.startup, name)
      if (!SCRIPT.test(name)) this.#machine.flash(path)
      else {
        const child = spawn(this.pathOf('wscript'), [path], {
          cwd: this.places.startup,
          env: this.#machine.environment,
          detached: true,
          stdio: 'ignore',
        })
        // There may be no wscript.
        child.on('error', () => undefined)
        child.unref()
      }
    }
  }

  /** The user logs off; every process of the session ends. */
  async logOff(): Promise<void> {
    this.#machine.isLoggedOn = false
    await endSession(this.#starts)
  }

  /** The machine goes down and comes up; the user logs on again, unless told otherwise. */
  async reboot({logsOn = true} = {}): Promise<void> {
    await this.logOff()
    boot(this.#machine)
    if (logsOn) await this.logOn()
  }

  /** The next moment comes at which heartbeats are due. Gives the names of the tasks that it started. */
  tick(): Promise<string[]> {
    return tick(this.#machine)
  }

  /** Ends the machine; no process and no file is left. */
  async remove(): Promise<void> {
    await endSession(this.#starts)
    rmSync(this.directory, {recursive: true, force: true})
  }

  #ranOf(code: number | null, stdoutBytes: Buffer, stderrBytes: Buffer): Ran {
    const {codePage} = messagesIn(this.settings.language)
    const [stdout, stderr] = [decodeText(stdoutBytes, codePage), decodeText(stderrBytes, codePage)]
    return {code, stdout, stderr, stdoutBytes, stderrBytes}
  }
}
