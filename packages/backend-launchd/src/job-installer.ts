import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {accountNamed, type BackendContext, type GatewaySpec, type InstallOptions, type Removed} from '@hermes-svc/core'
import type {JobObservation} from './gateway-status-of.js'
import type {JobControl} from './job-control.js'
import {type JobDefinition, readDefinitions, unloadedPath} from './job-definitions.js'
import {GONE, type JobObserver} from './job-observer.js'
import {jobLabel, plistName} from './job-paths.js'
import type {JobOwner} from './job-store.js'
import type {LaunchdFacts} from './launchd-facts.js'
import type {LaunchdMachine} from './launchd-machine.js'
import {LogRotationJob} from './log-rotation-job.js'
import type * as planner from './plan-job.js'

/** Makes definitions and takes them away, so that launchd sees a whole one or none. */
export class JobInstaller {
  readonly #context: BackendContext
  readonly #machine: LaunchdMachine
  readonly #observer: JobObserver
  readonly #control: JobControl
  readonly #rotation: LogRotationJob

  constructor(context: BackendContext, machine: LaunchdMachine, observer: JobObserver, control: JobControl) {
    this.#context = context
    this.#machine = machine
    this.#observer = observer
    this.#control = control
    this.#rotation = new LogRotationJob(context, machine)
  }

