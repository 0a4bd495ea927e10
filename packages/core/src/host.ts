import {existsSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'
import type {BackendContext, Caller, Clock, Paths} from './backend.js'
import {BackendRegistry, type CandidateReport} from './backend-registry.js'
import type {Scope} from './capabilities.js'
import {closestNames} from './closest-names.js'
import {type Configuration, type ConfigurationLayer, mergeConfiguration} from './configuration.js'
import {serviceError} from './errors/service-error.js'
import {type BackendPackage, findCandidates, isKind} from './find-candidates.js'
import {type Account, accountNamed, accountOf} from './fs/account.js'
import {findWriter, type Writer} from './fs/writer.js'
import {guard} from './guard.js'
import type {GatewayStatus} from './gateway-status.js'
import type {GuardedServiceManager} from './guarded-service-manager.js'
import {HermesState} from './hermes/hermes-state.js'
import type {ClaimConflict} from './hermes/claim-conflicts.js'
import {HomeFiles} from './hermes/home-files.js'
import {hermesRoot, profileExists, profilesOnDisk} from './hermes-home.js'
import {gatherOverview, type Overview, type OverviewOptions} from './overview.js'
import {createToolRunner} from './process/execa-tool-runner.js'
import type {ToolRunner} from './process/tool-runner.js'
import type {ChosenManager, HostView, ManagerOptions} from './host-view.js'
import type {Reconciliation} from './reconcile/reconcile.js'
import type {ReconcileOptions} from './reconcile/reconcile-step.js'
import {RecordStore} from './record.js'
import {placeState} from './state-directory.js'
import {sudoWarning} from './sudo-warning.js'
import {systemClock} from './system-clock.js'

/** What a program gives to get a host; everything else has the process's own as default. */
export interface HostOptions {
  readonly packages: readonly BackendPackage[]
  /** The first wins: flags, environment, file. */
  readonly layers: readonly ConfigurationLayer[]
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly platform?: NodeJS.Platform
  readonly clock?: Clock
  readonly signal?: AbortSignal
  readonly tools?: ToolRunner
  /** Called with each new warning, besides being kept in `warnings`. */
  readonly warn?: (message: string) => void
  readonly debug?: (message: string) => void
  /** For the import of a backend, and again for its detection. Milliseconds, default 500, and 10 000 for bundled ones. */
  readonly loadDeadlineMs?: number
  /** Imports the module of a backend, an absolute path. Default: `import()`. */
  readonly load?: (path: string) => Promise<unknown>
  /** The package that is known to provide a kind; null: it has the name that third-party backends go by. */
  readonly packageOf?: (kind: string) => string | null
  /** Finds an account by name; default: in the machine's account database. */
  readonly accountNamed?: (name: string) => Account | null
}

/** What was detected, in the order tried. */
export interface DetectionReport {
  /** Kind that a new gateway would get; null when there is none. */
  readonly chosen: string | null
  readonly scope: Scope | null
  readonly candidates: readonly CandidateReport[]
}

const asCaller: Writer['run'] = action => action()

function callerOf(platform: NodeJS.Platform): Caller {
  const uid = platform === 'win32' ? null : (process.geteuid?.() ?? null)
  let home: string | undefined
  return {
    uid,
    gid: process.getegid?.() ?? null,
    // Only who needs it makes the account database be read.
    get home() {
      return (home ??= (uid === null ? null : accountOf(uid)?.home) ?? homedir())
    },
  }
}

/** The account of the root's writer; null where it is not known and need not be. Throws HSVC_INVALID_SPEC. */
function rootAccount(root: string, {uid, borrowed}: Writer): Account | null {
  const account = accountOf(uid)
  if (account !== null || !borrowed) return account
  // Without this a root supervisor would run the gateway as root.
  const got = `the uid ${String(uid)}, which has no account`
  throw serviceError('HSVC_INVALID_SPEC', `account: expected ${root} to belong to an account, got ${got}`, {
    hint: 'set hermes.user or --user, or give the uid an account',
  })
}

/** One program's view of a machine: configuration, places, records and the backends that can be used. */
export class Host implements HostView {
  readonly configuration: Configuration
  readonly origins: Readonly<Record<string, string>>
  readonly paths: Paths
  readonly records: RecordStore
  readonly registry: BackendRegistry
  readonly warnings: string[] = []
  readonly #options: HostOptions
  readonly #userSet: readonly string[]
  readonly #caller: Caller
  readonly #accountNamed: (name: string) => Account | null
  /** Whose rights there are in the profile root. */
  readonly #writer: Writer
  /** Does the work on state: with the writer's rights where that is inside the root. */
  readonly #run: Writer['run']
  readonly #managers = new Map<string, Promise<ChosenManager>>()
  readonly #contexts = new Map<string, BackendContext>()
  #homes: HomeFiles | undefined
  #hermes: HermesState | undefined
  #complete = true

  /** Throws HSVC_CONFIG_INVALID. Nothing is loaded, and of the disk only the root is looked at. */
  constructor(options: HostOptions) {
    this.#options = options
    const {env = process.env, platform = process.platform} = options
    const merged = mergeConfiguration(options.layers)
    this.configuration = merged.configuration
    this.origins = merged.origins
    this.#userSet = merged.userSet
    this.#caller = Object.freeze(callerOf(platform))
    const root = this.configuration.hermes.root ?? hermesRoot(env, platform, env['HOME'] || this.#caller.home)
    this.#writer = findWriter(this.#caller, root)
    const placed = placeState(root, env, this.#caller, this.#writer.run, platform)
    // Backends are given these too, and are not to change them for others.
    this.paths = Object.freeze(placed.paths)
    this.#run = placed.warning === null ? this.#writer.run : asCaller
    this.records = new RecordStore(this.paths.gateways, this.#run)
    if (placed.warning !== null) this.warn(placed.warning)
    this.#accountNamed = options.accountNamed ?? (name => accountNamed(name))
    const isDerived = this.configuration.hermes.root === null
    const sudo = isDerived ? sudoWarning(root, env, this.#caller, this.#accountNamed) : null
    if (sudo !== null) this.warn(sudo)
    const {candidates, passedOver, warnings} = findCandidates(options.packages, platform)
    for (const warning of warnings) this.warn(warning)
    const {uid} = this.#caller
    this.registry = new BackendRegistry({
      candidates,
      passedOver,
      // Only who has to be told of a backend that is missing makes the account database be read.
      get account() {
        return (uid === null ? null : accountOf(uid)?.name) ?? 'this account'
      },
      adviceFor: kind => this.#installAdvice(kind),
      contextFor: kind => this.#contextFor(kind),
      deadlineMs: options.loadDeadlineMs ?? 500,
      patientDeadlineMs: options.loadDeadlineMs ?? 10_000,
      ...(options.load && {load: options.load}),
    })
  }

  /** The homes of profiles. Made for who asks: to list gateways nothing is read in them. */
  get homes(): HomeFiles {
    return (this.#homes ??= new HomeFiles(this.paths.root, this.#caller, this.#writer))
  }

  /** What is shared with Hermes itself. */
  get hermes(): HermesState {
    const {clock = systemClock, platform = process.platform} = this.#options
    const warn = (message: string): void => {
      this.warn(message)
    }
    const {root} = this.paths
    return (this.#hermes ??= new HermesState({root, homes: this.homes, clock, warn, platform}))
  }

  /** The environment that the host was opened with. */
  get env(): Readonly<Record<string, string | undefined>> {
    return this.#options.env ?? process.env
  }

  /** Whether everything asked for could be read so far. */
  get complete(): boolean {
    return this.#complete
  }

  /** Keeps a warning once and passes it on. */
  warn(message: string): void {
    if (this.warnings.includes(message)) return
    this.warnings.push(message)
    this.#options.warn?.(message)
  }

  /** Asks every candidate. Never rejects for a broken one. */
  async detect(): Promise<DetectionReport> {
    const candidates: CandidateReport[] = []
    // One after the other: a module that keeps the processor busy uses up its own deadline, not that of the others.
    for (const candidate of this.registry.candidates) candidates.push((await this.registry.ask(candidate)).report)
    this.#warnOfBroken(candidates)
    const forced = this.configuration.backend
    const first = candidates.find(
      ({presence, fallback}) => presence === 'unreachable' || (presence === 'available' && !fallback),
    )
    const spare = candidates.find(({presence, fallback}) => presence === 'available' && fallback)
    const chosen = forced === null ? (first ?? spare) : candidates.find(({kind}) => kind === forced)
    const usable = chosen && (forced !== null || chosen.presence === 'available') ? chosen : undefined
    return {chosen: usable?.kind ?? null, scope: usable?.scope ?? null, candidates}
  }

  /**
   * The manager of the named, configured or detected backend. Rejects HSVC_NO_BACKEND, and HSVC_BACKEND_UNAVAILABLE when
   * the first init system found cannot be reached.
   */
  async manager(options: ManagerOptions = {}): Promise<GuardedServiceManager> {
    return (await this.chosen(options)).manager
  }

  /** The same as `manager`, with the scope that a new gateway would get. */
  async chosen({backend, fallback = true}: ManagerOptions = {}): Promise<ChosenManager> {
    const kind = backend ?? this.configuration.backend
    if (kind !== null) return await this.#managerOf(kind)
    const choice = await this.registry.choose(fallback)
    this.#warnOfBroken(await this.#askedSoFar(choice?.report ?? null))
    if (!choice) {
      const tried = this.registry.candidates.map(candidate => candidate.kind).join(', ')
      throw serviceError('HSVC_NO_BACKEND', `no init system was detected (tried: ${tried || 'none'})`, {
        hint: 'hermes-svc backend detect shows the evidence; --backend KIND chooses one',
      })
    }
    if (choice.report.fallback && !existsSync(this.paths.gateways)) {
      this.warn(`no init system was detected: gateways run under ${choice.report.kind}`)
    }
    return await this.#managerOf(choice.report.kind)
  }

  /** The manager of the backend that holds a gateway: the one named, the one its record names, else the chosen one. */
  async managerFor(profile: string, options: ManagerOptions = {}): Promise<GuardedServiceManager> {
    const recorded = options.backend === undefined ? await this.#recordedBackend(profile) : undefined
    return recorded === undefined ? await this.manager(options) : (await this.#managerOf(recorded)).manager
  }

  /** Every gateway, or the named ones, across backends: what could be read, and why the rest could not. */
  async overview(profiles?: readonly string[], options: OverviewOptions = {}): Promise<Overview> {
    return await gatherOverview(this, profiles, options)
  }

  /** Brings the init system in line with the records and the profiles on disk. */
  async reconcile(options: ReconcileOptions = {}): Promise<Reconciliation> {
    const {reconcile} = await import('./reconcile/reconcile.js')
    return await reconcile(this, options)
  }

  /** Ports and tokens that several of the gateways of an overview take for themselves, and what could not be read of them. */
  async claimConflicts(
    gateways: readonly GatewayStatus[],
  ): Promise<{conflicts: readonly ClaimConflict[]; problems: readonly string[]}> {
    // Imported only now: listing and status need none of it.
    const {readConflicts} = await import('./hermes/claim-conflicts.js')
    return await readConflicts(this, gateways)
  }

  #installAdvice(kind: string): string {
    // A record that another account wrote must not choose what root installs.
    if (this.#writer.borrowed || !isKind(kind))
      return 'hermes-svc plugins install PACKAGE, with a package that you trust and that provides it'
    return `hermes-svc plugins install ${this.#options.packageOf?.(kind) ?? `hermes-svc-backend-${kind}`}`
  }

  async #recordedBackend(profile: string): Promise<string | undefined> {
    try {
      return (await this.records.readSoon(profile))?.backend
    } catch (error) {
      this.#incomplete((error as Error).message)
      return undefined
    }
  }

  #incomplete(message: string): void {
    this.#complete = false
    this.warn(message)
  }

  async #askedSoFar(last: CandidateReport | null): Promise<CandidateReport[]> {
    const {candidates} = this.registry
    const end = last ? candidates.findIndex(({kind}) => kind === last.kind) + 1 : candidates.length
    const asked = candidates.slice(0, end).filter(candidate => !candidate.fallback || candidate.kind === last?.kind)
    return (await Promise.all(asked.map(candidate => this.registry.ask(candidate)))).map(({report}) => report)
  }

  #warnOfBroken(reports: readonly CandidateReport[]): void {
    for (const {package: name, version, presence, reason} of reports) {
      if (presence === 'broken') this.warn(`${name}@${version} is not used: ${reason ?? 'it is broken'}`)
    }
  }

  #managerOf(kind: string): Promise<ChosenManager> {
    let manager = this.#managers.get(kind)
    if (!manager) {
      manager = this.#createManager(kind)
      this.#managers.set(kind, manager)
    }
    return manager
  }

  async #createManager(kind: string): Promise<ChosenManager> {
    const {backend, report} = await this.registry.named(kind)
    const scope = this.configuration.scope ?? report.scope ?? backend.capabilities.scopes[0] ?? 'user'
    const {root} = this.paths
    const writer = this.#writer
    let account: Account | null | undefined
    const shared = {homes: () => this.homes, hermes: () => this.hermes}
    const manager = guard(backend, this.#contextFor(kind), {
      records: this.records,
      get homes() {
        return shared.homes()
      },
      get hermes() {
        return shared.hermes()
      },
      configuration: this.configuration,
      userSet: this.#userSet,
      isBundled: report.source === 'bundled',
      lockDirectory: join(this.paths.state, 'locks'),
      scope,
      get account() {
        // Asked for with each gateway, and each time the account database would be read.
        return (account ??= rootAccount(root, writer))
      },
      accountNamed: this.#accountNamed,
      run: this.#run,
      assertProfileExists: profile => {
        this.#assertProfileExists(profile)
      },
    })
    return {manager, scope}
  }

  #assertProfileExists(profile: string): void {
    const {root} = this.paths
    if (profileExists(root, profile)) return
    const {profiles} = profilesOnDisk(root)
    const [near] = closestNames(profile, profiles)
    const have = profiles.length > 0 ? profiles.sort().join(', ') : 'none'
    const meant = near === undefined ? '' : `Did you mean ${near}? `
    throw serviceError('HSVC_INVALID_SPEC', `no profile "${profile}" in ${root} (have: ${have})`, {
      profile,
      hint: `${meant}Create one: hermes profile create ${profile}`,
    })
  }

  #contextFor(kind: string): BackendContext {
    const made = this.#contexts.get(kind) ?? this.#makeContext(kind)
    this.#contexts.set(kind, made)
    return made
  }

  #makeContext(kind: string): BackendContext {
    const {env = process.env, platform = process.platform, clock = systemClock, signal, tools} = this.#options
    return {
      tools: tools ?? createToolRunner(env),
      env,
      platform,
      caller: this.#caller,
      clock,
      logger: {
        debug: message => this.#options.debug?.(`${kind}: ${message}`),
        warn: message => {
          this.warn(message)
        },
        incomplete: message => {
          this.#incomplete(message)
        },
      },
      paths: this.paths,
      configuration: this.configuration.backends[kind] ?? {},
      signal: signal ?? new AbortController().signal,
      error: serviceError,
    }
  }
}

/** Opens a host. Throws HSVC_CONFIG_INVALID. */
export function createHost(options: HostOptions): Host {
  return new Host(options)
}
