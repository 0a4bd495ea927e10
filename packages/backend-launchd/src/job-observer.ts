import type {JobObservation} from './gateway-status-of.js'
import {type HomeReader, type JobDefinition, profilesOf, readDefinitions} from './job-definitions.js'
import {handOffLabel} from './hand-off.js'
import {readNotes} from './job-notes.js'
import {launcherPath, parsePlistName, plistName} from './job-paths.js'
import type {LaunchdMachine} from './launchd-machine.js'
import type {LaunchdScope} from './launchd-scope.js'
import type {ListedJob} from './list-output.js'
import type {JobPrint} from './print-output.js'

type Asked = readonly string[] | undefined

/** What is taken for the id of a definition whose file is gone. */
export const GONE = ''

/** How many jobs launchd is asked about at a time, each by a process of its own. */
const AT_ONCE = 8

function rank({definition}: JobObservation): number {
  return definition.marker === null ? 1 : 0
}

function byProfile(a: JobObservation, b: JobObservation): number {
  const [one, other] = [a.definition.profile, b.definition.profile]
  return one === other ? rank(a) - rank(b) : one < other ? -1 : 1
}

/** Reads what there is: definitions, what launchd says of their jobs, the notes beside. */
export class JobObserver {
  readonly #machine: LaunchdMachine

  constructor(machine: LaunchdMachine) {
    this.#machine = machine
  }

  /**
   * Sorted by profile. Of one that is defined more than once, the definition that verbs act on comes first: ours, then the
   * one in the caller's own scope. Rejects what launchctl answers where launchd cannot be asked.
   */
  async observe(asked?: Asked, signal?: AbortSignal): Promise<JobObservation[]> {
    const listed = await this.#machine.launchctl.list(signal)
    const found = await Promise.all(this.#machine.scopes.map(async scope => this.#definitions(scope, asked)))
    const known = new Set(found.flat().map(({label}) => label))
    const observed = await Promise.all(
      this.#machine.scopes.map(async (scope, index) => {
        const lost = await this.#lost(
          scope,
          [...listed.keys()].filter(label => !known.has(label)),
          asked,
          signal,
        )
        return await this.#inScope(scope, [...(found[index] ?? []), ...lost], listed, signal)
      }),
    )
    return observed.flat().sort(byProfile)
  }

  /** What there is of one profile, the definition that verbs act on first. */
  async observeOne(profile: string, signal?: AbortSignal): Promise<JobObservation[]> {
    return await this.observe([profile], signal)
  }

  async #inScope(
    scope: LaunchdScope,
    definitions: readonly JobDefinition[],
    listed: ReadonlyMap<string, ListedJob>,
    signal?: AbortSignal,
  ): Promise<JobObservation[]> {
    if (definitions.length === 0) return []
    const disabled = await this.#machine.launchctl.disabled(scope.ledger, signal)
    const jobs = await this.#jobs(scope, definitions, listed, disabled, signal)
    return definitions.map((definition, index) => ({
      definition,
      notes: scope.writer.run(() => readNotes(definition, scope.jobDirectory(definition.profile))),
      listed: listed.get(definition.label) ?? null,
      job: jobs[index] ?? null,
      isDisabled: disabled?.get(definition.label) === true,
      problem: definition.problem,
    }))
  }

  /** Jobs of ours in the caller's session whose definition was removed by hand: they run on until that ends. */
  async #lost(
    scope: LaunchdScope,
    labels: readonly string[],
    asked: Asked,
    signal?: AbortSignal,
  ): Promise<JobDefinition[]> {
    const lost = await Promise.all(
      labels.map(async (label): Promise<JobDefinition[]> => {
        const name = parsePlistName(plistName(label))
        if (name?.by !== 'us' || asked?.includes(name.profile) === false) return []
        const {profile} = name
        const definition = {profile, scope: scope.scope, label, session: null, problem: null}
        const job = (await scope.find(definition, signal))?.job
        if (job?.arguments?.[0] !== launcherPath(scope.jobDirectory(profile), profile)) return []
        return [{...definition, path: job.path ?? label, marker: {id: GONE, autostart: true, digest: ''}}]
      }),
    )
    return lost.flat()
  }

  /** Asks of each job alone where the list does not tell all: whether it waits, is ended, or is in another session's domain. */
  async #jobs(
    scope: LaunchdScope,
    definitions: readonly JobDefinition[],
    listed: ReadonlyMap<string, ListedJob>,
    disabled: ReadonlyMap<string, boolean> | null,
    signal?: AbortSignal,
  ): Promise<(JobPrint | null)[]> {
    const jobs: (JobPrint | null)[] = definitions.map(() => null)
    const open = definitions.flatMap((definition, index) => {
      const row = listed.get(definition.label)
      const isOff = disabled?.get(definition.label) === true
      const isReloaded = listed.has(handOffLabel(definition))
      // One that is off and not listed was stopped; one that is on and has a process runs.
      const isTold = (row === undefined && isOff) || (row?.pid != null && !isOff)
      return isTold && !isReloaded ? [] : [{definition, index}]
    })
    const next = async (): Promise<void> => {
      for (let each = open.shift(); each !== undefined; each = open.shift())
        jobs[each.index] = (await scope.find(each.definition, signal))?.job ?? null
    }
    await Promise.all(Array.from({length: AT_ONCE}, next))
    return jobs
  }

  async #definitions({place, writer}: LaunchdScope, asked: Asked): Promise<JobDefinition[]> {
    const profiles = asked ?? writer.run(() => profilesOf(place))
    const sawForeign: string[] = []
    const unread: HomeReader = text => {
      sawForeign.push(text)
      return undefined
    }
    const all = writer.run(() => readDefinitions(place, profiles, unread))
    const complete = sawForeign.length > 0 ? await this.#withHomes(place, writer, profiles) : all
    return asked === undefined ? complete : complete.filter(({profile}) => asked.includes(profile))
  }

  /** Reads them again where somebody else's are among them: what parses those takes long to load. */
  async #withHomes(
    place: LaunchdScope['place'],
    writer: LaunchdScope['writer'],
    profiles: readonly string[],
  ): Promise<JobDefinition[]> {
    const {readHermesHome} = await import('./foreign-plist.js')
    return writer.run(() => readDefinitions(place, profiles, readHermesHome))
  }
}
