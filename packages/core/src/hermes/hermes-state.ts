import type {Clock} from '../backend.js'
import type {GatewayStatus, Health, Wanted} from '../gateway-status.js'
import {isHermesHome} from '../hermes-home.js'
import {startTimeOf} from '../process/process-identity.js'
import {healthOf} from './gateway-health.js'
import {
  desiredStateOf,
  GATEWAY_STATE,
  type GatewayReport,
  parseGatewayReport,
  parseMapping,
  wantedByHermes,
} from './gateway-state.js'
import type {HomeFiles} from './home-files.js'
import {isPlannedStopOf, PLANNED_STOP, renderPlannedStop} from './planned-stop.js'

/** What is said about files that cannot be read or written: Hermes' own state is a service to it, never a condition. */
export interface HermesStateOptions {
  readonly root: string
  readonly homes: HomeFiles
  readonly clock: Clock
  readonly warn: (message: string) => void
  /** Default: this machine's. */
  readonly platform?: NodeJS.Platform
}

function ticksOf(pid: number): number | null {
  const startTime = process.platform === 'linux' ? startTimeOf(pid) : null
  return startTime === null ? null : Number(startTime)
}

/**
 * What we share with Hermes itself in the homes of its profiles: what is wanted of a gateway, that a stop is planned, and
 * how the gateway says it is. All of it is best effort: what fails is a warning.
 */
export class HermesState {
  readonly #options: HermesStateOptions
  /** By profile, the process that was told of a stop. */
  readonly #announced = new Map<string, number>()

  constructor(options: HermesStateOptions) {
    this.#options = options
  }

  /** Hermes' report; null where there is none that can be read. */
  report(profile: string): GatewayReport | null {
    const text = this.#attempt(profile, GATEWAY_STATE, null, () => this.#options.homes.read(profile, GATEWAY_STATE))
    return text === null ? null : parseGatewayReport(text)
  }

  /** Health as Hermes reports it, of a gateway as its init system shows it. */
  health(row: Pick<GatewayStatus, 'profile' | 'pid'>): Health | null {
    const report = this.report(row.profile)
    return report === null ? null : healthOf(report, row, isAlive(report), this.#options.clock.now())
  }

  /** The process that wrote a report, where it is still there; null where it is not. */
  writerOf(report: GatewayReport): number | null {
    return isAlive(report) ? report.pid : null
  }

  /** What Hermes has noted as wanted, in its own word; null where nothing is noted. */
  desiredState(profile: string): string | null {
    return this.report(profile)?.desiredState ?? null
  }

  /**
   * Notes in Hermes' state what is wanted. true when it says that now, so that a difference later on is Hermes' doing; false
   * where Hermes has no such profile, or it could not be written.
   */
  async mirror(profile: string, wanted: Wanted): Promise<boolean> {
    const report = await this.#reportSoon(profile)
    // A state file that is not there yet is left to Hermes, which may have something to begin with.
    const isDown = report === null || wantedByHermes(report) !== 'up'
    if (wanted === 'down' && isDown && (report?.desiredState ?? null) === null) return this.#isKnown(profile)
    return await this.#noted(profile, desiredStateOf(wanted), report)
  }

  /** What `mirror` would give where it had nothing to write; null where it would have to. */
  mirrors(profile: string, wanted: Wanted): boolean | null {
    if (!this.#isKnown(profile)) return false
    return this.desiredState(profile) === desiredStateOf(wanted) ? true : null
  }

  /** The same with Hermes' own word. */
  async note(profile: string, desiredState: string): Promise<boolean> {
    return await this.#noted(profile, desiredState, await this.#reportSoon(profile))
  }

  async #noted(profile: string, desiredState: string, report: GatewayReport | null): Promise<boolean> {
    // A state that says so already is left as it is, as is a home that is not Hermes', and the editor not loaded.
    const isKnown = this.#isKnown(profile)
    if (!isKnown || (report?.desiredState ?? null) === desiredState) return isKnown
    const {withDesiredState} = await import('./desired-state.js')
    const {homes} = this.#options
    return this.#attempt(profile, GATEWAY_STATE, false, () => {
      homes.write(profile, GATEWAY_STATE, withDesiredState(homes.read(profile, GATEWAY_STATE), desiredState))
      return true
    })
  }

  /** Puts back what Hermes had noted before; nothing is the same as stopped. */
  async restore(profile: string, earlier: string | null): Promise<void> {
    if (this.desiredState(profile) !== earlier) await this.note(profile, earlier ?? desiredStateOf('down'))
    if (earlier === null) this.forget(profile)
  }

  /** Removes a state file in which nothing stands but a wish: Hermes never wrote into it, so we made it. */
  forget(profile: string): void {
    const {homes} = this.#options
    this.#attempt(profile, GATEWAY_STATE, undefined, () => {
      const keys = Object.keys(parseMapping(homes.read(profile, GATEWAY_STATE) ?? '') ?? {})
      if (keys.join() === 'desired_state') homes.remove(profile, GATEWAY_STATE)
    })
  }

  /** Tells the gateway that it is about to be stopped on purpose. To be called before any signal to it. */
  announceStop(profile: string, pid: number | null): void {
    if (pid === null) return
    const {homes, root, clock} = this.#options
    const target = this.#ownProcess(profile) ?? pid
    this.#announced.set(profile, target)
    this.#attempt(profile, PLANNED_STOP, undefined, () => {
      if (!isHermesHome(root, profile)) return
      const marker = renderPlannedStop({pid: target, startTime: ticksOf(target)}, process.pid, clock.now())
      homes.write(profile, PLANNED_STOP, marker)
    })
  }

  /** Takes the announcement back from a gateway that did not heed it, as one that is not Hermes'; after it has ended. */
  withdrawStop(profile: string, pid: number | null): void {
    if (pid === null) return
    const {homes} = this.#options
    const target = this.#announced.get(profile) ?? pid
    this.#attempt(profile, PLANNED_STOP, undefined, () => {
      const text = homes.read(profile, PLANNED_STOP)
      if (text !== null && isPlannedStopOf(text, target)) homes.remove(profile, PLANNED_STOP)
    })
  }

  /**
   * The process of Hermes itself, as it reports it. On Windows that is a child of what is supervised: no program becomes another
   * one there, and `hermes.exe` or a venv's `python.exe` starts Python and waits. null elsewhere, and where it is not known.
   */
  #ownProcess(profile: string): number | null {
    if ((this.#options.platform ?? process.platform) !== 'win32') return null
    const report = this.report(profile)
    return report === null ? null : this.writerOf(report)
  }

  async #reportSoon(profile: string): Promise<GatewayReport | null> {
    return await this.#options.homes.soon(() => this.report(profile))
  }

  #isKnown(profile: string): boolean {
    return this.#attempt(profile, GATEWAY_STATE, false, () => isHermesHome(this.#options.root, profile))
  }

  #attempt<T>(profile: string, name: string, otherwise: T, work: () => T): T {
    try {
      return work()
    } catch (error) {
      this.#options.warn(`${profile}: ${name} in its home is left alone: ${(error as Error).message}`)
      return otherwise
    }
  }
}

/** Whether the process that wrote a report is still there. */
function isAlive({pid, startTime}: GatewayReport): boolean {
  if (pid === null || !Number.isInteger(pid) || pid <= 0) return false
  const now = ticksOf(pid)
  if (process.platform === 'linux') return now !== null && (startTime === null || startTime === now)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
