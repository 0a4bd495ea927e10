import {existsSync, mkdirSync, readFileSync, rmSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {
  type BackendContext,
  type GatewaySpec,
  hashSpec,
  type InstallOptions,
  type PlanEntry,
  publishFile,
  type Removed,
} from '@hermes-svc/core'
import {labelsOf, logDirectory} from '@hermes-svc/runner'
import type {ForeignControl} from './foreign-control.js'
import type {GatewayControl} from './gateway-control.js'
import {launcherPath, replacedDirectory, serviceName, TASK_FILE} from './gateway-files.js'
import type {GatewayObserver} from './gateway-observer.js'
import type {GatewayStarter, OwnTask} from './gateway-starter.js'
import {ENGINES} from './launcher.js'
import type * as planner from './plan-task.js'
import {writeStarterNote} from './starter-note.js'
import type {OwnGateway} from './windows-gateway.js'
import type {WindowsFacts} from './windows-facts.js'
import type {WindowsMachine} from './windows-machine.js'

/** Makes definitions and takes them away. */
export class GatewayInstaller {
  readonly #context: BackendContext
  readonly #machine: WindowsMachine
  readonly #observer: GatewayObserver
  readonly #control: GatewayControl
  readonly #starter: GatewayStarter
  readonly #foreign: ForeignControl

  constructor(
    context: BackendContext,
    machine: WindowsMachine,
    parts: {observer: GatewayObserver; control: GatewayControl; starter: GatewayStarter; foreign: ForeignControl},
  ) {
    this.#context = context
    this.#machine = machine
    this.#observer = parts.observer
    this.#control = parts.control
    this.#starter = parts.starter
    this.#foreign = parts.foreign
  }

  /** Makes the definition of a spec, or gives one of ours another. It stays as down or up as it was. */
  async define(
    spec: GatewaySpec,
    facts: WindowsFacts,
    {assertExpressible, gatewayFiles, ownersDescriptor}: typeof planner,
    {adopt = false, elevatedHandoff = false, signal}: InstallOptions,
  ): Promise<void> {
    const {profile} = spec
    const files = gatewayFiles(spec, facts, elevatedHandoff ? ownersDescriptor(facts.userId) : undefined)
    assertExpressible(spec, files, this.#context)
    const {directory} = files
    const task = await this.#assertFree(profile, directory, adopt, signal)
    this.#observer.definitions.write(spec, null)
    const now = await this.#known(profile)
    if (now.seen?.supervised === true && labelsOf(now.seen).specHash === hashSpec(spec))
      await this.#control.runners.ask(directory, now.seen, 'reload', signal ? {signal} : {})
    const isSame = task === 'ours' && this.#isWritten(files.task) && now.note?.starter === 'task'
    this.#machine.writer.run(() => {
      for (const entry of [files.task, files.launcher]) publish(entry)
    })
    const starter =
      isSame && facts.starter === 'task'
        ? 'task'
        : await this.#starter.arm(profile, files, {wanted: facts.starter, force: elevatedHandoff, task}, signal)
    this.#machine.writer.run(() => {
      writeStarterNote(directory, {starter, autostart: spec.autostart})
      // A script of the other engine, or of a task that is not to be.
      const kept = starter === 'task' ? [files.launcher.path, files.task.path] : []
      const made = [join(directory, TASK_FILE), ...ENGINES.map(engine => launcherPath(directory, engine))]
      for (const path of made.filter(each => !kept.includes(each))) rmSync(path, {force: true})
    })
    // A new task is enabled; one that is only defined, or was stopped, must not be started by it.
    if (starter === 'task' && !isSame && now.seen?.wanted !== 'up') await this.#control.forbid(profile, signal)
  }

  /** Takes away the definition of ours, with all that belongs to it; for an unknown profile what a killed run left. */
  async remove(profile: string, signal?: AbortSignal): Promise<Removed> {
    const {definitions} = this.#observer
    const directory = definitions.directory(profile)
    const own = await this.#observer.own(profile)
    if (own?.seen != null) await this.#control.takeDown(own, signal ? {signal} : {})
    if (own?.seen?.supervised === true) await this.#control.runners.untilUnsupervised(directory, signal ? {signal} : {})
    const removed: string[] = []
    // Also beside an entry of the Startup folder: one that schtasks was given up on may have been made after all.
    const isKnown = own !== null && own.note?.starter !== 'startup'
    if (await this.#removeTask(profile, directory, isKnown, signal)) removed.push(serviceName(profile))
    removed.push(...this.#starter.removeEntries(profile))
    const {run} = this.#machine.writer
    if (run(() => existsSync(directory))) removed.push(definitions.remove(profile))
    const {paths} = this.#context
    const rest = own === null ? [] : [logDirectory(paths, profile), replacedDirectory(paths, profile)]
    return {profile, removed, kept: rest.filter(path => run(() => existsSync(path)))}
  }

  async #removeTask(profile: string, directory: string, isKnown: boolean, signal?: AbortSignal): Promise<boolean> {
    try {
      const task = await this.#starter.look(profile, directory, null, signal)
      return (
        task !== 'absent' && task !== 'foreign' && (await this.#machine.schtasks.remove(serviceName(profile), signal))
      )
    } catch (error) {
      // Where nothing of it is known, a machine without tasks is no reason to fail.
      if (isKnown) throw error
      return false
    }
  }

  /** Makes sure that nobody else's definition is in the way, taking over what may be. Gives what there is of our task. */
  async #assertFree(profile: string, directory: string, adopt: boolean, signal?: AbortSignal): Promise<OwnTask> {
    const seen = await this.#observer.observe([profile], signal)
    const foreign = seen.flatMap(each => (each.origin === 'foreign' ? [each.gateway] : []))
    const [own] = seen.flatMap(each => (each.origin === 'ours' ? [each.gateway] : []))
    const task = await this.#ownTask(profile, directory, own?.note?.starter === 'task', signal)
    const [first] = foreign
    if (first !== undefined && !adopt && own === undefined) throw this.#taken(profile, first.name)
    if (task === 'foreign' && !adopt) throw this.#taken(profile, serviceName(profile))
    if (!adopt) return task
    for (const gateway of foreign) await this.#foreign.takeOver(gateway, signal)
    if (task === 'foreign') await this.#foreign.takeOverTask(profile, serviceName(profile), signal)
    this.#observer.forgetTasks()
    return task === 'foreign' ? 'absent' : task
  }

  /** Without schtasks there is no task of ours either, unless we know of one: nothing may be put beside that. */
  async #ownTask(profile: string, directory: string, isKnown: boolean, signal?: AbortSignal): Promise<OwnTask> {
    try {
      return await this.#starter.compare(profile, directory, signal)
    } catch (error) {
      const {code} = error as {code?: unknown}
      if (!isKnown && (code === 'HSVC_TOOL_MISSING' || code === 'HSVC_TIMEOUT')) return 'absent'
      throw error
    }
  }

  #isWritten({path, contents}: PlanEntry): boolean {
    return this.#machine.writer.run(() => existsSync(path) && readFileSync(path).equals(Buffer.from(contents ?? [])))
  }

  async #known(profile: string): Promise<OwnGateway> {
    const own = await this.#observer.own(profile)
    if (own !== null) return own
    throw this.#context.error('HSVC_INTERNAL', `${profile}: its definition is gone as soon as it was written`)
  }

  #taken(profile: string, name: string): Error {
    return this.#context.error('HSVC_ALREADY_EXISTS', `${profile}: ${name} was made by somebody else`, {
      hint: `hermes-svc gateway install ${profile} --adopt takes it over and keeps a copy`,
    })
  }
}

function publish({path, contents}: PlanEntry): void {
  mkdirSync(dirname(path), {recursive: true})
  publishFile(path, contents ?? '')
}
