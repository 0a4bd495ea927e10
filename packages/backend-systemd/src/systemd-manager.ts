import {Together} from '@hermes-svc/core'
import type {Bus} from './bus.js'

const PATH = '/org/freedesktop/systemd1'
const MANAGER = 'org.freedesktop.systemd1.Manager'
const SERVICE = 'org.freedesktop.systemd1.Service'
const UNIT = 'org.freedesktop.systemd1.Unit'
const PROPERTIES = 'org.freedesktop.DBus.Properties'

/** A unit that the manager has loaded, as ListUnitsByPatterns gives it (org.freedesktop.systemd1(5)). */
export interface LoadedUnit {
  readonly name: string
  /** `loaded`, `not-found`, `bad-setting`, `error`, `masked`. */
  readonly loadState: string
  readonly activeState: string
  readonly subState: string
  /** Of the unit's object. */
  readonly path: string
  /** Of the job that it waits for: `start`; empty when there is none. */
  readonly jobType: string
}

/** Properties of a service unit, and the interface that has each. */
const INTERFACE_OF = {
  MainPID: SERVICE,
  NRestarts: SERVICE,
  ExecMainCode: SERVICE,
  ExecMainStatus: SERVICE,
  ExecMainStartTimestamp: SERVICE,
  ExecMainStartTimestampMonotonic: SERVICE,
  ExecMainExitTimestamp: SERVICE,
  RestartPreventExitStatus: SERVICE,
  RestartUSec: SERVICE,
  RestartUSecNext: SERVICE,
  StateChangeTimestamp: UNIT,
  SubState: UNIT,
  FragmentPath: UNIT,
} as const

/** A property of a service unit. */
export type UnitProperty = keyof typeof INTERFACE_OF

/** Values of the properties that were asked for. Times are microseconds, 0 where there is none. */
export type UnitProperties = Readonly<Partial<Record<UnitProperty, unknown>>>

/** What the library makes of a variant: its signature, and the value in a list. */
function fromVariant(variant: unknown): unknown {
  return (variant as readonly [unknown, readonly unknown[]])[1][0]
}

/** The methods of a manager that we use, with the types of their answers. Rejects with BusError. */
export class SystemdManager {
  readonly #bus: Bus
  #reloading: Promise<void> | null = null
  #nextReload: Promise<void> | null = null
  // The manager looks through all directories of units for each call.
  readonly #enabling = new Together<string>(units => this.#call('EnableUnitFiles', 'asbb', [units, false, false]))
  readonly #disabling = new Together<string>(units => this.#call('DisableUnitFiles', 'asb', [units, false]))

  constructor(bus: Bus) {
    this.#bus = bus
  }

  get isOver(): boolean {
    return this.#bus.isOver
  }

  /** The loaded units whose names fit; one that is stopped and that nothing refers to is not loaded. */
  async listUnits(patterns: readonly string[]): Promise<LoadedUnit[]> {
    const [rows] = await this.#call('ListUnitsByPatterns', 'asas', [[], patterns])
    return (rows as unknown[][]).map(row => {
      const [name, , loadState, activeState, subState, , path, , jobType] = row as string[]
      return {name, loadState, activeState, subState, path, jobType} as LoadedUnit
    })
  }

  /** Asks for all of them at once. A property that this version does not have is left out. */
  async unitProperties(path: string, names: readonly UnitProperty[]): Promise<UnitProperties> {
    const ask = async (name: UnitProperty): Promise<[UnitProperty, unknown][]> => {
      const body = [INTERFACE_OF[name], name]
      try {
        const [variant] = await this.#bus.call({path, interface: PROPERTIES, member: 'Get', signature: 'ss', body})
        return [[name, fromVariant(variant)]]
      } catch (error) {
        if (isUnknown(error)) return []
        throw error
      }
    }
    return Object.fromEntries((await Promise.all(names.map(ask))).flat())
  }

  /** Major version, and the directories that units are looked for in. */
  async describe(): Promise<{version: number; unitPath: readonly string[]}> {
    const [version, unitPath] = await Promise.all([this.#managerProperty('Version'), this.#managerProperty('UnitPath')])
    return {version: Number.parseInt(String(version), 10) || 0, unitPath: unitPath as string[]}
  }

  /** When all units were read last: microseconds since the epoch. 0 before systemd 245, which does not say. */
  async readUnitsAtUs(): Promise<number> {
    try {
      return (await this.#managerProperty('UnitsLoadTimestamp')) as number
    } catch (error) {
      if (isUnknown(error)) return 0
      throw error
    }
  }

  async start(unit: string): Promise<void> {
    await this.#call('StartUnit', 'ss', [unit, 'replace'])
  }

  async stop(unit: string): Promise<void> {
    await this.#call('StopUnit', 'ss', [unit, 'replace'])
  }

  /** Also starts a unit that is stopped, and one that waits to be started again. */
  async restart(unit: string): Promise<void> {
    await this.#call('RestartUnit', 'ss', [unit, 'replace'])
  }

  /** Forgets that it failed, and how often it was started. */
  async resetFailed(unit: string): Promise<void> {
    await this.#call('ResetFailedUnit', 's', [unit])
  }

  /** Makes the links of [Install]. */
  async enable(unit: string): Promise<void> {
    await this.#enabling.ask(unit)
  }

  /** Removes every link to it. */
  async disable(unit: string): Promise<void> {
    await this.#disabling.ask(unit)
  }

  /**
   * Has every unit file read again, which takes longer the more there are. Whoever asks while that goes on shares the next
   * one, since his file may have been passed already.
   */
  async reload(): Promise<void> {
    if (this.#reloading === null) {
      const reloading = this.#reloadNow()
      this.#reloading = reloading
      await reloading
      return
    }
    this.#nextReload ??= this.#reloadAfter(this.#reloading)
    await this.#nextReload
  }

  async #reloadAfter(current: Promise<void>): Promise<void> {
    await current.catch(() => undefined)
    this.#nextReload = null
    this.#reloading = this.#reloadNow()
    await this.#reloading
  }

  async #reloadNow(): Promise<void> {
    try {
      await this.#call('Reload')
    } finally {
      this.#reloading = null
    }
  }

  async #managerProperty(name: string): Promise<unknown> {
    const call = {path: PATH, interface: PROPERTIES, member: 'Get', signature: 'ss', body: [MANAGER, name]}
    return fromVariant((await this.#bus.call(call))[0])
  }

  async #call(member: string, signature?: string, body?: readonly unknown[]): Promise<unknown[]> {
    const call = {path: PATH, interface: MANAGER, member}
    return await this.#bus.call(signature === undefined ? call : {...call, signature, body: body ?? []})
  }
}

/** What is said where this version has no such property, or the unit was dropped since it was listed. */
const UNKNOWN = ['UnknownProperty', 'UnknownObject'].map(name => `org.freedesktop.DBus.Error.${name}`)

function isUnknown(error: unknown): boolean {
  return UNKNOWN.includes((error as {busName?: string | null}).busName ?? '')
}
