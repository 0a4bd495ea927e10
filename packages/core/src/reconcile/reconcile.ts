import {toServiceError} from '../errors/service-error.js'
import {LEASE_MS} from '../fs/lock.js'
import type {GatewayStatus} from '../gateway-status.js'
import type {GuardedServiceManager} from '../guarded-service-manager.js'
import {appendBootLog, type BootLogEntry} from '../hermes/boot-log.js'
import {isDashboard, isGatewayRun, readContainerCommand} from '../hermes/container-command.js'
import type {GatewayReport} from '../hermes/gateway-state.js'
import {readHermesConfig, servesAllProfiles} from '../hermes/hermes-config.js'
import {findStaleFiles} from '../hermes/stale-files.js'
import {DEFAULT_PROFILE, isHermesHome, profilesOnDisk} from '../hermes-home.js'
import type {HostView} from '../host-view.js'
import {gatewayFailure, type GatewayFailure} from '../overview.js'
import {lifeStartedAtMs} from '../process/life-start.js'
import type {GatewayRecord} from '../record.js'
import {type BatchAction, runBatch} from '../run-batch.js'
import {profileStep, strayStep} from './profile-step.js'
import type {ReconcileAction, ReconcileOptions, Step, StepContext} from './reconcile-step.js'
import {isOrphan, recordedStep} from './recorded-step.js'

/** For everything in a verb but the waiting for a lock, a stop and a start to settle. */
const MARGIN_MS = 40_000

/** What reconciling did. Gateways are worked through in order, `default` first; a failure does not end it. */
export interface Reconciliation {
  readonly dryRun: boolean
  /** Why nothing at all was looked at; null: it was. */
  readonly skipped: string | null
  readonly actions: readonly ReconcileAction[]
  readonly errors: readonly GatewayFailure[]
}

/** The backend for profiles without a record, and what it has. */
interface Registrar {
  readonly manager: GuardedServiceManager
  readonly scope: string
  readonly rows: readonly GatewayStatus[]
}

/** Where the gateways are, as far as it decides about all of them. */
interface Place {
  readonly inContainer: boolean
  /** What the container was started with; empty outside of one. */
  readonly command: readonly string[]
  /** The gateway of `default` serves every profile. */
  readonly servesAll: boolean
}

/** How to decide about one gateway. */
type Case = (context: StepContext) => Promise<Step> | Step

/**
 * What each verb gets. A container that was killed in the middle of a change leaves a lock on the volume whose owner the
 * next container cannot look for, and that holds until its lease is over.
 */
function patienceMs({configuration}: HostView): number {
  return LEASE_MS + configuration.stop.timeoutMs + configuration.start.settleMs + MARGIN_MS
}

/** Works on one gateway after the other, or several at a time, and collects what came of it. */
class Reconciler {
  readonly actions: ReconcileAction[] = []
  readonly errors: GatewayFailure[] = []
  readonly #host: HostView
  readonly #options: ReconcileOptions
  readonly #place: Place
  readonly #lifeStartedAtMs = lifeStartedAtMs()
  readonly #putAside = new Set<string>()

  constructor(host: HostView, options: ReconcileOptions, place: Place) {
    this.#host = host
    this.#options = options
    this.#place = place
  }

