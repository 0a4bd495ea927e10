import {serviceError} from './errors/service-error.js'
import {LEASE_MS} from './fs/lock.js'
import type {GatewayStatus} from './gateway-status.js'
import type {GuardedServiceManager} from './guarded-service-manager.js'
import {profileExists} from './hermes-home.js'
import type {HostView} from './host-view.js'
import {gatewayFailure, type GatewayFailure} from './overview.js'
import type {GatewayRecord} from './record.js'

/** For everything in a verb but the waiting for a lock, a stop and a start to settle. */
const MARGIN_MS = 40_000

/** How to reconcile. */
export interface ReconcileOptions {
  /** Only say what would be done. */
  readonly dryRun?: boolean
  /** Remove gateways whose profile directory is gone; never one that runs its own command. */
  readonly prune?: boolean
  /** Where gateways go whose own backend is not here. One that is here keeps its gateways, or they would run twice. */
  readonly backend?: string | undefined
  readonly signal?: AbortSignal
}

/** What was done about one gateway, or would be, and why. */
export interface ReconcileAction {
  readonly profile: string
  readonly action: 'none' | 'define' | 'start' | 'rehome' | 'remove' | 'orphan'
  readonly reason: string
}

/** What reconciling did. Records are worked through in order, `default` first; a failure does not end it. */
export interface Reconciliation {
  readonly dryRun: boolean
  readonly actions: readonly ReconcileAction[]
  readonly errors: readonly GatewayFailure[]
}

interface Step extends ReconcileAction {
  readonly run?: () => Promise<unknown>
  /** Looks closer, and may find that something had to be done after all. */
  readonly check?: () => Promise<ReconcileAction | undefined>
}

function wantsToRun(record: GatewayRecord): boolean {
  return record.wanted === 'up' && record.spec.autostart
}

/** Whether the gateway's profile is gone, so that nothing is left to run; one with its own command needs no profile. */
function isOrphan(host: HostView, {profile, request}: GatewayRecord): boolean {
  return request.argv === undefined && !profileExists(host.paths.root, profile)
}

/** Whether a gateway ended by itself and on purpose: its supervisor leaves it down, and so do we. */
function endedOnPurpose({spec}: GatewayRecord, {state, lastExit}: GatewayStatus): boolean {
  const code = lastExit?.code ?? null
  return state === 'stopped' && code !== null && spec.restart.cleanExitCodes.includes(code)
}

/**
 * The manager that a record names, unless its backend is not here. One that is there but unreachable or broken keeps its
 * gateways, and its verbs tell why they fail: elsewhere they would run twice once it is back.
 */
async function homeOf(
  host: HostView,
  {backend}: GatewayRecord,
  forced: string | null,
): Promise<GuardedServiceManager | null> {
  const candidate = host.registry.candidates.find(({kind}) => kind === backend)
  if (!candidate) return null
  const {report} = await host.registry.ask(candidate)
  return report.presence === 'absent' && backend !== forced ? null : await host.manager({backend})
}

/**
 * Refuses to move a gateway whose backend nobody can ask: without a package for it here, its init system may be there all
 * the same and run it. Whoever names a backend knows better, and one for other platforms cannot be here.
 */
function assertMovable({registry}: HostView, {profile, backend}: GatewayRecord, named: string | undefined): void {
  const isHere = registry.candidates.some(({kind}) => kind === backend)
  if (isHere || named !== undefined || registry.isOffPlatform(backend)) return
  const {code, message, hint = ''} = registry.missing(backend)
  const moving = `where ${backend} is gone for good, hermes-svc gateway reconcile --backend KIND moves ${profile}`
  throw serviceError(code, message, {backend, profile, hint: hint === '' ? moving : `${hint}; ${moving}`})
}

/**
 * What each verb gets. A container that was killed in the middle of a change leaves a lock on the volume whose owner the
 * next container cannot look for, and that holds until its lease is over.
 */
