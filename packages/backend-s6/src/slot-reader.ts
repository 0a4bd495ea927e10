import type {BackendContext, GatewayStatus} from '@hermes-svc/core'
import {gatewayStatusOf} from './gateway-status-of.js'
import type {S6Machine} from './s6-machine.js'
import {SLOT_PREFIX} from './slot-names.js'
import {observeSlot, type SlotObservation, UNREADABLE} from './slot-observation.js'

/** Looks at slots, and makes rows of what it sees. */
export class SlotReader {
  readonly #kind: string
  readonly #context: BackendContext
  readonly #machine: S6Machine

  constructor(kind: string, context: BackendContext, machine: S6Machine) {
    this.#kind = kind
    this.#context = context
    this.#machine = machine
  }

  /** Rows of all slots, or of those of some profiles, sorted by profile. Throws HSVC_BACKEND_UNAVAILABLE without a scan directory. */
  rows(profiles: readonly string[] | undefined): GatewayStatus[] {
    const {slots, writer} = this.#machine
    if (!slots.isThere(slots.scandir)) throw this.#noScandir()
    if (profiles !== undefined) return this.#named([...new Set(profiles)].sort())
    const names = slots.profiles()
    // With the writer's rights once, not once for each of a thousand.
    return writer.run(() => names.map(profile => this.find(profile)).filter(row => row !== null))
  }

  /** The row of a slot, also of one that we may not look into: one of many must not hide the others. null where there is none. */
  find(profile: string): GatewayStatus | null {
    const {slots, writer} = this.#machine
    const directory = slots.directory(profile)
    let seen: SlotObservation | null
    try {
      seen = writer.run(() => this.#observe(directory, profile))
    } catch (error) {
      const {code, message} = error as NodeJS.ErrnoException
      if (code !== 'EACCES' && code !== 'EPERM') throw error
      this.#context.logger.incomplete(`${profile}: ${message}`)
      seen = UNREADABLE
    }
    return seen && this.#row(profile, directory, seen)
  }

  /** What is there of a slot; null where there is none. Throws the system error where it may not look. */
  observe(profile: string): SlotObservation | null {
    const {slots, writer} = this.#machine
    return writer.run(() => this.#observe(slots.directory(profile), profile))
  }

  /** The same; throws HSVC_NOT_FOUND where there is none. */
  known(profile: string): SlotObservation {
    const seen = this.observe(profile)
    if (seen !== null) return seen
    throw this.#context.error('HSVC_NOT_FOUND', `there is no gateway ${profile} in ${this.#machine.place.scandir}`, {
      hint: `hermes-svc gateway install ${profile}`,
    })
  }

  /** The row of a slot. Throws HSVC_NOT_FOUND where there is none. */
  rowOf(profile: string): GatewayStatus {
    return this.#row(profile, this.#machine.slots.directory(profile), this.known(profile))
  }

  #named(profiles: readonly string[]): GatewayStatus[] {
    const {store} = this.#machine
    return profiles.flatMap(profile => {
      const row = this.find(profile)
      if (row === null) return []
      return store.isDamaged(profile) ? {...row, damaged: true} : row
    })
  }

  #observe(directory: string, profile: string): SlotObservation | null {
    const seen = observeSlot(directory, profile)
    // What has our facts is there.
    return seen.facts !== null || this.#machine.slots.isSlot(directory) ? seen : null
  }

  #row(profile: string, directory: string, seen: SlotObservation): GatewayStatus {
    const row = {
      kind: this.#kind,
      profile,
      scope: this.#machine.place.scope,
      directory,
      service: `${SLOT_PREFIX}${profile}`,
      logs: `${this.#context.paths.logs}/${profile}`,
    }
    return gatewayStatusOf(row, seen, this.#context.clock.now())
  }

  #noScandir(): Error {
    const {scandir} = this.#machine.place
    return this.#context.error('HSVC_BACKEND_UNAVAILABLE', `expected the scan directory ${scandir}, got none`, {
      hint: 'start s6-svscan, or correct backends.s6.scandir',
    })
  }
}
