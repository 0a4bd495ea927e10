import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {accountNamed, type BackendContext, type GatewaySpec, type InstallOptions, type Removed} from '@hermes-svc/core'
import type {UnitObservation} from './gateway-status-of.js'
import {enableLinger, isLingering} from './linger.js'
import {asRoot, systemctl} from './manager-errors.js'
import {planUnit, unitScopeOf} from './plan-unit.js'
import type {SystemdMachine} from './systemd-machine.js'
import type {UnitControl} from './unit-control.js'
import {readDefinition, type UnitDefinition} from './unit-definitions.js'
import type {RunningNote} from './unit-notes.js'
import type {UnitObserver} from './unit-observer.js'
import {logPlaceOf} from './unit-log.js'
import {unitName} from './unit-paths.js'
import type {UnitOwner} from './unit-store.js'

/** Which process of a gateway that runs was started by the definition that is about to be replaced. */
function noteOfRunning({notes, properties}: UnitObservation): RunningNote | null {
  const {MainPID: pid, ExecMainStartTimestamp: startedUs} = properties
  if (typeof pid !== 'number' || pid === 0 || typeof startedUs !== 'number') return null
  const {running, header} = notes
  if (running?.pid === pid && running.startedUs === startedUs) return running
  return header === null ? null : {...header, pid, startedUs}
}

/** Makes units and takes them away, so that systemd sees a whole definition or none. */
export class UnitInstaller {
  readonly #context: BackendContext
  readonly #machine: SystemdMachine
  readonly #observer: UnitObserver
  readonly #control: UnitControl

  constructor(context: BackendContext, machine: SystemdMachine, observer: UnitObserver, control: UnitControl) {
    this.#context = context
    this.#machine = machine
    this.#observer = observer
    this.#control = control
  }

  /** Makes the unit of a spec, or gives one of ours another definition. It stays as down or up as it was. */
  async define(spec: GatewaySpec, {adopt = false, signal}: InstallOptions): Promise<void> {
    const {profile} = spec
    const scope = unitScopeOf(spec)
    const facts = await this.#machine.facts()
    const {entries} = planUnit(spec, facts, this.#context)
    const seen = await this.#observer.observeOne(profile)
    const ours = seen.find(({definition}) => definition.marker !== null && definition.scope === scope) ?? null
    this.#assertFree(profile, scope, seen, ours !== null || adopt)
    if (adopt)
      await this.#takeOver(
        seen.map(({definition}) => definition).filter(({marker}) => marker === null),
        signal,
      )
    const store = this.#control.store(scope)
    if (ours?.definition.marker?.intact === false) this.#backUp(ours.definition, 'changed by hand')
    const before = ours?.definition.marker && {id: ours.definition.marker.id, running: noteOfRunning(ours)}
    store.publish(profile, entries, this.#ownerOf(spec), before ?? null)
    const {unitDirectory} = facts[scope]
    const definition = this.#machine
      .scope(scope)
      .writer.run(() => readDefinition(scope, unitDirectory, unitName(profile), this.#context.paths.root))
    if (definition === null)
      throw this.#context.error('HSVC_INTERNAL', `${profile}: its unit is gone as soon as it was written`)
    await this.#control.refresh(definition)
    const wasUp = ours !== null && (ours.isEnabled || ours.notes.wantedUp)
    if (wasUp && ours.definition.marker?.autostart !== spec.autostart) await this.#control.align(definition)
    if (scope === 'user' && spec.autostart) await this.#linger(profile, signal)
  }

  /**
   * Takes away the unit of ours that verbs act on, with all that belongs to it; for an unknown profile what a killed run
   * left.
   */
  async remove(profile: string, signal?: AbortSignal): Promise<Removed> {
    const [first] = await this.#observer.observeOne(profile)
    if (first === undefined) return await this.#removeLeftOvers(profile)
    const {definition} = first
    if (definition.marker === null) throw this.#foreign(definition)
    const {path, scope} = definition
    await this.#control.end(definition, signal)
    const store = this.#control.store(scope)
    store.removeUnit(path)
    const {removed, kept} = store.removeRest(profile)
    await this.#control.forget(definition)
    return {
      profile,
      removed: [path, ...removed],
      kept: [...kept, ...store.dropIns(path), ...this.#logFiles(definition)],
    }
  }

  async #removeLeftOvers(profile: string): Promise<Removed> {
    const scopes = this.#context.caller.uid === 0 ? (['user', 'system'] as const) : (['user'] as const)
    const removed: string[] = []
    const kept: string[] = []
    for (const name of scopes) {
      const scope = this.#machine.scope(name)
      const directory = await scope.unitDirectory().catch(() => scope.usualUnitDirectory())
      const store = this.#control.store(name)
      store.removeTraces(join(directory, unitName(profile)))
      const rest = store.removeRest(profile)
      removed.push(...rest.removed)
      kept.push(...rest.kept)
    }
    return {profile, removed, kept: [...new Set(kept)]}
  }

  #logFiles(definition: UnitDefinition): string[] {
    const {kind, path = ''} = logPlaceOf(definition, this.#context.paths.logs)
    const {writer} = this.#machine.scope(definition.scope)
    return kind === 'file' && writer.run(() => existsSync(path)) ? [path] : []
  }

  #assertFree(
    profile: string,
    scope: UnitDefinition['scope'],
    seen: readonly UnitObservation[],
    isKnown: boolean,
  ): void {
    const elsewhere = seen.find(({definition}) => definition.marker !== null && definition.scope !== scope)
    if (elsewhere) {
      const {definition} = elsewhere
      const message = `${profile} is defined in the ${definition.scope} scope already (${definition.path})`
      throw this.#context.error('HSVC_ALREADY_EXISTS', message, {
        hint: `hermes-svc gateway uninstall ${profile}, then install it anew`,
      })
    }
    const foreign = seen.find(({definition}) => definition.marker === null)
    const masked = seen.find(({definition}) => definition.isMasked)
    if (masked) throw this.#foreign(masked.definition)
    if (foreign && !isKnown) throw this.#foreign(foreign.definition)
  }

