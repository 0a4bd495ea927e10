import type {BackendContext} from '@hermes-svc/core'
import type {Bootstrapped, JobTarget, Launchctl} from './launchctl.js'
import type {Domain} from './launchd-facts.js'
import {isEnding, type JobPrint} from './print-output.js'

const POLL_MS = 100
/** How long launchd may refuse to take a label again after its job has gone: 5 s have been seen. */
const LOAD_MS = 15_000
/** Over the time that a job has for its end, the time that launchd takes to forget it. */
const FORGET_MS = 10_000

/** What launchd is to load. */
export interface LoadableJob {
  readonly label: string
  /** Of the plist. */
  readonly path: string
  /** Whether launchd has the job by the plist that is on disk now. */
  readonly isCurrent: (job: JobPrint) => boolean
}

/** What became of it. `present`: somebody else was quicker. */
export interface Loaded {
  readonly domain: Domain
  readonly became: Exclude<Bootstrapped, 'busy'> | 'present'
}

/** Has launchd take jobs and let go of them, which it does in its own time. */
export class JobLoader {
  readonly #context: BackendContext
  readonly #launchctl: Launchctl

  constructor(context: BackendContext, launchctl: Launchctl) {
    this.#context = context
    this.#launchctl = launchctl
  }

  /**
   * Loads a job into the first of the domains that there is. launchd answers EIO and EALREADY for as long as it has not
   * done with an earlier job of the label, and EIO for all that is wrong with a definition as well: only time tells them
   * apart. Rejects HSVC_TOOL_FAILED where it took too much.
   */
  async bootstrap(job: LoadableJob, domains: readonly Domain[], signal?: AbortSignal): Promise<Loaded> {
    const {clock} = this.#context
    const until = clock.monotonic() + LOAD_MS
    for (;;) {
      const [domain, became] = await this.#tryBootstrap(job, domains, signal)
      if (became !== 'busy') return {domain, became}
      const other = await this.#launchctl.print(`${domain}/${job.label}`, signal)
      if (other !== null && !isEnding(other) && job.isCurrent(other)) return {domain, became: 'present'}
      if (clock.monotonic() > until) throw this.#refused(job, domain)
      await clock.sleep(POLL_MS, signal)
    }
  }

  /** Waits until launchd has forgotten a job, for as long as the job may take to end. Rejects HSVC_TIMEOUT. */
  async untilGone(target: JobTarget, signal?: AbortSignal): Promise<void> {
    const patienceMs = ({exitTimeoutSeconds}: JobPrint): number => (exitTimeoutSeconds ?? 0) * 1000 + FORGET_MS
    if (await this.isGone(target, patienceMs, signal)) return
    throw this.#context.error('HSVC_TIMEOUT', `launchd did not let go of ${target}`, {
      state: 'stopping',
      hint: `see launchctl print ${target}, then retry`,
    })
  }

  /** Whether launchd forgets a job within the time that somebody has patience with it, in milliseconds. */
  async isGone(target: JobTarget, patienceMs: (job: JobPrint) => number, signal?: AbortSignal): Promise<boolean> {
    const {clock} = this.#context
    const begun = clock.monotonic()
    for (;;) {
      const job = await this.#launchctl.print(target, signal)
      if (job === null) return true
      if (clock.monotonic() - begun > patienceMs(job)) return false
      await clock.sleep(POLL_MS, signal)
    }
  }

  async #tryBootstrap(
    {path}: LoadableJob,
    domains: readonly Domain[],
    signal?: AbortSignal,
  ): Promise<[Domain, Bootstrapped]> {
    let tried: [Domain, Bootstrapped] = ['system', 'no-domain']
    for (const domain of domains) {
      tried = [domain, await this.#launchctl.bootstrap(domain, path, signal)]
      if (tried[1] !== 'no-domain') break
    }
    return tried
  }

  #refused({label, path}: LoadableJob, domain: Domain): Error {
    const {caller} = this.#context
    const isTold = domain === 'system' || caller.uid === 0
    return this.#context.error(
      'HSVC_TOOL_FAILED',
      `launchd did not load ${label} within ${String(LOAD_MS / 1000)} s: it refuses ${path}`,
      {
        hint: isTold
          ? `see why: log show --last 1m --predicate 'process == "launchd"'`
          : `only root is told why: sudo launchctl bootstrap ${domain} ${path}`,
      },
    )
  }
}
