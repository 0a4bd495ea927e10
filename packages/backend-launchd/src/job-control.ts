import type {BackendContext} from '@hermes-svc/core'
import {deathsOf, type JobObservation} from './gateway-status-of.js'
import type {JobDefinition} from './job-definitions.js'
import {type HandedOff, handOffJob, handOffLabel, isInside} from './hand-off.js'
import {JobLoader} from './job-loader.js'
import {JobStore} from './job-store.js'
import type {JobTarget, Launchctl} from './launchctl.js'
import type {Domain} from './launchd-facts.js'
import type {LaunchdMachine} from './launchd-machine.js'
import type {LaunchdScope} from './launchd-scope.js'
import {isEnding, type JobPrint} from './print-output.js'

const POLL_MS = 100
/** How long whoever asked waits for an earlier job to go. */
const SOON_MS = 2000
/** A job that was loaded and has no process by then was left waiting by launchd. */
const SPAWN_MS = 1500
/** Above that, waiting for the throttle is worse than loading the job anew, which has none. */
const LONGEST_THROTTLE_S = 10

/** What is asked of launchd for one job. Each resolves when launchd has taken note, `end` when the job is gone. */
export class JobControl {
  readonly #context: BackendContext
  readonly #machine: LaunchdMachine
  readonly #launchctl: Launchctl
  readonly #loader: JobLoader

  constructor(context: BackendContext, machine: LaunchdMachine) {
    this.#context = context
    this.#machine = machine
    this.#launchctl = machine.launchctl
    this.#loader = new JobLoader(context, machine.launchctl)
  }

