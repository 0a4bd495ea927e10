import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {joinArguments} from '../../../packages/backend-windows/dist/command-line.js'
import {EXTENSIONS, renderLauncher} from '../../../packages/backend-windows/dist/launcher.js'
import {encodeTask, renderTask} from '../../../packages/backend-windows/dist/task-xml.js'
import type {RealWindows, ToolAnswer} from './real-windows.js'
import {PREFIX, serviceOf, Witness} from './throw-away.js'

/** What is special about a task. */
export interface ProbeOptions {
  readonly autostart?: boolean
  readonly description?: string
  /** Arguments of the program that it starts, after its directory. */
  readonly args?: readonly string[]
  /** Changes the XML that the backend would write. */
  readonly change?: (xml: string) => string
}

/** By this a task is found again in its XML. */
export const SOURCE = 'hermes-svc 0123456789abcdef fedcba9876543210'

let count = 0

/** A task as the backend makes them, which starts a witness through a launcher and waits for it. */
export class ProbeTask {
  readonly name: string
  readonly witness: Witness
  readonly #windows: RealWindows
  readonly #xml: string

  constructor(windows: RealWindows, {autostart = false, description = 'a probe', args = [], change}: ProbeOptions) {
    count += 1
    this.name = serviceOf(`${PREFIX}probe-${String(process.pid)}-${String(count)}`)
    this.#windows = windows
    this.witness = new Witness(...args)
    const {directory, argv} = this.witness
    const [engine = 'jscript'] = windows.engines
    const launcher = join(directory, `launcher${EXTENSIONS[engine]}`)
    writeFileSync(launcher, renderLauncher(engine, {title: 'A probe.', program: argv, required: [], waits: true}))
    const language = engine === 'jscript' ? ['//E:JScript'] : []
    const xml = renderTask({
      description,
      source: SOURCE,
      userId: windows.userId,
      command: join(windows.system, 'wscript.exe'),
      args: joinArguments(['//B', '//Nologo', ...language, launcher]),
      autostart,
    })
    this.#xml = join(directory, 'task.xml')
    writeFileSync(this.#xml, encodeTask(change?.(xml) ?? xml))
  }

  /** Asks schtasks for this task. */
  async ask(verb: string, ...more: readonly string[]): Promise<ToolAnswer> {
    return await this.#windows.run('schtasks.exe', verb, '/TN', this.name, ...more)
  }

  /** Registers it. */
  async create(...more: readonly string[]): Promise<ToolAnswer> {
    return await this.ask('/Create', '/XML', this.#xml, ...more)
  }

  /** Registers it and has it run; gives its process. Rejects where either is refused. */
  async running(): Promise<number> {
    for (const answer of [await this.create('/F'), await this.ask('/Run')])
      if (answer.code !== 0) throw new Error(answer.stderr.toString('latin1'))
    return await this.witness.started()
  }

  async remove(): Promise<void> {
    await this.ask('/Delete', '/F')
    await this.witness.remove()
  }
}
