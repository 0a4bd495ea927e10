/** @import {BackendContext} from '@hermes-svc/core' */
/** @import {Observation} from './service-observation.js' */
import {askToLook, endSleep, isSupervised, tell} from './runit-tools.js'
import {observeService} from './service-observation.js'

const POLL_MS = 20
/** runsvdir looks every five seconds. */
const SUPERVISED_WITHIN_MS = 15_000
/** runsv sleeps for a second between two starts, and hears nothing meanwhile. */
const HEEDED_WITHIN_MS = 5000
/** What ./finish takes to write its notes, on a busy machine. */
const JUDGED_WITHIN_MS = 1000
/** What a runsv and its logger take to end when the gateway is gone. */
const ENDED_WITHIN_MS = 15_000

/** Waits for what runit does with a service: it answers nothing, and does everything a little later. */
export class ServiceSupervision {
  #context
  #directory

  /**
   * @param {BackendContext} context
   * @param {string} directory - The one that runsvdir watches.
   */
  constructor(context, directory) {
    this.#context = context
    this.#directory = directory
  }

  /**
   * Waits for the runsv of a new service. Rejects HSVC_NOT_SUPERVISED.
   *
   * @param {string} service
   * @param {AbortSignal} [signal]
   */
  async untilSupervised(service, signal) {
    const hasRunsv = () => isSupervised(service)
    if (hasRunsv()) return
    const look = askToLook(this.#directory)
    const isTakenUp = () => {
      look()
      return hasRunsv()
    }
    if (await this.#until(SUPERVISED_WITHIN_MS, signal, isTakenUp)) return
    throw this.#context.error('HSVC_NOT_SUPERVISED', `expected runsvdir to take up ${service}, got no runsv`, {
      hint: `See that runsvdir watches ${this.#directory}: hermes-svc backend detect`,
    })
  }

  /**
   * Tells a service of ours what is wanted and waits until runsv has taken note. A ./finish that sleeps is woken, which
   * no letter does; somebody else's may have more to do than to sleep.
   *
   * @param {string} service
   * @param {string} profile
   * @param {boolean} isWantedUp
   * @param {AbortSignal} [signal]
   */
  async want(service, profile, isWantedUp, signal) {
    tell(service, isWantedUp ? 'u' : 'd')
    await this.#until(HEEDED_WITHIN_MS, signal, () => {
      const seen = observeService(service, profile)
      if (seen?.backoff) endSleep(seen.backoff.pid)
      if (seen?.status == null) return true
      // It may have died and been parked already.
      const isHeeded = seen.status.isWantedUp === isWantedUp || seen.parked !== null
      return isHeeded && seen.status.phase !== 'finish'
    })
  }

  /**
   * Looks at a service. For some milliseconds after a death nobody knows how it ended, and its row would tell of the death
   * before: that moment is waited for.
   *
   * @param {string} service
   * @param {string} profile
   * @returns {Promise<Observation | null>}
   */
  async observe(service, profile) {
    let seen = observeService(service, profile)
    await this.#until(JUDGED_WITHIN_MS, undefined, () => {
      if (seen?.isJudged !== false) return true
      seen = observeService(service, profile)
      return false
    })
    return seen
  }

  /**
   * Ends the runsv of a service that runsvdir does not see any more, with the gateway and the logger. Rejects HSVC_TIMEOUT.
   *
   * @param {string} service
   * @param {string} profile
   * @param {AbortSignal} [signal]
   */
  async end(service, profile, signal) {
    if (!tell(service, 'x')) return
    const stopTimeoutMs = observeService(service, profile)?.about?.stopTimeoutMs ?? 0
    const hasEnded = () => {
      const backoff = observeService(service, profile)?.backoff
      if (backoff) endSleep(backoff.pid)
      return !isSupervised(service)
    }
    if (await this.#until(stopTimeoutMs + ENDED_WITHIN_MS, signal, hasEnded)) return
    throw this.#context.error('HSVC_TIMEOUT', `expected the runsv of ${service} to end, got no end`, {
      state: 'stopping',
      hint: `See what it waits for: sv status ${service}`,
    })
  }

  /**
   * Looks until `probe` holds; false when it did not in time.
   *
   * @param {number} withinMs
   * @param {AbortSignal | undefined} signal
   * @param {() => boolean} probe
   */
  async #until(withinMs, signal, probe) {
    const {clock} = this.#context
    const end = clock.monotonic() + withinMs
    while (!probe()) {
      if (clock.monotonic() > end) return false
      await clock.sleep(POLL_MS, signal)
    }
    return true
  }
}
