import {existsSync, readFileSync, renameSync, rmSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {type BackendContext, publishFile, removeStaged} from '@hermes-svc/core'
import {serviceName, startupEntryPath, TASK_FILE} from './gateway-files.js'
import {ENGINES} from './launcher.js'
import type {GatewayFiles} from './plan-task.js'
import type {Unavailability} from './schtasks.js'
import {directoryDigest, isChanged, parseTask} from './task-definition.js'
import {decodeTaskText} from './task-text.js'
import type {WindowsMachine} from './windows-machine.js'
import type {Starter} from './windows-settings.js'

const REASONS: Readonly<Record<Unavailability, string>> = {
  denied: 'this account may make no tasks',
  silent: 'schtasks does not answer',
  missing: 'there is no schtasks',
}

/** What there is of a task under our name. */
export type OwnTask = 'absent' | 'ours' | 'changed' | 'foreign'

/** Makes and removes what starts gateways at logon: tasks, and entries of the Startup folder; for one gateway never both. */
export class GatewayStarter {
  readonly #context: BackendContext
  readonly #machine: WindowsMachine

  constructor(context: BackendContext, machine: WindowsMachine) {
    this.#context = context
    this.#machine = machine
  }

  /** Looks at the task of our name. `made` is the XML that it was made of, where that is known. */
  async look(profile: string, directory: string, made: Buffer | null, signal?: AbortSignal): Promise<OwnTask> {
    const found = await this.#machine.schtasks.read(serviceName(profile), signal)
    if (found === 'absent') return 'absent'
    const task = found === 'hidden' ? null : parseTask(found.xml)
    if (task?.marker?.directory !== directoryDigest(directory)) return 'foreign'
    const expected = made === null ? null : parseTask(decodeTaskText(made))
    return expected !== null && (isChanged(task, expected) || task.marker.definition !== expected.marker?.definition)
      ? 'changed'
      : 'ours'
  }

  /** Looks at the task of our name, and at whether it is as install made it. */
  async compare(profile: string, directory: string, signal?: AbortSignal): Promise<OwnTask> {
    const path = join(directory, TASK_FILE)
    const made = this.#machine.writer.run(() => (existsSync(path) ? readFileSync(path) : null))
    return await this.look(profile, directory, made, signal)
  }

  /**
   * Has Windows start a gateway by a task, or where it allows none by an entry in the Startup folder; for one gateway never
   * both. `force` takes no such refusal for an answer. `task` is what there is. Its files are in place already.
   */
  async arm(
    profile: string,
    files: GatewayFiles,
    {wanted, force, task}: {wanted: Starter; force: boolean; task: OwnTask},
    signal?: AbortSignal,
  ): Promise<Starter> {
    const name = serviceName(profile)
    const {schtasks} = this.#machine
    const registration = wanted === 'task' ? await schtasks.create(name, files.task.path, signal) : null
    if (registration?.outcome === 'registered') {
      this.removeEntries(profile)
      return 'task'
    }
    if (registration !== null && force) throw registration.failure
    // First, or both would start it where this is refused: a task that was made with administrator rights stays.
    if (task === 'ours' || task === 'changed') await schtasks.remove(name, signal)
    if (registration !== null) {
      const reason = REASONS[registration.why]
      this.#context.logger.warn(`${profile}: ${reason}; it is started at logon by the Startup folder instead`)
    }
    this.#publishEntry(profile, files)
    return 'startup'
  }

  /** Removes entries of the Startup folder; gives the paths of those that were there. */
  removeEntries(profile: string, except?: string): string[] {
    const folder = this.#machine.startup
    if (folder === null) return []
    const paths = ENGINES.map(engine => startupEntryPath(folder, profile, engine))
    return paths.filter(path => {
      removeStaged(outside(path))
      rmSync(outside(path), {force: true})
      if (path === except || !existsSync(path)) return false
      rmSync(path, {force: true})
      return true
    })
  }

  #publishEntry(profile: string, {startup}: GatewayFiles): void {
    this.removeEntries(profile, startup?.path)
    if (startup === null) return
    const folder = dirname(startup.path)
    if (!existsSync(folder)) {
      const message = `expected the Startup folder of the account, got nothing at ${folder}`
      throw this.#context.error('HSVC_BACKEND_UNAVAILABLE', message, {hint: 'log in to Windows once, or set APPDATA'})
    }
    publishFile(outside(startup.path), startup.contents ?? '')
    renameSync(outside(startup.path), startup.path)
  }
}

/** Where an entry is written before it appears: whatever is left half-way in the Startup folder itself is opened at logon. */
function outside(path: string): string {
  return join(dirname(dirname(path)), basename(path))
}
