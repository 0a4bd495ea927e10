import {type BackendContext, isServiceError, type VerbOptions} from '@hermes-svc/core'
import {observeRunner, RunnerControl, type RunnerObservation, writeRestingWanted} from '@hermes-svc/runner'
import {serviceName} from './gateway-files.js'
import type {OwnGateway} from './windows-gateway.js'
import type {WindowsMachine} from './windows-machine.js'

/** How often a task is asked to run: a request that comes while its last process is about to end is dropped without a word. */
export const RUNS = 3
/** From the request to a runner that has its gateway. Milliseconds. */
export const APPEARS_MS = 2500
const POLL_MS = 50

/** Starts and stops gateways of ours, through their runners; tasks are only what starts those. */
export class GatewayControl {
  readonly runners: RunnerControl
  readonly #context: BackendContext
  readonly #machine: WindowsMachine

  constructor(context: BackendContext, machine: WindowsMachine) {
    this.#context = context
    this.#machine = machine
    this.runners = new RunnerControl(context, machine.writer)
  }

  async bringUp(gateway: OwnGateway, verb: 'start' | 'restart', options: VerbOptions): Promise<void> {
    const {directory, profile} = gateway
    const seen = this.#readable(gateway)
    const hasTask = gateway.note?.starter === 'task' && (await this.#allow(profile, options.signal))
    if (verb === 'start' && seen.supervised && seen.state === 'running' && seen.wanted === 'up') return
    if (seen.supervised && (await this.runners.ask(directory, seen, verb, options))) return
    if (hasTask && (await this.#runTask(gateway, options.signal))) return
    await this.runners.launch(directory, options)
  }

  /** Makes sure that it does not run, and that nothing starts it. */
  async takeDown(gateway: OwnGateway, options: VerbOptions): Promise<void> {
    const {directory, profile} = gateway
    // First, or the heartbeat might start it in between; what wants it up is gone as well when this fails.
    if (gateway.note?.starter === 'task') await this.forbid(profile, options.signal)
    const seen = this.#readable(gateway)
    const accepted = seen.supervised && (await this.runners.ask(directory, seen, 'stop', options))
    if (!accepted) await this.runners.rest(directory, this.#observe(directory) ?? seen, options)
  }

  /** Disables the task. A runner that is not wanted up ends at once, so a task that cannot be changed is told of only. */
  async forbid(profile: string, signal?: AbortSignal): Promise<void> {
    await this.#quietly(profile, () => this.#machine.schtasks.disable(serviceName(profile), signal))
  }

  /** Enables the task; whether there is one that can be run. */
  async #allow(profile: string, signal?: AbortSignal): Promise<boolean> {
    return await this.#quietly(profile, () => this.#machine.schtasks.enable(serviceName(profile), signal))
  }

  /** A process that a task starts is in no job of the terminal's, and lives on when that is closed. */
  async #runTask({profile, directory}: OwnGateway, signal?: AbortSignal): Promise<boolean> {
    const {clock, logger} = this.#context
    this.#machine.writer.run(() => {
      writeRestingWanted(directory, 'up')
    })
    for (let time = 0; time < RUNS; time += 1) {
      const asked = await this.#quietly(profile, () => this.#machine.schtasks.run(serviceName(profile), signal))
      if (!asked) break
      const deadline = clock.monotonic() + APPEARS_MS
      while (clock.monotonic() < deadline) {
        const seen = this.#observe(directory)
        if (seen?.supervised === true || seen?.state !== 'starting') return true
        await clock.sleep(POLL_MS, signal)
      }
    }
    logger.warn(`${profile}: its task does not run now, so it was started in this session, and ends with it`)
    return false
  }

  #observe(directory: string): RunnerObservation | null {
    return this.#machine.writer.run(() => observeRunner(directory))
  }

  #readable({seen, problem, profile}: OwnGateway): RunnerObservation {
    if (seen !== null) return seen
    throw this.#context.error('HSVC_UNEXPECTED_OUTPUT', `${profile}: ${problem ?? 'its definition is gone'}`, {
      hint: `hermes-svc gateway install ${profile} --force`,
    })
  }

  /** Does what a gateway can do without; false where it failed, with a warning. */
  async #quietly(profile: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (!isServiceError(error) || error.code === 'HSVC_ABORTED') throw error
      this.#context.logger.warn(`${profile}: ${error.message}`)
      return false
    }
  }
}
