import {serviceError, type ServiceError} from './errors/service-error.js'
import type {GatewayStatus, LogLine} from './gateway-status.js'
import {lineShape, planShape, removedShape, statusShape} from './service-answers.js'
import type {LogOptions, ServiceManager} from './service-manager.js'
import {listOf, type Shape, text} from './shape.js'

function misshapen(kind: string, thrown: unknown): ServiceError {
  return serviceError('HSVC_INTERNAL', `the ${kind} backend breaks the contract: ${(thrown as Error).message}`, {
    hint: 'tell its author what this message says; hermes-svc backend verify shows what else it breaks',
  })
}

/**
 * A backend's manager whose answers have the shapes of the contract, so that what a plugin gets wrong is told as its bug and
 * never reaches a caller's JSON. Rows are those of this backend: one that names another is wrong too.
 */
export function checkAnswers(manager: ServiceManager): ServiceManager {
  const {kind} = manager
  const rows = listOf(statusShape)
  const names = listOf(text)
  const read = <T>(shape: Shape<T>, answer: unknown, what: string): T => {
    try {
      return shape(answer, what)
    } catch (error) {
      throw misshapen(kind, error)
    }
  }
  const status = (answer: unknown): GatewayStatus[] => {
    const checked = read(rows, answer, 'status')
    const stranger = checked.find(({backend}) => backend !== kind)
    if (!stranger) return checked
    throw misshapen(
      kind,
      new Error(`expected the backend of each row of status to be ${kind}, got ${stranger.backend}`),
    )
  }
  async function* logs(profile: string, options?: LogOptions): AsyncGenerator<LogLine, void, undefined> {
    for await (const line of manager.logs(profile, options)) yield read(lineShape, line, 'line')
  }
  return {
    kind,
    start: (profile, options) => manager.start(profile, options),
    stop: (profile, options) => manager.stop(profile, options),
    restart: (profile, options) => manager.restart(profile, options),
    isRunning: profile => manager.isRunning(profile),
    status: async (profiles, options) => status(await manager.status(profiles, options)),
    logs,
    facts: options => manager.facts(options),
    plan: (spec, facts) => read(planShape, manager.plan(spec, facts), 'plan'),
    install: (spec, options) => manager.install(spec, options),
    uninstall: async (profile, options) => read(removedShape, await manager.uninstall(profile, options), 'uninstall'),
    supportsRuntimeRegistration: () => manager.supportsRuntimeRegistration(),
    registerProfileGateway: (profile, options) => manager.registerProfileGateway(profile, options),
    unregisterProfileGateway: (profile, options) => manager.unregisterProfileGateway(profile, options),
    listProfileGateways: async () => read(names, await manager.listProfileGateways(), 'listProfileGateways'),
  }
}
