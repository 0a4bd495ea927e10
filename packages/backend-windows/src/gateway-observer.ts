import {existsSync} from 'node:fs'
import type {BackendContext} from '@hermes-svc/core'
import {DefinitionStore, lookSettled, type RunnerObservation} from '@hermes-svc/runner'
import {type ForeignDefinition, ForeignGateways} from './foreign-gateways.js'
import {startupEntryPath} from './gateway-files.js'
import type {GatewayStarter, OwnTask} from './gateway-starter.js'
import {ENGINES} from './launcher.js'
import {Remembered} from './remembered.js'
import {readStarterNote, type StarterNote} from './starter-note.js'
import type {OwnGateway, WindowsGateway} from './windows-gateway.js'
import type {WindowsMachine} from './windows-machine.js'

/** How long what Windows said of tasks is taken for true. Milliseconds. */
const TASKS_MS = 5000

function profileOf({gateway}: WindowsGateway): string {
  return gateway.profile
}

function order(a: WindowsGateway, b: WindowsGateway): number {
  if (profileOf(a) !== profileOf(b)) return profileOf(a) < profileOf(b) ? -1 : 1
  return Number(a.origin === 'foreign') - Number(b.origin === 'foreign')
}

/** Reads what there is: our gateways from files alone, those of Hermes where there are signs of them. */
export class GatewayObserver {
  readonly definitions: DefinitionStore
  readonly #context: BackendContext
  readonly #machine: WindowsMachine
  readonly #foreign: ForeignGateways
  readonly #starter: GatewayStarter
  readonly #foreignTasks: Remembered<ForeignDefinition[]>
  readonly #ownTasks: Remembered<OwnTask>

  constructor(kind: string, context: BackendContext, machine: WindowsMachine, starter: GatewayStarter) {
    this.#context = context
    this.#machine = machine
    this.#starter = starter
    this.#foreignTasks = new Remembered(context.clock, TASKS_MS)
    this.#ownTasks = new Remembered(context.clock, TASKS_MS)
    this.definitions = new DefinitionStore(kind, context.paths, machine.writer)
    this.#foreign = new ForeignGateways(context.paths.root, machine, context.logger)
  }

  /** Sorted by profile, ours first: it is the one that verbs act on. Of named profiles those that are not there are left out. */
  async observe(profiles?: readonly string[], signal?: AbortSignal): Promise<WindowsGateway[]> {
    const names = profiles === undefined ? this.definitions.profiles() : [...new Set(profiles)]
    const own = (await Promise.all(names.map(async profile => await this.own(profile)))).filter(each => each !== null)
    const ours = own.map(({profile}) => profile)
    const foreign = await this.#findForeign(profiles, ours, signal)
    return [
      ...own.map(gateway => ({origin: 'ours', gateway}) as const),
      ...foreign.map(each => ({origin: 'foreign', gateway: {...each, pid: this.#pidOf(each.profile, own)}}) as const),
    ].sort(order)
  }

  /** The gateway of ours for a profile; null where there is none. */
  async own(profile: string): Promise<OwnGateway | null> {
    return await lookSettled(() => this.#look(profile), this.#context.clock)
  }

  /** The process that says to be the gateway of a profile, whoever started it; null where there is none. */
  foreignPid(profile: string): number | null {
    return this.#foreign.pid(profile)
  }

  /** What there is of the task of a gateway; null where it needs none. Rejects what schtasks answers where it cannot be asked. */
  async task({profile, directory, note}: OwnGateway, signal?: AbortSignal): Promise<OwnTask | null> {
    if (note?.starter !== 'task') return null
    return await this.#ownTasks.get(profile, () => this.#starter.compare(profile, directory, signal))
  }

  /** To be called when tasks were made or removed. */
  forgetTasks(): void {
    this.#foreignTasks.forget()
    this.#ownTasks.forget()
  }

  /** A gateway of Hermes writes down who it is whoever started it. */
  #pidOf(profile: string, own: readonly OwnGateway[]): number | null {
    const pid = this.#foreign.pid(profile)
    return own.some(({seen}) => seen?.gateway?.pid === pid) ? null : pid
  }

  #look(profile: string): OwnGateway | null {
    const directory = this.definitions.directory(profile)
    let seen: RunnerObservation | null = null
    let problem: string | null = null
    try {
      seen = this.definitions.observe(profile)
      if (seen === null) return null
    } catch (error) {
      problem = (error as Error).message
    }
    const note = this.#machine.writer.run(() => readStarterNote(directory))
    return {profile, directory, seen, problem, note, isArmed: this.#isArmed(profile, note)}
  }

  #isArmed(profile: string, note: StarterNote | null): boolean {
    const {startup} = this.#machine
    if (note?.autostart !== true) return false
    if (note.starter === 'task') return true
    return startup !== null && ENGINES.some(engine => existsSync(startupEntryPath(startup, profile, engine)))
  }

  async #findForeign(
    profiles: readonly string[] | undefined,
    ours: readonly string[],
    signal?: AbortSignal,
  ): Promise<ForeignDefinition[]> {
    const key = profiles === undefined ? '' : [...profiles].sort().join()
    return await this.#foreignTasks.get(key, () => this.#foreign.find(profiles, ours, signal))
  }
}
