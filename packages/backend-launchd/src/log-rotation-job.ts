import {existsSync, lstatSync, mkdirSync, readFileSync, rmSync} from 'node:fs'
import {dirname} from 'node:path'
import {
  type BackendContext,
  type PlanEntry,
  publishFile,
  removeIfEmpty,
  removeStaged,
  type ServiceError,
} from '@hermes-svc/core'
import {profilesOf, readDefinitions} from './job-definitions.js'
import {JobLoader} from './job-loader.js'
import type {JobTarget} from './launchctl.js'
import type {JobScope, LaunchdFacts} from './launchd-facts.js'
import type {LaunchdMachine} from './launchd-machine.js'
import type {LaunchdScope} from './launchd-scope.js'
import {rotationPlace, SCRIPT} from './rotation-place.js'

/** Keeps the one job of a profile root and scope that rotates the logs of its gateways. It is none of them: no verb shows it. */
export class LogRotationJob {
  readonly #context: BackendContext
  readonly #machine: LaunchdMachine
  readonly #loader: JobLoader

  constructor(context: BackendContext, machine: LaunchdMachine) {
    this.#context = context
    this.#machine = machine
    this.#loader = new JobLoader(context, machine.launchctl)
  }

  /** Makes what is missing of it, and what is another than planned. Warns where that fails: a gateway runs without. */
  async ensure(scope: JobScope, facts: LaunchdFacts, signal?: AbortSignal): Promise<void> {
    try {
      await this.#ensure(this.#machine.scope(scope), facts, signal)
    } catch (error) {
      this.#warn('logs are not rotated', error, signal)
    }
  }

  /** Takes it away where no gateway of ours is defined any more. Returns what is gone. Warns where that fails: the gateway is gone. */
  async remove(scope: JobScope, signal?: AbortSignal): Promise<string[]> {
    try {
      return await this.#remove(scope, signal)
    } catch (error) {
      this.#warn('the job that rotates logs is still there', error, signal)
      return []
    }
  }

  #warn(what: string, error: unknown, signal?: AbortSignal): void {
    if (signal?.aborted === true) throw error
    const {message, hint} = error as ServiceError
    this.#context.logger.warn(`${what}: ${message}${hint === undefined ? '' : `; ${hint}`}`)
  }

  async #remove(name: JobScope, signal?: AbortSignal): Promise<string[]> {
    const scope = this.#machine.scope(name)
    const {place, writer} = scope
    const {label, directory, script, plist} = rotationPlace(place)
    const isThere = writer.run(() => existsSync(plist) || existsSync(directory))
    if (!isThere || writer.run(() => isUsed(scope))) return []
    await this.#unload(scope, label, signal)
    // What launchd notes of a label outlives the job.
    await this.#machine.launchctl.enable(scope.noted(label), signal)
    return writer.run(() => {
      const removed = existsSync(plist) ? [plist] : []
      for (const path of [plist, script]) {
        removeStaged(path)
        rmSync(path, {force: true})
      }
      const directories = [directory, ...(name === 'system' ? [dirname(directory)] : [])]
      return [...removed, ...directories.filter(path => removeIfEmpty(path))]
    })
  }

  async #ensure(scope: LaunchdScope, facts: LaunchdFacts, signal?: AbortSignal): Promise<void> {
    const {label, plist} = rotationPlace(scope.place)
    // What writes property lists takes longer to load than a listing takes.
    const {rotationEntries} = await import('./log-rotation.js')
    const changed = scope.writer.run(() => rotationEntries(scope.scope, facts, null).filter(differs))
    // In this order: so what launchd has is always by what is on disk, wherever we are killed.
    if (changed.some(({path}) => path === plist)) await this.#unload(scope, label, signal)
    scope.writer.run(() => {
      for (const entry of changed) publish(entry)
    })
    const {domain} = facts[scope.scope]
    if (domain === null) return
    const target: JobTarget = `${domain}/${label}`
    if ((await this.#machine.launchctl.print(target, signal)) !== null) return
    await this.#machine.launchctl.enable(scope.noted(label), signal)
    const job = {label, path: plist, isCurrent: () => true}
    const {became} = await this.#loader.bootstrap(job, [domain], signal)
    if (became === 'disabled' || became === 'no-domain') throw this.#refused(target)
  }

  #refused(target: JobTarget): Error {
    return this.#context.error('HSVC_BACKEND_UNAVAILABLE', `launchd does not take ${target}`, {
      hint: `allow ${SCRIPT} in System Settings, General, Login Items & Extensions`,
    })
  }

  /** In every domain: an earlier install may have loaded it for another session. */
  async #unload(scope: LaunchdScope, label: string, signal?: AbortSignal): Promise<void> {
    for (const target of scope.everywhere(label)) {
      await this.#machine.launchctl.bootout(target, signal)
      await this.#loader.untilGone(target, signal)
    }
  }
}

function isUsed({place}: LaunchdScope): boolean {
  const definitions = readDefinitions(place, profilesOf(place), () => undefined)
  return definitions.some(({marker}) => marker !== null)
}

function differs({kind, path, mode, contents}: PlanEntry): boolean {
  const stats = lstatSync(path, {throwIfNoEntry: false})
  if (kind === 'directory') return stats?.isDirectory() !== true
  if (stats?.isFile() !== true || (stats.mode & 0o777) !== mode) return true
  return contents === null || !readFileSync(path).equals(contents)
}

function publish({kind, path, mode, contents}: PlanEntry): void {
  if (kind === 'directory') mkdirSync(path, {recursive: true, mode})
  if (kind !== 'file' || contents === null) return
  removeStaged(path)
  publishFile(path, contents, mode)
}
