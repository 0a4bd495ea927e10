import {existsSync, readFileSync} from 'node:fs'
import {type BackendContext, findWriter, type Writer} from '@hermes-svc/core'
import {lookAtMachine} from './machine-look.js'
import type {S6Facts} from './s6-facts.js'
import {parseSettings, type S6Settings} from './s6-settings.js'
import {S6Tools} from './s6-tools.js'
import {choosePlace, type ScandirPlace} from './scandir-place.js'
import {SlotList} from './slot-list.js'
import {SlotStore} from './slot-store.js'
import {SlotSupervision} from './slot-supervision.js'

/** s6-overlay's script that restores the container's environment, in version 3 and in version 2. */
const WITH_CONTENV = ['/command/with-contenv', '/usr/bin/with-contenv']

/** Where s6-overlay keeps the container's environment, a file for each variable. */
const CONTAINER_HOME = '/run/s6/container_environment/HERMES_HOME'

/** The container's HERMES_HOME; null where it has none, or it is not for us to read. */
function containerHome(): string | null {
  try {
    return readFileSync(CONTAINER_HOME, 'utf8').replace(/\n$/, '') || null
  } catch {
    return null
  }
}

/** The s6 of this machine: where it is, with whose rights we work there, and what works on it. */
export class S6Machine {
  readonly settings: S6Settings
  readonly place: ScandirPlace
  readonly writer: Writer
  /** The same for the profile root, where logs and backups are. */
  readonly home: Writer
  readonly slots: SlotList
  readonly #context: BackendContext
  #tools: S6Tools | undefined
  #store: SlotStore | undefined
  #supervision: SlotSupervision | undefined

  /** Throws HSVC_CONFIG_INVALID. */
  constructor(context: BackendContext) {
    this.#context = context
    this.settings = parseSettings(context)
    const {scandir} = this.settings
    this.place = choosePlace(lookAtMachine(scandir), context.caller, scandir)
    this.writer = findWriter(context.caller, this.place.scandir)
    this.home = findWriter(context.caller, context.paths.root)
    this.slots = new SlotList(this.place.scandir, this.writer)
  }

  // What follows is made for who asks: a listing does not.

  get tools(): S6Tools {
    return (this.#tools ??= new S6Tools(this.#context, this.writer, this.settings.binDir))
  }

  get store(): SlotStore {
    return (this.#store ??= new SlotStore(this.place.scandir, this.writer))
  }

  get supervision(): SlotSupervision {
    return (this.#supervision ??= new SlotSupervision(this.#context, this.tools, this.writer, this.place.scandir))
  }

  /** What planning has to know. Throws HSVC_TOOL_MISSING. */
  facts(): S6Facts {
    const {root, logs} = this.#context.paths
    const {scandir, scope, overlay} = this.place
    const {uid} = this.writer
    const withContenv = overlay ? (WITH_CONTENV.find(path => existsSync(path)) ?? null) : null
    return {
      scandir,
      scope,
      root,
      logs,
      dialect: this.settings.dialect,
      withContenv,
      homeFromContainer: withContenv !== null && [null, root].includes(containerHome()),
      setuidgid: this.tools.need('s6-setuidgid'),
      s6Log: this.tools.need('s6-log'),
      s6Svstat: this.tools.need('s6-svstat'),
      writer: {uid, name: this.writer.name},
    }
  }
}
