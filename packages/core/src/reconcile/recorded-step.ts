import {serviceError} from '../errors/service-error.js'
import type {GatewayStatus} from '../gateway-status.js'
import type {GuardedServiceManager} from '../guarded-service-manager.js'
import {wantedByHermes} from '../hermes/gateway-state.js'
import {profileExists} from '../hermes-home.js'
import type {HostView} from '../host-view.js'
import type {GatewayRecord} from '../record.js'
import {FOREIGN, PARTS_GONE, SERVED, type Step, type StepContext, UNREADABLE} from './reconcile-step.js'

/** Whether the gateway's profile is gone, so that nothing is left to run; one with its own command needs no profile. */
export function isOrphan(host: HostView, {profile, request}: GatewayRecord): boolean {
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

/** What is wanted of a gateway, and why it is not started where it is not. */
interface Wish {
  readonly up: boolean
  readonly whyNot: string
  /** Hermes was told otherwise after us, and the record has to learn of it. */
  readonly news: boolean
}

/** Hermes notes what its own commands want where we note it too, so a difference is a later wish. */
function wishOf(record: GatewayRecord, {report, served}: StepContext): Wish {
  const noted = record.mirrored === true && (report?.desiredState ?? null) !== null
  const byHermes = noted && report !== null ? wantedByHermes(report) : null
  const wanted = byHermes ?? record.wanted
  const news = wanted !== record.wanted
  if (wanted === 'down') return {up: false, whyNot: news ? 'it was stopped through Hermes' : 'it was stopped', news}
  if (!record.spec.autostart) return {up: false, whyNot: 'it has no autostart', news: false}
  return served && record.request.argv === undefined
    ? {up: false, whyNot: SERVED, news: false}
    : {up: true, whyNot: '', news}
}

/** What to do about a gateway that is recorded. */
export async function recordedStep(record: GatewayRecord, context: StepContext): Promise<Step> {
  const {profile, request} = record
  const {host, options, verbOptions} = context
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
  const wish = wishOf(record, context)
  // A first start that fails at boot, without a network yet, must not take the definition away again.
  const keeps = {keepFailed: true, keepWanted: wish.whyNot === SERVED}
  const installOptions = {...verbOptions, ...keeps, start: wish.up}
  const after = wish.up ? '' : `; not started: ${wish.whyNot}`
  if (!home) {
    assertMovable(host, record, options.backend)
    const manager = await host.manager({backend: options.backend})
    const reason = `${record.backend} is not available here; it moves to ${manager.kind}`
    const run = (): Promise<GatewayStatus> => manager.install(request, {...installOptions, force: true, rehome: true})
    return {profile, action: 'rehome', reason: `${reason}${after}`, run}
  }
  const [row] = await home.status([profile])
  if (!row || row.definition === null) {
    const reason = `${context.wasForeign ? FOREIGN : `it is recorded but not defined in ${home.kind}`}${after}`
    return {profile, action: 'define', reason, run: () => home.install(request, installOptions)}
  }
  if (row.origin === 'foreign') {
    const reason = `${FOREIGN}${after}`
    const run = async (): Promise<void> => {
      // Down before it is ours: killed in between, the next run still finds what has to be taken back.
      if (!wish.up && row.pid !== null) await home.stop(profile, verbOptions)
      await home.install(request, {...installOptions, adopt: true})
      if (!wish.up) await home.stop(profile, verbOptions)
    }
    return {profile, action: 'define', reason, run}
  }
  const {damaged} = row.drift === true ? await home.inspect(profile) : {damaged: false}
  // What runs goes on: only its definition is made whole.
  const mend = {...installOptions, ...(row.pid === null ? {} : {start: false, keepWanted: true})}
  if (damaged)
    return {
      profile,
      action: 'repair',
      reason: `${PARTS_GONE}${row.pid === null ? after : ''}`,
      run: () => home.install(request, mend),
      idle: row.pid === null,
    }
  return definedStep(record, row, home, wish, context, () => home.install(request, installOptions))
}

/** What to do about a gateway that is recorded and defined as ours. */
function definedStep(
  record: GatewayRecord,
  row: GatewayStatus,
  home: GuardedServiceManager,
  wish: Wish,
  {verbOptions}: StepContext,
  install: () => Promise<GatewayStatus>,
): Step {
  const {profile, state} = row
  const idle = row.pid === null
  const none = (reason: string): Step => ({profile, action: 'none', reason, idle})
  if (idle && state === 'unknown') return {profile, action: 'repair', reason: UNREADABLE, run: install}
  if (idle && row.drift === true) {
    const reason = `its definition differs from what install would write now${wish.up ? '' : `; not started: ${wish.whyNot}`}`
    return {profile, action: 'repair', reason, run: install}
  }
  if (state === 'failed') return none('it failed, and is left for someone to look at')
  if (!wish.up && wish.news && idle)
    return {profile, action: 'stop', reason: wish.whyNot, run: () => home.stop(profile, verbOptions)}
  if (!wish.up) return none(wish.whyNot)
  if (!wish.news && endedOnPurpose(record, row)) return none('it ended on purpose')
  // A start of a running gateway changes nothing, unless its supervisor is gone: then it brings a new one.
  const start = (ifWanted: boolean): Promise<GatewayStatus> => home.start(profile, {...verbOptions, ifWanted})
  if (idle && state !== 'backoff') {
    const reason = wish.news ? 'it was started through Hermes, and does not run' : 'it should run and does not'
    return {profile, action: 'start', reason, run: () => start(!wish.news)}
  }
  const check: Step['check'] = async () => {
    const {pid} = state === 'running' ? await start(true) : row
    return pid === row.pid || pid === null ? undefined : {action: 'start', reason: 'its supervisor was gone'}
  }
  const drift = row.drift === true ? `, by an earlier definition: hermes-svc gateway install ${profile} updates it` : ''
  return {...none(`it is ${state}${drift}`), check}
}