function patienceMs({configuration}: HostView): number {
  return LEASE_MS + configuration.stop.timeoutMs + configuration.start.settleMs + MARGIN_MS
}

async function decide(host: HostView, record: GatewayRecord, options: ReconcileOptions): Promise<Step> {
  const {profile, request} = record
  const {signal} = options
  const verbOptions = {timeoutMs: patienceMs(host), ...(signal ? {signal} : {})}
  // A first start that fails at boot, without a network yet, must not take the definition away again.
  const installOptions = {...verbOptions, start: wantsToRun(record), keepFailed: true}
  const home = await homeOf(host, record, options.backend ?? host.configuration.backend)
  if (isOrphan(host, record)) {
    const reason = 'its profile directory is gone'
    if (options.prune !== true) return {profile, action: 'orphan', reason: `${reason}; --prune removes it`}
    const run = async (): Promise<void> => {
      if (home) await home.uninstall(profile, verbOptions)
      else host.records.remove(profile)
    }
    return {profile, action: 'remove', reason, run}
  }
  if (!home) {
    assertMovable(host, record, options.backend)
    const manager = await host.manager({backend: options.backend})
    const reason = `${record.backend} is not available here; it moves to ${manager.kind}`
    return {
      profile,
      action: 'rehome',
      reason,
      run: () => manager.install(request, {...installOptions, force: true, rehome: true}),
    }
  }
  const [row] = await home.status([profile])
  if (!row || row.definition === null) {
    const reason = `it is recorded but not defined in ${home.kind}`
    return {profile, action: 'define', reason, run: () => home.install(request, installOptions)}
  }
  if (row.origin === 'foreign') {
    const reason = 'its definition was made by somebody else; the record says that it is ours'
    const run = async (): Promise<void> => {
      const down = !wantsToRun(record)
      // Down before it is ours: killed in between, the next run still finds what has to be taken back.
      if (down && row.pid !== null) await home.stop(profile, verbOptions)
      await home.install(request, {...installOptions, adopt: true})
      if (down) await home.stop(profile, verbOptions)
    }
    return {profile, action: 'define', reason, run}
  }
  if (!wantsToRun(record))
    return {profile, action: 'none', reason: record.wanted === 'down' ? 'it was stopped' : 'it has no autostart'}
  const {state} = row
  if (state === 'failed') return {profile, action: 'none', reason: 'it failed, and is left for someone to look at'}
  if (endedOnPurpose(record, row)) return {profile, action: 'none', reason: 'it ended on purpose'}
  // A start of a running gateway changes nothing, unless its supervisor is gone: then it brings a new one.
  const run = (): Promise<GatewayStatus> => home.start(profile, verbOptions)
  if (row.pid === null && state !== 'backoff')
    return {profile, action: 'start', reason: 'it should run and does not', run}
  const check = async (): Promise<ReconcileAction | undefined> => {
    const {pid} = state === 'running' ? await run() : row
    return pid === row.pid ? undefined : {profile, action: 'start', reason: 'its supervisor was gone'}
  }
  return {profile, action: 'none', reason: `it is ${state}`, check}
}

/** Brings the init system in line with the records. May be run at any time: what is as it should be is left alone. */
export async function reconcile(host: HostView, options: ReconcileOptions): Promise<Reconciliation> {
  const {dryRun = false} = options
  const {records, problems} = host.records.list()
  const actions: ReconcileAction[] = []
  const errors: GatewayFailure[] = problems.map(({profile, message}) => ({
    profile,
    code: 'HSVC_UNEXPECTED_OUTPUT',
    message,
  }))
  const first = (record: GatewayRecord): number => (record.profile === 'default' ? 0 : 1)
  for (const record of records.sort((a, b) => first(a) - first(b))) {
    try {
      const {run, check, ...action} = await decide(host, record, options)
      if (!dryRun) await run?.()
      actions.push((dryRun ? undefined : await check?.()) ?? action)
    } catch (error) {
      errors.push(gatewayFailure(record.profile, error))
    }
  }
  return {dryRun, actions, errors}
}