  /**
   * Takes away what somebody else has defined in the place of recorded gateways and nothing runs of yet, as another program's boot hook
   * does before ours: whatever is done about the first gateway can have all of them started, each only to be replaced.
   */
  async putAside(records: readonly GatewayRecord[], {manager, rows}: Registrar): Promise<void> {
    const {signal, dryRun = false} = this.#options
    if (dryRun) return
    const isIdle = new Set(
      rows.filter(({origin, pid}) => origin === 'foreign' && pid === null).map(({profile}) => profile),
    )
    const ours = records.filter(record => record.backend === manager.kind && isIdle.has(record.profile))
    const profiles = ours.filter(record => !isOrphan(this.#host, record)).map(({profile}) => profile)
    const one: BatchAction<boolean> = profile =>
      manager.putAside(profile, {timeoutMs: patienceMs(this.#host), ...(signal ? {signal} : {})})
    for await (const outcome of runBatch(profiles, one, signal)) {
      // What hinders it hinders what follows, which tells of it.
      if ('value' in outcome && outcome.value) this.#putAside.add(outcome.profile)
    }
  }

  /** Does what is to be done about some gateways, several at a time, and goes on after failures. */
  async work(cases: ReadonlyMap<string, Case>): Promise<void> {
    const one: BatchAction<ReconcileAction> = (profile, onWaiting) =>
      this.#one(profile, cases.get(profile) as Case, onWaiting)
    for await (const outcome of runBatch([...cases.keys()], one, this.#options.signal)) {
      if ('error' in outcome) this.errors.push(gatewayFailure(outcome.profile, outcome.error))
      else this.actions.push(outcome.value)
    }
  }

  async #one(profile: string, decide: Case, onWaiting: () => void): Promise<ReconcileAction> {
    const {signal, wait = true, dryRun = false} = this.#options
    const report = this.#report(profile)
    const step = await decide({
      host: this.#host,
      options: this.#options,
      verbOptions: {timeoutMs: patienceMs(this.#host), wait, onWaiting, ...(signal ? {signal} : {})},
      report,
      inContainer: this.#place.inContainer,
      wasForeign: this.#putAside.has(profile),
      served: this.#place.servesAll && profile !== DEFAULT_PROFILE,
    })
    const staleFiles = step.idle === false ? [] : this.#clearStaleFiles(profile, dryRun)
    if (!dryRun) await step.run?.()
    const {action, reason} = (dryRun ? undefined : await step.check?.()) ?? step
    return {profile, action, reason, priorState: report?.desiredState ?? report?.gatewayState ?? null, staleFiles}
  }

  /** What Hermes says; of a container that was made to run the gateway, and has nothing noted yet, that it is to run. */
  #report(profile: string): GatewayReport | null {
    const {hermes, env} = this.#host
    const report = hermes.report(profile)
    if (report !== null || profile !== DEFAULT_PROFILE || !isGatewayRun(this.#place.command, env)) return report
    const nothing = {gatewayState: null, exitReason: null, platforms: [], activeAgents: 0}
    return {...nothing, desiredState: 'running', pid: null, startTime: null, updatedAtMs: null}
  }

  #clearStaleFiles(profile: string, dryRun: boolean): string[] {
    const {homes, paths} = this.#host
    try {
      if (!isHermesHome(paths.root, profile)) return []
      const names = findStaleFiles(homes, profile, this.#lifeStartedAtMs)
      if (!dryRun) for (const name of names) homes.remove(profile, name)
      return names
    } catch (error) {
      this.#host.warn(`${profile}: what an earlier gateway left is there still: ${(error as Error).message}`)
      return []
    }
  }
}

/** The chosen backend with its gateways; null where there is none, which only matters to profiles without a record. */
async function findRegistrar(host: HostView, backend: string | undefined): Promise<Registrar | Error> {
  try {
    const {manager, scope} = await host.chosen({backend})
    return {manager, scope, rows: await manager.status()}
  } catch (error) {
    return toServiceError(error)
  }
}

/** The decision about each gateway: of records, of profiles on disk, and of what is registered for neither. */
function casesOf(host: HostView, records: readonly GatewayRecord[], registrar: Registrar | Error): Map<string, Case> {
  const {root} = host.paths
  const {profiles, invalid} = profilesOnDisk(root)
  for (const name of invalid)
    host.warn(`profile directory ${JSON.stringify(name)} is passed over: its name breaks the rules`)
  const onDisk = profiles.filter(profile => isHermesHome(root, profile))
  const cases = new Map<string, Case>()
  const rows = registrar instanceof Error ? [] : registrar.rows
  const rowOf = (name: string): GatewayStatus | undefined => rows.find(({profile}) => profile === name)
  for (const record of records) cases.set(record.profile, context => recordedStep(record, context))
  const unreadable = new Set(host.records.profiles().filter(name => !cases.has(name) && host.records.hasFile(name)))
  for (const profile of onDisk) {
    if (cases.has(profile) || unreadable.has(profile)) continue
    cases.set(profile, context => {
      if (registrar instanceof Error) throw registrar
      return profileStep(profile, rowOf(profile), registrar.manager, context)
    })
  }
  for (const row of rows) {
    if (row.origin !== 'registered' || cases.has(row.profile)) continue
    cases.set(row.profile, context => strayStep(row, (registrar as Registrar).manager, context))
  }
  return cases
}

function entriesOf({actions, errors}: Reconciler): BootLogEntry[] {
  const done = actions.filter(({action, staleFiles}) => action !== 'none' || staleFiles.length > 0)
  return [
    ...done.map(({profile, priorState, action, reason}) => ({profile, priorState, action, reason})),
    ...errors.map(({profile, code, message}) => ({profile, priorState: null, action: code, reason: message})),
  ]
}

/**
 * Brings the init system in line with the records and with the profiles on disk. May be run at any time: what is as it
 * should be is left alone, and what runs goes on. `containerCommand` is asked in containers only.
 */
export async function reconcile(
  host: HostView,
  options: ReconcileOptions,
  containerCommand: () => readonly string[] = readContainerCommand,
): Promise<Reconciliation> {
  const {dryRun = false, backend} = options
  const {records, problems} = host.records.list()
  const registrar = await findRegistrar(host, backend)
  const inContainer = !(registrar instanceof Error) && registrar.scope === 'container'
  const command = inContainer ? containerCommand() : []
  if (isDashboard(command)) {
    const skipped = 'this container shows the dashboard; the one that runs the gateways reconciles them'
    return {dryRun, skipped, actions: [], errors: []}
  }
  const config = await readHermesConfig(host.homes, DEFAULT_PROFILE)
  if (config.problem !== null) host.warn(config.problem)
  const reconciler = new Reconciler(host, options, {
    inContainer,
    command,
    servesAll: servesAllProfiles(config.data ?? {}, host.env),
  })
  for (const {profile, message} of problems) reconciler.errors.push({profile, code: 'HSVC_UNEXPECTED_OUTPUT', message})
  if (!(registrar instanceof Error)) await reconciler.putAside(records, registrar)
  const cases = casesOf(host, records, registrar)
  const first = [...cases].filter(([profile]) => profile === DEFAULT_PROFILE)
  await reconciler.work(new Map(first))
  await reconciler.work(new Map([...cases].filter(([profile]) => profile !== DEFAULT_PROFILE)))
  if (!dryRun) {
    try {
      appendBootLog(host.homes, entriesOf(reconciler), Date.now())
    } catch (error) {
      host.warn(`the boot log could not be written: ${(error as Error).message}`)
    }
  }
  return {dryRun, skipped: null, actions: reconciler.actions, errors: reconciler.errors}
}
