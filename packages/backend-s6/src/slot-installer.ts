import {join} from 'node:path'
import {accountNamed, type BackendContext, type GatewaySpec} from '@hermes-svc/core'
import {planSlot} from './plan-slot.js'
import type {S6Machine} from './s6-machine.js'
import {measureScandir, namesIn} from './scandir-problems.js'
import {type Definition, renderDefinition} from './service-directory.js'
import {CONTROL_FIFOS} from './slot-names.js'
import {isKept, keepFiles} from './slot-backup.js'
import {readFacts} from './slot-observation.js'
import type {SlotOwner} from './slot-store.js'
import type {SlotFacts} from './slot-facts.js'

/** Makes slots and takes them apart, so that s6 sees a whole one or none. */
export class SlotInstaller {
  readonly #context: BackendContext
  readonly #machine: S6Machine

  constructor(context: BackendContext, machine: S6Machine) {
    this.#context = context
    this.#machine = machine
  }

  /** Makes the slot of a spec, or gives one of ours another definition; waits until it is supervised. It stays as down or up as it was. */
  async define(spec: GatewaySpec, origin: SlotFacts['origin'], signal?: AbortSignal): Promise<void> {
    const {store, supervision, writer} = this.#machine
    const {profile} = spec
    const facts = this.#machine.facts()
    planSlot(spec, facts, this.#context)
    const definition = renderDefinition(spec, facts, origin)
    const owner = this.#ownerOf(spec)
    const directory = store.directory(profile)
    await this.clear(profile, signal)
    if (writer.run(() => readFacts(directory, profile)) !== null) {
      await supervision.untilNoted(directory, signal)
      store.replace(profile, definition, owner)
    } else await this.#make(profile, definition, owner, signal)
    await supervision.untilSupervised(directory, signal)
  }

  /** Removes what a killed run left under hidden names, once nobody supervises it. */
  async clear(profile: string, signal?: AbortSignal): Promise<void> {
    const {store, supervision} = this.#machine
    if (store.isThere(store.staged(profile))) store.remove(store.staged(profile))
    const retired = store.retired(profile)
    if (!store.isThere(retired)) return
    await supervision.untilUnsupervised(retired, signal)
    await supervision.untilRemoved(() => {
      store.remove(retired)
    }, signal)
  }

  /** Where slots are kept that somebody else made and we took over. */
  backups(profile: string): string {
    return join(this.#context.paths.gateways, profile, 's6')
  }

  /** Copies somebody else's slot into the record directory, from where it can be put back, unless the same is there already. */
  backUp(profile: string): void {
    const {store, home} = this.#machine
    const files = store.foreignFiles(profile)
    const backups = this.backups(profile)
    const stamp = new Date(this.#context.clock.now()).toISOString().replaceAll(/[^\dTZ]/g, '')
    const backup = join(backups, stamp)
    const isNew = home.run(() => {
      if (isKept(backups, files)) return false
      keepFiles(backup, files)
      return true
    })
    if (isNew) this.#context.logger.warn(`${profile}: the slot that was there is kept in ${backup}`)
  }

  async #make(profile: string, definition: Definition, owner: SlotOwner, signal?: AbortSignal): Promise<void> {
    const {store, tools} = this.#machine
    this.#assertRoom(1)
    let isPublished = false
    try {
      const staged = store.stage(profile, definition, owner)
      await tools.makeFifos(CONTROL_FIFOS.map(name => join(staged, name)))
      signal?.throwIfAborted()
      store.publish(profile, owner)
      isPublished = true
      // Others may have taken the last places meanwhile; one slot too many would stop all scans of newer versions of s6.
      this.#assertRoom(0)
    } catch (error) {
      if (isPublished) store.retire(profile)
      await this.clear(profile)
      throw error
    }
  }

  #assertRoom(more: 0 | 1): void {
    const {place, settings, writer} = this.#machine
    const {capacity} = settings
    // Mostly the names alone settle it, without a look at each of a thousand.
    if (writer.run(() => namesIn(place.scandir)).length + more <= capacity) return
    const {services, slots} = writer.run(() => measureScandir(place.scandir))
    if (services + more <= capacity && slots + 2 * more <= 2 * capacity) return
    throw this.#context.error(
      'HSVC_CAPACITY',
      `expected room in ${place.scandir} for ${String(capacity)} services with loggers, got ${String(services)} services already`,
      {hint: 'uninstall one, or give s6-svscan a larger -C (-c before s6 2.12) and say so in backends.s6.capacity'},
    )
  }

  #ownerOf({account}: GatewaySpec): SlotOwner {
    const {writer} = this.#machine
    const found = account === null || account === writer.name ? null : accountNamed(account)
    return found ?? writer
  }
}
