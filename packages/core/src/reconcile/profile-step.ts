import type {GatewayStatus} from '../gateway-status.js'
import type {GuardedServiceManager} from '../guarded-service-manager.js'
import {desiredStateOf, type GatewayReport, wantedByHermes} from '../hermes/gateway-state.js'
import {PARTS_GONE, SERVED, type Step, type StepContext, UNREADABLE} from './reconcile-step.js'

/** Whether Hermes wants it up. Outside of containers only what was asked for counts: whoever ran it by hand asked nobody. */
function isWanted(report: GatewayReport | null, inContainer: boolean): boolean {
  if (report === null) return false
  return inContainer ? wantedByHermes(report) === 'up' : report.desiredState === desiredStateOf('up')
}

/** What to do about a profile that Hermes has and that nobody installed. `row` is its definition, where it has one. */
export async function profileStep(
  profile: string,
  row: GatewayStatus | undefined,
  manager: GuardedServiceManager,
  context: StepContext,
): Promise<Step> {
  const {host, report, served, verbOptions} = context
  const wanted = isWanted(report, context.inContainer)
  const startNow = wanted && !served
  const idle = (row?.pid ?? null) === null
  const none = (reason: string): Step => ({profile, action: 'none', reason, idle})
  const runner = report && idle ? host.hermes.writerOf(report) : null
  if (runner !== null) return {...none(`it runs outside of ${manager.kind}: process ${String(runner)}`), idle: false}
  if (!row) {
    if (!manager.supportsRuntimeRegistration())
      return none(`it is not installed in ${manager.kind}: hermes-svc gateway install ${profile} does that`)
    const reason = `Hermes has the profile${startNow ? '' : `; not started: ${wanted ? SERVED : 'nobody asked for it'}`}`
    const run = (): Promise<GatewayStatus> =>
      manager.registerProfileGateway(profile, {...verbOptions, startNow, keepFailed: true})
    return {profile, action: 'register', reason, run}
  }
  if (row.origin === 'foreign') return none('its definition was made by somebody else')
  if (row.origin === 'installed')
    return none(`it is defined but not recorded: hermes-svc gateway install ${profile} records it`)
  return await registeredStep(row, startNow, manager, context, none)
}

async function registeredStep(
  row: GatewayStatus,
  startNow: boolean,
  manager: GuardedServiceManager,
  {served, verbOptions, host}: StepContext,
  none: (reason: string) => Step,
): Promise<Step> {
  const {profile, state, pid, lastExit} = row
  const {damaged} = await manager.inspect(profile)
  if (damaged && pid !== null) return none(`it is ${state}, and parts of its definition are gone`)
  if (damaged || (pid === null && state === 'unknown')) {
    const run = async (): Promise<void> => {
      await manager.unregisterProfileGateway(profile, verbOptions)
      await manager.registerProfileGateway(profile, {...verbOptions, startNow, keepFailed: true})
    }
    return {profile, action: 'repair', reason: damaged ? PARTS_GONE : UNREADABLE, run}
  }
  if (pid !== null || state === 'backoff') return none(`it is ${state}`)
  if (state === 'failed') return none('it failed, and is left for someone to look at')
  const {cleanExitCodes} = host.configuration.restart
  if (state === 'stopped' && row.wanted === 'up' && cleanExitCodes.includes(lastExit?.code ?? -1))
    return none('it ended on purpose')
  if (!startNow) return none(served ? SERVED : 'nobody asked for it to run')
  const reason = 'it should run and does not'
  return {profile, action: 'start', reason, run: () => manager.start(profile, verbOptions)}
}

/** What to do about a gateway that is registered for a profile that Hermes does not have any more. */
export async function strayStep(
  {profile}: GatewayStatus,
  manager: GuardedServiceManager,
  {options, verbOptions}: StepContext,
): Promise<Step> {
  // Where nobody says whose command it runs, it is taken for its own.
  if ((await manager.inspect(profile)).ownCommand !== false)
    return {profile, action: 'none', reason: 'it runs a command of its own, and needs no profile', idle: false}
  const reason = 'its profile directory is gone'
  if (options.prune !== true) return {profile, action: 'orphan', reason: `${reason}; --prune removes it`, idle: false}
  const run = (): Promise<void> => manager.unregisterProfileGateway(profile, verbOptions)
  return {profile, action: 'remove', reason, run, idle: false}
}