  /** Wants it up, now and at login. A process that runs is left alone, whatever definition it was started by. */
  async start(seen: JobObservation, signal?: AbortSignal): Promise<void> {
    const {definition} = seen
    const loaded = await this.#enabled(definition, signal)
    if (loaded !== null && loaded.job.pid !== null) return
    this.#noteAsked(seen)
    const isUsable = loaded !== null && isCurrent(definition, loaded.job)
    if (isUsable && (await this.#launchctl.kickstart(loaded.target, {}, signal)) === 'asked') return
    await this.load(definition, signal)
  }

  /** The same with another process. */
  async restart(seen: JobObservation, signal?: AbortSignal): Promise<void> {
    const {definition} = seen
    const loaded = await this.#enabled(definition, signal)
    this.#noteAsked(seen)
    const isUsable = loaded !== null && isCurrent(definition, loaded.job) && !this.#isThrottledLong(seen)
    if (isUsable) {
      const kill = loaded.job.pid !== null
      if ((await this.#launchctl.kickstart(loaded.target, {kill}, signal)) === 'asked') return
    }
    await this.load(definition, signal)
  }

  /** Wants it down, now and at login. */
  async stop(definition: JobDefinition, signal?: AbortSignal): Promise<void> {
    await this.#launchctl.disable(this.#scope(definition).noted(definition.label), signal)
    await this.#launchctl.remove(handOffLabel(definition), signal)
    await this.unload(definition, signal)
  }

  /** Takes back what start and stop had launchd note, which outlives the definition. */
  async forget(definition: JobDefinition, signal?: AbortSignal): Promise<void> {
    await this.#launchctl.enable(this.#scope(definition).noted(definition.label), signal)
  }

  /** Stops it and waits until launchd has forgotten it. */
  async end(definition: JobDefinition, signal?: AbortSignal): Promise<void> {
    await this.stop(definition, signal)
    await this.#untilGone(definition, signal)
  }

  /** The files of a scope. */
  store({scope}: Pick<JobDefinition, 'scope'>): JobStore {
    const {home} = this.#machine
    return new JobStore(this.#machine.scope(scope).writer, home, this.#context.paths.gateways)
  }

  /** Where what belongs to a job lies. */
  directory({scope, profile}: Pick<JobDefinition, 'scope' | 'profile'>): string {
    return this.#machine.scope(scope).jobDirectory(profile)
  }

  #scope({scope}: Pick<JobDefinition, 'scope'>): LaunchdScope {
    return this.#machine.scope(scope)
  }

  #targets(definition: JobDefinition): JobTarget[] {
    return this.#scope(definition).everywhere(definition.label)
  }

  async #untilGone(definition: JobDefinition, signal?: AbortSignal): Promise<void> {
    for (const target of this.#targets(definition)) await this.#loader.untilGone(target, signal)
  }

  /** What launchd has of the job, unless that is about to end. It refuses to load a label that is disabled. */
  async #enabled(
    definition: JobDefinition,
    signal?: AbortSignal,
  ): Promise<{readonly target: JobTarget; readonly job: JobPrint} | null> {
    const scope = this.#scope(definition)
    await this.#launchctl.remove(handOffLabel(definition), signal)
    await this.#launchctl.enable(scope.noted(definition.label), signal)
    const found = await scope.find(definition, signal)
    return found !== null && isEnding(found.job) ? null : found
  }

  /**
   * Loads the definition as it is on disk, which starts it, after whatever launchd still has of the label is gone. Where
   * that takes its time, a job of its own goes on with it: whoever asked may not wait that long, and a gateway that is
   * unloaded comes back by nothing else.
   */
  async load(definition: JobDefinition, signal?: AbortSignal): Promise<void> {
    const isGone = !isInside(definition, this.#context) && (await this.#isGoneSoon(definition, signal))
    if (!isGone) {
      await this.#handOff('finishLoad', definition, signal)
      return
    }
    await this.#bootstrap(definition, signal)
    const {marker} = definition
    if (marker !== null) this.store(definition).prune(this.directory(definition), [marker.id])
  }

  /** The same for as long as it takes. It gives up where somebody has disabled the label meanwhile. */
  async finishLoad(definition: JobDefinition): Promise<void> {
    await this.#bootoutLoaded(definition)
    await this.#untilGone(definition)
    await this.#bootstrap(definition)
  }

  /** Has launchd end and forget the job, wherever it is loaded. */
  async unload(definition: JobDefinition, signal?: AbortSignal): Promise<void> {
    if (isInside(definition, this.#context)) await this.#handOff('finishUnload', definition, signal)
    else await this.finishUnload(definition, signal)
  }

  /** The same from outside of the job. */
  async finishUnload(definition: JobDefinition, signal?: AbortSignal): Promise<void> {
    for (const target of this.#targets(definition)) await this.#launchctl.bootout(target, signal)
  }

  async #isGoneSoon(definition: JobDefinition, signal?: AbortSignal): Promise<boolean> {
    const {clock} = this.#context
    const until = clock.monotonic() + SOON_MS
    for (const target of await this.#bootoutLoaded(definition, signal)) {
      const leftMs = until - clock.monotonic()
      if (!(await this.#loader.isGone(target, () => leftMs, signal))) return false
    }
    return true
  }

  /** In every domain: of one that an earlier definition had loaded for another there would be two. Returns where it was. */
  async #bootoutLoaded(definition: JobDefinition, signal?: AbortSignal): Promise<JobTarget[]> {
    const loaded: JobTarget[] = []
    for (const target of this.#targets(definition)) {
      if ((await this.#launchctl.print(target, signal)) === null) continue
      await this.#launchctl.bootout(target, signal)
      loaded.push(target)
    }
    return loaded
  }

  /** Leaves the rest to a job of its own. */
  async #handOff(what: HandedOff, definition: JobDefinition, signal?: AbortSignal): Promise<void> {
    const {label, argv, log} = handOffJob(what, definition, this.#context, this.#machine)
    await this.#launchctl.submit(label, argv, log, signal)
  }

  async #bootstrap(definition: JobDefinition, signal?: AbortSignal): Promise<void> {
    const {label, profile} = definition
    const job = {...definition, isCurrent: (loaded: JobPrint) => isCurrent(definition, loaded)}
    const domains = this.#scope(definition).domainsOf(definition)
    const {domain, became} = await this.#loader.bootstrap(job, domains, signal)
    if (became === 'no-domain') throw await this.#unsupported(definition, domain, signal)
    if (became === 'disabled')
      throw this.#context.error('HSVC_BUSY', `${label} was disabled while it was about to be loaded`, {
        hint: `hermes-svc gateway start ${profile}`,
      })
    if (became === 'loaded') await this.#ensureSpawned(`${domain}/${label}`, signal)
  }

  /** launchd may load a job and leave it waiting for a demand that never comes; a plain kickstart is one. */
  async #ensureSpawned(target: JobTarget, signal?: AbortSignal): Promise<void> {
    const {clock} = this.#context
    const until = clock.monotonic() + SPAWN_MS
    for (;;) {
      const job = await this.#launchctl.print(target, signal)
      if (job === null || job.pid !== null || job.lastExit !== null) return
      if (clock.monotonic() > until) break
      await clock.sleep(POLL_MS, signal)
    }
    await this.#launchctl.kickstart(target, {}, signal)
  }

  /** Lets the launcher know that the start that comes now is asked for: it counts no death, and parks nothing. */
  #noteAsked(seen: JobObservation): void {
    const {definition, notes} = seen
    if (definition.marker === null || notes.start === null) return
    const {serial} = notes.start
    this.store(definition).noteAsked(this.directory(definition), {serial, deaths: deathsOf(seen) ?? 0})
  }

  #isThrottledLong({notes}: JobObservation): boolean {
    const {start, header} = notes
    const throttleSeconds = start?.header?.throttleSeconds ?? header?.throttleSeconds ?? 0
    if (start === null || throttleSeconds <= LONGEST_THROTTLE_S) return false
    const leftMs = start.atMs + throttleSeconds * 1000 - this.#context.clock.now()
    return leftMs > LONGEST_THROTTLE_S * 1000
  }

  /** launchd has one code for a domain that is not there, and for a job that the user does not want in one that is. */
  async #unsupported({label, profile}: JobDefinition, domain: Domain, signal?: AbortSignal): Promise<Error> {
    const [reason, hint] = (await this.#launchctl.hasDomain(domain, signal))
      ? [
          `launchd does not take it into ${domain}, as for a background item that was switched off`,
          `allow hermes-gateway-${profile} in System Settings, General, Login Items & Extensions`,
        ]
      : [
          `expected the domain ${domain}, got none: nobody is logged in there`,
          `log in there; or, for the domain that is there: hermes-svc gateway install ${profile} --force`,
        ]
    return this.#context.error('HSVC_BACKEND_UNAVAILABLE', `${label}: ${reason}`, {hint})
  }
}

/** Whether launchd has a job by the definition that is on disk now. Of one that it does not show fully, that is not known. */
function isCurrent({marker}: JobDefinition, job: JobPrint): boolean {
  return marker === null || job.arguments?.[1] === marker.id
}
