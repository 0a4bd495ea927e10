import type {BackendContext} from './backend.js'
import {hashSpec} from './gateway-spec.js'
import type {Deadline} from './deadline.js'
import type {GatewayStatus} from './gateway-status.js'
import type {GuardHost} from './guard-host.js'
import {notFound, recordedOnly} from './missing-gateway.js'
import {assertProfileName} from './profile-name.js'
import type {GatewayRecord} from './record.js'
import type {RequestResolver} from './request-resolver.js'
import {rivalWarnings} from './rival-warnings.js'
import type {ServiceManager} from './service-manager.js'
import {textOrder} from './text-order.js'

/** What callers see of a status: nothing that is the guard's own, and drift only from who has looked for it. */
export function withoutPrivateFields(row: GatewayStatus): GatewayStatus {
  // By name: to copy what is left of a thousand rows takes many times as long.
  return {
    profile: row.profile,
    backend: row.backend,
    scope: row.scope,
    service: row.service,
    state: row.state,
    wanted: row.wanted,
    autostart: row.autostart,
    pid: row.pid,
    startedAt: row.startedAt,
    uptimeSeconds: row.uptimeSeconds,
    restarts: row.restarts,
    lastExit: row.lastExit,
    nextStartAt: row.nextStartAt,
    ready: row.ready,
    health: row.health,
    port: row.port,
    origin: row.origin,
    definition: row.definition,
    drift: null,
    logs: row.logs,
  }
}

/** Makes of a backend's rows what callers see: with what is only recorded, with drift and health of those that are named. */
export class GatewayReader {
  readonly #context: BackendContext
  readonly #host: GuardHost
  readonly #manager: ServiceManager
  readonly #resolver: () => Promise<RequestResolver>

  constructor(
    context: BackendContext,
    host: GuardHost,
    manager: ServiceManager,
    resolver: () => Promise<RequestResolver>,
  ) {
    this.#context = context
    this.#host = host
    this.#manager = manager
    this.#resolver = resolver
  }

  /** Rows sorted by profile; all when omitted. Rejects HSVC_NOT_FOUND for a named one that is neither defined nor recorded. */
  async read(profiles: readonly string[] | undefined, within: Pick<Deadline, 'signal'>): Promise<GatewayStatus[]> {
    const {logger, paths, platform} = this.#context
    for (const profile of profiles ?? []) assertProfileName(profile, platform)
    const {kind} = this.#manager
    const answer = await this.#manager.status(profiles, {
      // A signal is made for who asks for one.
      get signal() {
        return within.signal
      },
    })
    const rows = answer.filter(row => profiles?.includes(row.profile) ?? true)
    const defined = new Set(rows.map(({profile}) => profile))
    // Of all gateways no drift is told, so that a record tells nothing of one that is defined.
    const records = profiles ? this.#recordsOf(profiles) : this.#recordsWithout(defined)
    const lost = records.filter(({backend, profile}) => backend === kind && !defined.has(profile))
    for (const warning of rivalWarnings(rows)) logger.warn(warning)
    const all = [...rows, ...lost.map(record => recordedOnly(record))]
    const missing = profiles?.find(profile => !all.some(row => row.profile === profile))
    if (missing !== undefined) throw notFound(missing, paths.root)
    const sorted = (shown: GatewayStatus[]): GatewayStatus[] => shown.sort((a, b) => textOrder(a.profile, b.profile))
    if (profiles === undefined) return sorted(all.map(withoutPrivateFields))
    const firstOf = new Map(all.toReversed().map(row => [row.profile, row]))
    // Of rows of one profile the record is that of the first, which install would change.
    const recordOf = (row: GatewayStatus): GatewayRecord | undefined =>
      firstOf.get(row.profile) === row ? records.find(({profile}) => profile === row.profile) : undefined
    const resolver = await this.#resolver()
    const details = (row: GatewayStatus): GatewayStatus => {
      return {...this.#withDrift(row, recordOf(row), resolver), health: this.#host.hermes?.health(row) ?? null}
    }
    return sorted(all.map(details))
  }

  /** Drift where there is a record to hold a status against. */
  #withDrift(row: GatewayStatus, record: GatewayRecord | undefined, resolver: RequestResolver): GatewayStatus {
    const {specHash, damaged = false} = row
    const shown = withoutPrivateFields(row)
    if (!record || (specHash === undefined && !damaged)) return shown
    try {
      const now = resolver.resolve(record.request, record).spec
      return {...shown, drift: damaged || specHash !== hashSpec(record.spec) || specHash !== hashSpec(now)}
    } catch (error) {
      this.#context.logger.warn(`${row.profile}: install would fail now: ${(error as Error).message}`)
      return shown
    }
  }

  #recordsOf(profiles: readonly string[]): readonly GatewayRecord[] {
    return profiles.flatMap(profile => this.#host.records.read(profile) ?? [])
  }

  #recordsWithout(defined: ReadonlySet<string>): readonly GatewayRecord[] {
    const {records: store} = this.#host
    const {records, problems} = store.list(store.profiles().filter(profile => !defined.has(profile)))
    for (const {profile, message} of problems) this.#context.logger.incomplete(`${profile}: ${message}`)
    return records
  }
}
