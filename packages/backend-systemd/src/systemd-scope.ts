import {accountOf, type BackendContext, type Writer} from '@hermes-svc/core'
import {join} from 'node:path'
import {Bus, BusError} from './bus.js'
import {managerAddresses, probeSocket} from './manager-address.js'
import {type Question, toContractError} from './manager-errors.js'
import type {UnitScope} from './systemd-facts.js'
import {SystemdManager} from './systemd-manager.js'
import {SYSTEM_UNITS} from './unit-paths.js'

interface Connection {
  readonly manager: SystemdManager
  readonly version: number
  readonly unitPath: readonly string[]
}

/** One of the two managers: how it is reached, where its units are, whose rights they are written with. */
export class SystemdScope {
  readonly scope: UnitScope
  readonly writer: Writer
  readonly #context: BackendContext
  #connection: Promise<Connection> | null = null

  /** `writer` is the account whose manager this is; root for the system's. */
  constructor(scope: UnitScope, context: BackendContext, writer: Writer) {
    this.scope = scope
    this.#context = context
    this.writer = writer
  }

  /** Asks the manager. Rejects HSVC_BACKEND_UNAVAILABLE where it cannot be reached, and what its answer means otherwise. */
  async ask<T>(
    work: (manager: SystemdManager) => Promise<T>,
    about: Omit<Question, 'scope' | 'root'> = {},
  ): Promise<T> {
    const {manager} = await this.#connected()
    try {
      return await work(manager)
    } catch (error) {
      throw toContractError(error, {...about, scope: this.scope, root: this.#context.paths.root}, this.#context)
    }
  }

  /** Major version of the manager. Rejects HSVC_BACKEND_UNAVAILABLE. */
  async version(): Promise<number> {
    return (await this.#connected()).version
  }

  /** Where definitions of this scope go. Rejects HSVC_BACKEND_UNAVAILABLE for a user's, which only its manager knows for certain. */
  async unitDirectory(): Promise<string> {
    if (this.scope === 'system') return SYSTEM_UNITS
    const {unitPath} = await this.#connected()
    return (
      unitPath.find(path => path.endsWith('/systemd/user') && !/^\/(etc|run|usr)\//.test(path)) ??
      this.usualUnitDirectory()
    )
  }

  /** The same as it is when nobody moved it. The home is that of the account database: HOME may be a profile's. */
  usualUnitDirectory(): string {
    if (this.scope === 'system') return SYSTEM_UNITS
    const {caller} = this.#context
    const home = this.writer.uid === caller.uid ? caller.home : accountOf(this.writer.uid)?.home
    return join(home ?? '/', '.config/systemd/user')
  }

  async #connected(): Promise<Connection> {
    const begun = this.#connection
    const known = await begun?.catch(() => null)
    if (known?.manager.isOver === false) return known
    // Somebody else may have begun anew meanwhile.
    if (this.#connection === begun || this.#connection === null) this.#connection = this.#connect()
    return await this.#connection
  }

  async #connect(): Promise<Connection> {
    const {env, caller} = this.#context
    const uid = this.scope === 'user' ? this.writer.uid : (caller.uid ?? -1)
    const failures: string[] = []
    for (const address of managerAddresses(this.scope, env, uid)) {
      const state = await probeSocket(address.socket)
      if (state === 'alive') {
        const bus = await Bus.open(address)
        const manager = new SystemdManager(bus)
        try {
          return {manager, ...(await manager.describe())}
        } catch (error) {
          bus.close()
          if (!(error instanceof BusError)) throw error
          failures.push(`${address.socket}: ${error.message}`)
        }
      } else
        failures.push(
          `${address.socket}: ${state === 'none' ? 'not there' : state === 'dead' ? 'nobody listens' : 'permission denied'}`,
        )
    }
    throw this.unreachable(failures.join('; '))
  }

  /** The error of a manager that cannot be spoken to. */
  unreachable(got: string): Error {
    const {reason, hint} = whyUnreachable(this.scope, this.writer.name, got)
    return this.#context.error('HSVC_BACKEND_UNAVAILABLE', reason, {hint})
  }
}

/** What is said of a manager that cannot be spoken to. Pure. */
export function whyUnreachable(scope: UnitScope, account: string | null, got: string): {reason: string; hint: string} {
  if (scope === 'system')
    return {
      reason: `expected the system manager of systemd to listen, got ${got}`,
      hint: 'run it as root, or start dbus',
    }
  const name = account ?? 'ACCOUNT'
  return {
    reason: `expected the user manager of ${name} to listen, got ${got}`,
    hint: `it starts now and at boot with: loginctl enable-linger ${name} (with sudo where ${name} has no session)`,
  }
}