  /** Ends other people's units and takes them away, with copies kept. Ours comes after, so that there are never two processes. */
  async #takeOver(definitions: readonly UnitDefinition[], signal?: AbortSignal): Promise<void> {
    const forbidden = definitions.find(({scope}) => scope === 'system' && this.#context.caller.uid !== 0)
    if (forbidden) {
      const {unit, profile} = forbidden
      const message = `${unit} is a system service: expected root to take it over`
      throw this.#context.error('HSVC_PERMISSION_DENIED', message, {
        hint: `as root: ${asRoot(this.#context.paths.root, 'gateway', 'install', profile, '--adopt')}`,
      })
    }
    for (const definition of definitions) {
      this.#backUp(definition, 'made by somebody else')
      await this.#control.end(definition, signal)
      this.#control.store(definition.scope).removeUnit(definition.path, true)
      await this.#control.forget(definition)
    }
  }

  #backUp(definition: UnitDefinition, why: string): void {
    const {profile, scope, unit} = definition
    const stamp = new Date(this.#context.clock.now()).toISOString().replaceAll(/[^\dTZ]/g, '')
    const backup = this.#control.store(scope).backUp(definition, stamp)
    this.#context.logger.warn(`${profile}: the ${unit} that was there, ${why}, is kept in ${backup}`)
  }

  async #linger(profile: string, signal?: AbortSignal): Promise<void> {
    const {home, settings} = this.#machine
    const account = home.name
    if (account === null || isLingering(account)) return
    const {logger} = this.#context
    const command = `loginctl enable-linger ${account}`
    const advise = (why: string): void => {
      logger.warn(`${profile} does not start at boot and ends when ${account} logs out, because ${why}: ${command}`)
    }
    if (settings.linger === 'leave') {
      advise('lingering is off for that account')
      return
    }
    try {
      await enableLinger(this.#context, account, signal)
    } catch (error) {
      advise(`lingering could not be turned on (${(error as Error).message})`)
    }
  }

  /** Whose the environment file is; null where the writer is the one. */
  #ownerOf({account, scope}: GatewaySpec): UnitOwner | null {
    return scope === 'system' && account !== null ? accountNamed(account) : null
  }

  #foreign({profile, unit, path, scope, isMasked}: UnitDefinition): Error {
    if (isMasked)
      return this.#context.error('HSVC_PERMISSION_DENIED', `${unit} is masked: somebody has forbidden to define it`, {
        hint: `to allow it: ${systemctl(scope, 'unmask', unit)}`,
      })
    return this.#context.error('HSVC_ALREADY_EXISTS', `${profile}: ${unit} was made by somebody else (${path})`, {
      hint: `hermes-svc gateway install ${profile} --adopt takes it over and keeps a copy`,
    })
  }
}
