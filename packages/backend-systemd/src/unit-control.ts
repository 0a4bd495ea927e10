import type {BackendContext} from '@hermes-svc/core'
import type {SystemdMachine} from './systemd-machine.js'
import type {LoadedUnit, SystemdManager} from './systemd-manager.js'
import type {UnitDefinition} from './unit-definitions.js'
import {isNoSuchUnit} from './manager-errors.js'
import {changedAtUs} from './unit-definitions.js'
import {UnitStore} from './unit-store.js'

const POLL_MS = 20

/** States of a unit that has no process and gets none by itself. */
const AT_REST = ['inactive', 'failed']

/** What is asked of the manager of one unit. Each resolves when the manager has taken note. */
export class UnitControl {
  readonly #context: BackendContext
  readonly #machine: SystemdMachine

  constructor(context: BackendContext, machine: SystemdMachine) {
    this.#context = context
    this.#machine = machine
  }

  /** Wants it up, now and at boot, by its definition of now. A process that runs is left alone. */
  async start(definition: UnitDefinition): Promise<void> {
    await this.#wantUp(definition, async (manager, loaded) => {
      // A start would wait for the delay to end; this does not.
      if (loaded?.subState.startsWith('auto-restart') === true) await manager.restart(definition.unit)
      else await manager.start(definition.unit)
    })
  }

  /** The same with another process. */
  async restart(definition: UnitDefinition): Promise<void> {
    await this.#wantUp(definition, manager => manager.restart(definition.unit))
  }

  /** Wants it down, now and at boot. */
  async stop(definition: UnitDefinition): Promise<void> {
    await this.#ask(definition, async manager => {
      await this.#disable(manager, definition)
      await this.#noteWanted(definition, false)
      if ((await find(manager, definition)) !== null) await manager.stop(definition.unit)
    })
  }

  /** Puts the links of [Install] in line with a definition that has just changed, for a gateway that is wanted up. */
  async align(definition: UnitDefinition): Promise<void> {
    await this.#ask(definition, async manager => {
      await this.#noteWanted(definition, true)
      if (definition.marker?.autostart === false) await manager.disable(definition.unit)
      else await manager.enable(definition.unit)
    })
  }

  /** Stops it and waits until there is no process. */
  async end(definition: UnitDefinition, signal?: AbortSignal): Promise<void> {
    await this.stop(definition)
    for (;;) {
      const loaded = await this.#ask(definition, manager => find(manager, definition))
      if (loaded === null || AT_REST.includes(loaded.activeState)) return
      await this.#context.clock.sleep(POLL_MS, signal)
    }
  }

  /** Has the manager read the unit's file where it knows of an earlier one. */
  async refresh(definition: UnitDefinition): Promise<void> {
    await this.#ask(definition, async manager => {
      if ((await find(manager, definition)) !== null) await manager.reload()
    })
  }

  /** Has the manager see that the unit's file is gone, and forget that it failed, by which it would stay loaded. */
  async forget(definition: UnitDefinition): Promise<void> {
    await this.#ask(definition, async manager => {
      if ((await find(manager, definition)) === null) return
      await forgive(manager, definition.unit)
      await manager.reload()
    })
  }

  async #wantUp(
    definition: UnitDefinition,
    act: (manager: SystemdManager, loaded: LoadedUnit | null) => Promise<void>,
  ): Promise<void> {
    const {unit, marker} = definition
    await this.#ask(definition, async manager => {
      const loaded = await find(manager, definition)
      if (loaded !== null) {
        if (changedAtUs(definition) > (await manager.readUnitsAtUs())) await manager.reload()
        await forgive(manager, unit)
      }
      if (marker?.autostart !== false) await manager.enable(unit)
      await this.#noteWanted(definition, true)
      await act(manager, loaded)
    })
  }

  /** The manager has nothing to disable of a unit whose file was removed by hand; its links are still there. */
  async #disable(manager: SystemdManager, {scope, unit, path}: UnitDefinition): Promise<void> {
    try {
      await manager.disable(unit)
    } catch (error) {
      if (!isNoSuchUnit(error)) throw error
      this.store(scope).removeTraces(path)
    }
  }

  async #noteWanted({scope, profile, marker}: UnitDefinition, isWanted: boolean): Promise<void> {
    if (marker === null) return
    await this.store(scope).wantUp(profile, isWanted && !marker.autostart)
  }

  /** The files of a scope. */
  store(scope: UnitDefinition['scope']): UnitStore {
    const {home} = this.#machine
    return new UnitStore(scope, this.#machine.scope(scope).writer, home, this.#context.paths.gateways)
  }

  async #ask<T>({scope, unit, profile}: UnitDefinition, work: (manager: SystemdManager) => Promise<T>): Promise<T> {
    return await this.#machine.scope(scope).ask(work, {unit, profile})
  }
}

async function find(manager: SystemdManager, {unit}: UnitDefinition): Promise<LoadedUnit | null> {
  const [loaded] = await manager.listUnits([unit])
  return loaded ?? null
}

/** Forgets failures, and the count of starts by which it is given up. A unit that was dropped meanwhile has neither. */
async function forgive(manager: SystemdManager, unit: string): Promise<void> {
  try {
    await manager.resetFailed(unit)
  } catch (error) {
    if (!isNoSuchUnit(error)) throw error
  }
}