  /** Makes the definition of a spec, or gives one of ours another. It stays as down or up as it was. */
  async define(
    spec: GatewaySpec,
    facts: LaunchdFacts,
    {plannedDomain, jobEntries, jobScopeOf}: typeof planner,
    {adopt = false, signal}: InstallOptions,
  ): Promise<void> {
    const {profile} = spec
    const scope = jobScopeOf(spec)
    plannedDomain(spec, facts, this.#context)
    const entries = jobEntries(spec, facts)
    const seen = await this.#observer.observeOne(profile, signal)
    const ours = seen.find(({definition}) => definition.marker !== null && definition.scope === scope) ?? null
    this.#assertFree(profile, scope, seen, ours !== null || adopt)
    if (adopt)
      await this.#takeOver(
        seen.map(each => each.definition).filter(each => each.marker === null),
        signal,
      )
    const before = ours?.definition ?? null
    const store = this.#control.store({scope})
    const directory = this.#control.directory({scope, profile})
    if (ours !== null && isEdited(ours)) this.#backUp(ours.definition, 'changed by hand')
    // Before launchd can see it: one that is only defined must not come up with the next login.
    if (before === null)
      await this.#machine.launchctl.disable(this.#machine.scope(scope).noted(jobLabel(profile)), signal)
    const owner = this.#ownerOf(spec)
    store.publish(profile, directory, entries, owner, before === null)
    if (owner !== null) store.makeLog(join(this.#machine.logDirectory({scope, profile}), 'current'), owner)
    const [path] = entries.filter(({kind}) => kind === 'file').slice(-1)
    if (before !== null && before.marker?.id !== GONE && before.path !== path?.path) store.removeDefinition(before.path)
    const [definition] = this.#definitions(scope, profile)
    if (definition === undefined)
      throw this.#context.error('HSVC_INTERNAL', `${profile}: its definition is gone as soon as it was written`)
    await this.#prune(definition, signal)
    await this.#rotation.ensure(scope, facts, signal)
  }

  /** Removes environment files of earlier definitions, but not of the one that launchd may start again. */
  async #prune(definition: JobDefinition, signal?: AbortSignal): Promise<void> {
    const {scope, marker} = definition
    const found = await this.#machine.scope(scope).find(definition, signal)
    const loaded = found === null ? [] : found.job.arguments?.slice(1, 2)
    if (marker === null || loaded === undefined) return
    this.#control.store(definition).prune(this.#control.directory(definition), [marker.id, ...loaded])
  }

  /**
   * Takes away the definition of ours that verbs act on, with all that belongs to it; for an unknown profile what a
   * killed run left.
   */
  async remove(profile: string, signal?: AbortSignal): Promise<Removed> {
    const [first] = await this.#observer.observeOne(profile, signal)
    if (first === undefined) return await this.#removeLeftOvers(profile, signal)
    const {definition} = first
    if (definition.marker === null) throw this.#foreign(definition)
    const {path} = definition
    await this.#control.end(definition, signal)
    const store = this.#control.store(definition)
    store.removeDefinition(path)
    await this.#control.forget(definition, signal)
    const {removed, kept} = store.removeRest(profile, this.#control.directory(definition))
    const rotation = await this.#rotation.remove(definition.scope, signal)
    return {profile, removed: [path, ...removed, ...rotation], kept: [...kept, ...this.#logFiles(definition)]}
  }

  async #removeLeftOvers(profile: string, signal?: AbortSignal): Promise<Removed> {
    const scopes = this.#context.caller.uid === 0 ? (['user', 'system'] as const) : (['user'] as const)
    const rests = scopes.map(scope => {
      const store = this.#control.store({scope})
      const {place} = this.#machine.scope(scope)
      store.removeStagedDefinitions([join(place.directory, plistName(jobLabel(profile))), unloadedPath(place, profile)])
      return store.removeRest(profile, this.#control.directory({scope, profile}))
    })
    const removed = rests.flatMap(rest => rest.removed)
    for (const scope of scopes) removed.push(...(await this.#rotation.remove(scope, signal)))
    return {profile, removed, kept: [...new Set(rests.flatMap(rest => rest.kept))]}
  }

  #definitions(scope: JobDefinition['scope'], profile: string): JobDefinition[] {
    const {place, writer} = this.#machine.scope(scope)
    const all = writer.run(() => readDefinitions(place, [profile], () => undefined))
    return all.filter(each => each.profile === profile && each.marker !== null)
  }

  #logFiles(definition: JobDefinition): string[] {
    const path = this.#machine.logDirectory(definition)
    return this.#machine.scope(definition.scope).writer.run(() => existsSync(path)) ? [path] : []
  }

  #assertFree(profile: string, scope: JobDefinition['scope'], seen: readonly JobObservation[], isKnown: boolean): void {
    const elsewhere = seen.find(({definition}) => definition.marker !== null && definition.scope !== scope)
    if (elsewhere) {
      const {definition} = elsewhere
      const message = `${profile} is defined in the ${definition.scope} scope already (${definition.path})`
      throw this.#context.error('HSVC_ALREADY_EXISTS', message, {
        hint: `hermes-svc gateway uninstall ${profile}, then install it anew`,
      })
    }
    const foreign = seen.find(({definition}) => definition.marker === null)
    if (foreign && !isKnown) throw this.#foreign(foreign.definition)
  }

  /** Ends other people's jobs and takes their definitions away, with copies kept. Ours comes after, so that there are never two processes. */
  async #takeOver(definitions: readonly JobDefinition[], signal?: AbortSignal): Promise<void> {
    const forbidden = definitions.find(({scope}) => scope === 'system' && this.#context.caller.uid !== 0)
    if (forbidden) {
      const {label, profile} = forbidden
      throw this.#context.error('HSVC_PERMISSION_DENIED', `${label} is a LaunchDaemon: expected root to take it over`, {
        hint: `as root: hermes-svc gateway install ${profile} --adopt`,
      })
    }
    for (const definition of definitions) {
      this.#backUp(definition, 'made by somebody else')
      await this.#control.end(definition, signal)
      this.#control.store(definition).removeDefinition(definition.path)
    }
  }

  #backUp(definition: JobDefinition, why: string): void {
    const {profile, label} = definition
    const stamp = new Date(this.#context.clock.now()).toISOString().replaceAll(/[^\dTZ]/g, '')
    const backup = this.#control.store(definition).backUp(definition, stamp)
    this.#context.logger.warn(`${profile}: the ${label} that was there, ${why}, is kept in ${backup}`)
  }

  /** Whose the environment file is; null where the writer is the one. */
  #ownerOf({account, scope}: GatewaySpec): JobOwner | null {
    return scope === 'system' && account !== null ? accountNamed(account) : null
  }

  #foreign({profile, label, path}: JobDefinition): Error {
    return this.#context.error('HSVC_ALREADY_EXISTS', `${profile}: ${label} was made by somebody else (${path})`, {
      hint: `hermes-svc gateway install ${profile} --adopt takes it over and keeps a copy`,
    })
  }
}

/** Whether somebody has changed a definition of ours since it was written. */
function isEdited({definition, notes}: JobObservation): boolean {
  const {marker} = definition
  return marker !== null && marker.id !== GONE && notes.header !== null && notes.header.digest !== marker.digest
}
