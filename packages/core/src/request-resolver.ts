import type {Backend, BackendContext} from './backend.js'
import {serviceError} from './errors/service-error.js'
import {volatilePathReason} from './find-program.js'
import type {Account} from './fs/account.js'
import type {GatewaySpec} from './gateway-spec.js'
import type {GatewayStatus} from './gateway-status.js'
import type {GuardHost} from './guard-host.js'
import type {GuardedInstallOptions} from './guarded-service-manager.js'
import {profileNameWarning} from './profile-name.js'
import type {GatewayRecord, GatewayRequest} from './record.js'
import {resolveSpec} from './resolve-spec.js'
import type {ServiceManager} from './service-manager.js'

/** A request made complete. */
export interface Resolved {
  readonly spec: GatewaySpec
  /** What the record keeps of the request. */
  readonly request: GatewayRequest
  readonly warnings: readonly string[]
}

/** Lays a request over what earlier installs were told. A field that is given replaces the earlier one whole; the account is never taken over. */
function mergeRequest(request: GatewayRequest, prior: GatewayRecord | null): GatewayRequest {
  const {profile, argv, port, env, cwd, scope, autostart, restart, settleMs, stopTimeoutMs, logs, userSet} = request
  const given = {argv, port, env, cwd, scope, autostart, restart, settleMs, stopTimeoutMs, logs, userSet}
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const {account: _never, ...earlier} = prior?.request ?? {}
  return {...earlier, ...set, profile}
}

/** Turns requests into complete specs for one backend. */
export class RequestResolver {
  readonly #backend: Backend
  readonly #context: BackendContext
  readonly #host: GuardHost
  readonly #manager: ServiceManager

  constructor(backend: Backend, context: BackendContext, host: GuardHost, manager: ServiceManager) {
    this.#backend = backend
    this.#context = context
    this.#host = host
    this.#manager = manager
  }

  /** The same as `resolve`, and rejects HSVC_INVALID_SPEC where it would take a port or a token from another gateway. */
  async resolveFree(
    asked: GatewayRequest,
    prior: GatewayRecord | null,
    {force, start, keepFailed}: GuardedInstallOptions,
  ): Promise<Resolved> {
    const resolved = this.resolve(asked, force === true ? null : prior)
    const {homes, records} = this.#host
    // What records ask for at boot has to be there, conflict or not; and to look at all homes for each would take minutes.
    if (!homes || keepFailed === true) return resolved
    // Imported only now: most commands define nothing.
    const {checkClaims} = await import('./hermes/claim-check.js')
    const {root} = this.#context.paths
    const rows = (): Promise<readonly GatewayStatus[]> => this.#manager.status()
    const warnings = await checkClaims(resolved, {root, homes, records, rows, starts: start !== false})
    return {...resolved, warnings: [...resolved.warnings, ...warnings]}
  }

  /** Throws HSVC_INVALID_SPEC, naming the field, for what cannot be found or delivered. */
  resolve(asked: GatewayRequest, prior: GatewayRecord | null): Resolved {
    const request = mergeRequest(asked, prior)
    const {configuration, userSet, assertProfileExists} = this.#host
    const {env, caller, paths, platform} = this.#context
    const {capabilities} = this.#backend
    if (request.argv === undefined) assertProfileExists?.(request.profile)
    const isUsers = request.argv !== undefined || userSet.includes('hermes.command')
    const account = this.#account(asked.account ?? configuration.hermes.user)
    const spec = resolveSpec(request, {
      configuration,
      userSet,
      root: paths.root,
      scope:
        request.scope ??
        configuration.scope ??
        prior?.spec.scope ??
        this.#host.scope ??
        capabilities.scopes[0] ??
        'user',
      account,
      home: account?.home ?? caller.home,
      path: prior?.path ?? env['PATH'] ?? '',
      program: prior?.spec.argv[0] ?? null,
      command: isUsers ? null : (this.#backend.command?.(this.#context.configuration) ?? null),
      reclaimsStrays: capabilities.reclaimsStrays,
      autostart: true,
      platform,
    })
    const warnings = [volatilePathReason(spec.argv[0] ?? ''), profileNameWarning(spec.profile)]
    const userAccount = asked.account === undefined || asked.account === null ? [] : ['account']
    return {
      spec: {...spec, userSet: [...new Set([...spec.userSet, ...userAccount])].sort()},
      request,
      warnings: warnings.filter(warning => warning !== null),
    }
  }

  #account(name: string | null): Account | null {
    if (name === null) return this.#host.account
    const account = this.#host.accountNamed(name)
    if (account) return account
    throw serviceError(
      'HSVC_INVALID_SPEC',
      `account: expected an account of this machine, got ${JSON.stringify(name)}`,
      {
        hint: 'fix --user or hermes.user',
      },
    )
  }
}
