import {isServiceError, Together, type BackendContext} from '@hermes-svc/core'
import {existsSync} from 'node:fs'
import {dirname} from 'node:path'
import {askUnit} from './ask-unit.js'
import type {UnitObservation} from './gateway-status-of.js'
import type {SystemdMachine} from './systemd-machine.js'
import type {LoadedUnit, SystemdManager} from './systemd-manager.js'
import type {SystemdScope} from './systemd-scope.js'
import {readDefinitions, readEnabled, type UnitDefinition} from './unit-definitions.js'
import {readNotes} from './unit-notes.js'
import {parseUnitName, UNIT_PATTERNS, unitName} from './unit-paths.js'

/** What is taken for the marker of a unit whose file is gone. */
const GONE = {id: '', autostart: true, intact: true, logsToFile: false}

type Asked = readonly string[] | undefined

function rank({definition}: UnitObservation): number {
  return definition.marker === null ? 1 : 0
}

function byProfile(a: UnitObservation, b: UnitObservation): number {
  const [one, other] = [a.definition.profile, b.definition.profile]
  return one === other ? rank(a) - rank(b) : one < other ? -1 : 1
}

/** Reads what there is: unit files, what their managers say of them, the notes beside. */
export class UnitObserver {
  readonly #context: BackendContext
  readonly #machine: SystemdMachine
  /** Verbs on many gateways ask for each of them, and a conversation about one takes as long as one about some dozens. */
  readonly #together = new Together<string, UnitObservation[]>(profiles => this.observe([...new Set(profiles)]))

  constructor(context: BackendContext, machine: SystemdMachine) {
    this.#context = context
    this.#machine = machine
  }

  /**
   * Sorted by profile. Of one that is defined more than once, the definition that verbs act on comes first: ours, then
   * the one in the caller's own scope. Rejects HSVC_BACKEND_UNAVAILABLE where the caller's own manager does not answer;
   * what is known of gateways of the other scope only from files says so in `problem`.
   */
  async observe(asked?: Asked): Promise<UnitObservation[]> {
    const [first, second] = await this.#machine.scopes()
    // The other manager is asked only where there is something of ours: most users have but one.
    const files = this.#definitions(second, second.usualUnitDirectory(), asked)
    const own = await this.#inOwnScope(first, asked, files.length > 0)
    return [...own, ...(files.length === 0 ? [] : await this.#inOtherScope(second, files, asked))].sort(byProfile)
  }

  /** An account without a manager of its own has none of its gateways there, and may have some in the other scope. */
  async #inOwnScope(scope: SystemdScope, asked: Asked, hasOthers: boolean): Promise<UnitObservation[]> {
    try {
      return await this.#inScope(scope, await scope.unitDirectory(), asked)
    } catch (error) {
      const hasNone = this.#definitions(scope, scope.usualUnitDirectory(), undefined).length === 0
      if (isServiceError(error) && error.code === 'HSVC_BACKEND_UNAVAILABLE' && hasOthers && hasNone) return []
      throw error
    }
  }

  /** What there is of one profile, the definition that verbs act on first. */
  async observeOne(profile: string): Promise<UnitObservation[]> {
    const observations = await this.#together.ask(profile)
    return observations.filter(({definition}) => definition.profile === profile)
  }

  async #inOtherScope(scope: SystemdScope, files: readonly UnitDefinition[], asked: Asked): Promise<UnitObservation[]> {
    try {
      return await this.#inScope(scope, await scope.unitDirectory(), asked)
    } catch (error) {
      if (!isServiceError(error)) throw error
      const problem = `${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`
      return files.map(definition => ({...this.#onDisk(scope, definition), problem: definition.problem ?? problem}))
    }
  }

  async #inScope(scope: SystemdScope, directory: string, asked: Asked): Promise<UnitObservation[]> {
    const definitions = this.#definitions(scope, directory, asked)
    const names = asked && [...new Set([...definitions.map(({unit}) => unit), ...asked.map(unitName)])]
    const enabled = scope.writer.run(() => readEnabled(directory))
    return await scope.ask(async manager => {
      const units = names?.length === 0 ? [] : await manager.listUnits(names ?? UNIT_PATTERNS)
      const lost = await this.#lost(
        scope,
        directory,
        manager,
        units.filter(unit => !definitions.some(definition => definition.unit === unit.name)),
        asked,
      )
      return await Promise.all(
        [...definitions, ...lost].map(async definition => {
          const unit = units.find(({name}) => name === definition.unit)
          const asked = unit ? await askUnit(manager, unit) : {loaded: null, properties: {}}
          return {...this.#onDisk(scope, definition), ...asked, isEnabled: enabled.has(definition.unit)}
        }),
      )
    })
  }

  /** Units of ours that run though their file is gone from our directory: removed by hand, or kept somewhere else. */
  async #lost(
    scope: SystemdScope,
    directory: string,
    manager: SystemdManager,
    units: readonly LoadedUnit[],
    asked: Asked,
  ): Promise<UnitDefinition[]> {
    const alive = units.filter(({name, activeState}) => parseUnitName(name)?.by === 'us' && activeState !== 'inactive')
    const found = await Promise.all(
      alive.map(async ({name, path}): Promise<UnitDefinition> => {
        const {FragmentPath: file} = await manager.unitProperties(path, ['FragmentPath'])
        const fragment = typeof file === 'string' && file !== '' ? file : null
        const isElsewhere = fragment !== null && dirname(fragment) !== directory && existsSync(fragment)
        const marker = isElsewhere ? null : {...GONE, root: this.#context.paths.root}
        const profile = parseUnitName(name)?.label ?? name
        return {profile, scope: scope.scope, unit: name, path: fragment ?? name, marker, isMasked: false, problem: null}
      }),
    )
    return found.filter(({profile}) => asked?.includes(profile) ?? true)
  }

  #definitions(scope: SystemdScope, directory: string, asked: Asked): UnitDefinition[] {
    const {root} = this.#context.paths
    return scope.writer.run(() => readDefinitions(scope.scope, directory, root, asked))
  }

  #onDisk(scope: SystemdScope, definition: UnitDefinition): UnitObservation {
    const notes = scope.writer.run(() => readNotes(definition, this.#context.paths.gateways))
    return {definition, loaded: null, properties: {}, notes, isEnabled: false, problem: definition.problem}
  }
}
