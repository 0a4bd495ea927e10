import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {
  answersSignalZero,
  type BackendContext,
  isServiceError,
  profileHome,
  profilesOnDisk,
  readRegularFile,
  type Writer,
} from '@hermes-svc/core'
import type {FoundTask, Schtasks} from './schtasks.js'
import type {WindowsMachine} from './windows-machine.js'
import {parseTask} from './task-definition.js'

/** Where Hermes has the scripts of its own tasks, in the home of a profile. */
export const SCRIPTS = 'gateway-service'
const SCRIPT = /^(Hermes_Gateway(?:_[^.]*)?)\.(?:vbs|js|cmd)$/
/** The ends of their names, and of those of entries in the Startup folder. */
export const EXTENSIONS: readonly string[] = ['.vbs', '.js', '.cmd']
/** Where a gateway of Hermes writes down who it is. */
const PID_FILE = 'gateway.pid'

/** A definition that Hermes itself made. */
export interface ForeignDefinition {
  readonly profile: string
  /** Name of the task and, without its end, of the entry in the Startup folder. */
  readonly name: string
  /** The XML of the task; null where there is none or it may not be read. */
  readonly xml: string | null
  readonly isTask: boolean
  readonly isEnabled: boolean
  /** Paths of its entries in the Startup folder. */
  readonly entries: readonly string[]
}

/** The same with what runs. */
export interface ForeignGateway extends ForeignDefinition {
  /** The process that says to be this gateway; null where none does, or it is gone. */
  readonly pid: number | null
}

/** The pid in what Hermes wrote; earlier versions wrote the bare number. Pure. */
export function parsePidFile(text: string): number | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    const pid = typeof value === 'number' ? value : (value as {pid?: unknown} | null)?.pid
    return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 ? pid : null
  } catch {
    return null
  }
}

function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work()
  } catch {
    return otherwise
  }
}

/**
 * Finds the gateways that Hermes installed itself. A home that has its scripts tells that there may be one, so that nothing is
 * asked of Windows where there is none.
 */
export class ForeignGateways {
  readonly #root: string
  readonly #startup: string | null
  readonly #schtasks: Schtasks
  readonly #run: Writer['run']
  readonly #logger: BackendContext['logger']

  constructor(root: string, {startup, schtasks, writer}: WindowsMachine, logger: BackendContext['logger']) {
    this.#root = root
    this.#startup = startup
    this.#schtasks = schtasks
    this.#run = writer.run
    this.#logger = logger
  }

  /**
   * Sorted by profile; those of `profiles` only where that is given. Rejects what schtasks answers where it cannot be asked, but
   * for profiles that have a gateway of `ours`: those verbs act on, whatever stands beside it.
   */
  async find(
    profiles: readonly string[] | undefined,
    ours: readonly string[],
    signal?: AbortSignal,
  ): Promise<ForeignDefinition[]> {
    const asked = profiles ?? this.#run(() => profilesOnDisk(this.#root).profiles)
    const named = asked.flatMap(profile => this.#names(profile).map(name => ({profile, name})))
    const found: ForeignDefinition[] = []
    for (const {profile, name} of named) {
      const gateway = await this.#examine(profile, name, ours.includes(profile), signal)
      if (gateway !== null) found.push(gateway)
    }
    return found.sort((a, b) => (a.profile < b.profile ? -1 : 1))
  }

  /** The process that says to be the gateway of a profile; null where none does, or it is gone. */
  pid(profile: string): number | null {
    const path = join(profileHome(this.#root, profile), PID_FILE)
    const pid = parsePidFile(this.#run(() => attempt(() => readRegularFile(path), '')))
    return pid !== null && answersSignalZero(pid) ? pid : null
  }

  #names(profile: string): string[] {
    const directory = join(profileHome(this.#root, profile), SCRIPTS)
    const files = this.#run(() => attempt(() => readdirSync(directory), []))
    return [...new Set(files.flatMap(file => SCRIPT.exec(file)?.[1] ?? []))]
  }

  async #examine(
    profile: string,
    name: string,
    isBesideOurs: boolean,
    signal?: AbortSignal,
  ): Promise<ForeignDefinition | null> {
    const folder = this.#startup
    const entries = folder === null ? [] : EXTENSIONS.map(end => join(folder, `${name}${end}`)).filter(existsSync)
    const task = await this.#readTask(name, {hasEntry: entries.length > 0, isBesideOurs}, signal)
    if (task === 'absent' && entries.length === 0) return null
    const xml = typeof task === 'string' ? null : task.xml
    const isEnabled = xml === null ? true : parseTask(xml)?.isEnabled !== false
    return {profile, name, xml, isTask: task !== 'absent', isEnabled, entries}
  }

  async #readTask(
    name: string,
    {hasEntry, isBesideOurs}: {hasEntry: boolean; isBesideOurs: boolean},
    signal?: AbortSignal,
  ): Promise<FoundTask> {
    try {
      return await this.#schtasks.read(name, signal)
    } catch (error) {
      if (!isServiceError(error)) throw error
      // Hermes has an entry where it could make no task, and then no task.
      if (error.code === 'HSVC_TOOL_MISSING' || (error.code === 'HSVC_TIMEOUT' && hasEntry)) return 'absent'
      if (error.code !== 'HSVC_TIMEOUT' || !isBesideOurs) throw error
      this.#logger.incomplete(`whether there is a task ${name} could not be looked at: ${error.message}`)
      return 'absent'
    }
  }
}
