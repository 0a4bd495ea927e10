import assert from 'node:assert/strict'
import {createHash} from 'node:crypto'
import {readdirSync, readFileSync, statSync} from 'node:fs'
import {join, relative} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {
  type Backend,
  type BackendContext,
  type Capabilities,
  findWriter,
  type GatewayRequest,
  type GatewayStatus,
  guard,
  type GuardedServiceManager,
  type GuardHost,
  HermesState,
  HomeFiles,
  isServiceError,
  RecordStore,
  type RestartPolicy,
  type ServiceManager,
} from '@hermes-svc/core'
import type {ConformanceOptions, Timing} from './conformance-options.js'
import {type Resources} from './resources.js'
import type {Behaviour, Sample} from './samples.js'
import {suiteConfiguration, suiteContext} from './suite-context.js'

const POLL_MS = 10
const LEAST_LOOKS = 4

/** A gateway that a test made, with the sample that it runs. */
export interface Installed {
  readonly profile: string
  readonly sample: Sample
  readonly request: GatewayRequest
  readonly status: GatewayStatus
}

/** What differs from the ordinary when a test makes another manager. */
export interface ManagerChange {
  readonly backend?: Backend
  readonly context?: Partial<BackendContext>
}

/** Everything one test works with: a profile root of its own, managers over it, samples, and clean-up. */
export class Bench {
  readonly options: ConformanceOptions
  readonly timing: Timing
  readonly resources: Resources
  readonly context: BackendContext
  /** The backend's own object, without the guard. */
  readonly raw: ServiceManager
  /** What a host uses. */
  readonly manager: GuardedServiceManager
  readonly records: RecordStore

  constructor(options: ConformanceOptions, timing: Timing, resources: Resources) {
    this.options = options
    this.timing = timing
    this.resources = resources
    this.context = suiteContext(resources.root, options.context)
    this.records = new RecordStore(this.context.paths.gateways)
    this.raw = options.backend.create(this.context)
    this.manager = this.host()
  }

  get capabilities(): Capabilities {
    return this.options.backend.capabilities
  }

  get lockDirectory(): string {
    return join(this.context.paths.state, 'locks')
  }

  /** A manager as another run of the host would make it, over the same root. */
  host(change: ManagerChange = {}): GuardedServiceManager {
    const {wrap, lock} = this.options.host ?? {}
    const {caller, clock, paths} = this.context
    const homes = new HomeFiles(paths.root, caller, findWriter(caller, paths.root))
    const host: GuardHost = {
      records: this.records,
      // What somebody else defined may be Hermes' own, which wants to be told of a stop.
      hermes: new HermesState({root: paths.root, homes, clock, warn: () => undefined}),
      configuration: suiteConfiguration(this.timing),
      userSet: [],
      lockDirectory: this.lockDirectory,
      account: null,
      // An account that no test runs anything as: it is there to be refused or planned for.
      accountNamed: name => ({name, uid: 64_999, gid: 64_999, home: this.context.paths.root}),
      ...(this.options.scope === undefined ? {} : {scope: this.options.scope}),
      ...(lock ? {lock} : {}),
    }
    const manager = guard(change.backend ?? this.options.backend, {...this.context, ...change.context}, host)
    return wrap ? wrap(manager) : manager
  }

  /** A throw-away profile name. Whatever is defined under it is removed after the test. */
  name(suffix = ''): string {
    return this.resources.name(suffix)
  }

  async sample(behaviour: Behaviour = {}): Promise<Sample> {
    return await this.resources.sample(behaviour)
  }

  request(profile: string, sample: Sample, more: Partial<GatewayRequest> = {}): GatewayRequest {
    return {profile, argv: sample.argv, cwd: this.context.paths.root, ...more}
  }

  /** Installs a throw-away gateway; it runs unless `start` is false. */
  async install(
    given: {profile?: string; behaviour?: Behaviour; request?: Partial<GatewayRequest>; start?: boolean} = {},
  ): Promise<Installed> {
    const {profile = this.name(), behaviour, start = true} = given
    const sample = await this.sample(behaviour)
    const request = this.request(profile, sample, given.request)
    const status = await this.manager.install(request, {start, ...this.patience})
    if (start) await this.runs(sample)
    return {profile, sample, request, status}
  }

  /** The crash policy of every request that says nothing else. */
  get restartPolicy(): RestartPolicy {
    return suiteConfiguration(this.timing).restart
  }

  /** What a request needs whose gateway dies at once: a settle time that it cannot reach. */
  get doomed(): {settleMs: number} {
    return {settleMs: this.timing.doomedSettleMs}
  }

  /** Waits until the sample bears witness of one living process, and of so many starts. */
  async runs(sample: Sample, starts?: number): Promise<void> {
    await this.eventually(`one process${starts === undefined ? '' : ` after ${String(starts)} starts`}`, () => {
      return sample.alivePids().length === 1 && (starts === undefined || sample.starts().length === starts)
    })
  }

  /** Options that bound a verb which is expected to succeed. */
  get patience(): {timeoutMs: number} {
    return {timeoutMs: this.timing.deadlineMs}
  }

  async one(profile: string): Promise<GatewayStatus> {
    const [row] = await this.manager.status([profile])
    assert.ok(row, `expected a status of ${profile}, got none`)
    return row
  }

  /** The status that the backend itself gives; undefined without a definition. */
  async rawOne(profile: string): Promise<GatewayStatus | undefined> {
    const rows = await this.raw.status([profile])
    return rows.find(row => row.profile === profile)
  }

  /** Asks until the answer is true, at most as long as the deadline. */
  async eventually(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + this.timing.deadlineMs
    while (!(await probe())) {
      assert.ok(performance.now() < end, `expected within ${String(this.timing.deadlineMs)} ms: ${what}`)
      await sleep(POLL_MS)
    }
  }

  /** Asks for a while, and fails when the answer is ever false. */
  async stays(
    what: string,
    probe: () => boolean | Promise<boolean>,
    forMs: number = this.timing.quietMs,
  ): Promise<void> {
    const end = performance.now() + forMs
    for (let looks = 1; ; looks += 1) {
      // On a busy machine one pause can be longer than all of it, and what is about to happen wants its turns too.
      const isLast = looks >= LEAST_LOOKS && performance.now() >= end
      assert.ok(await probe(), `expected to stay: ${what}`)
      if (isLast) return
      await sleep(POLL_MS)
    }
  }

  /** What is written under the root, locks aside: path, mode and digest of each file. */
  written(): string[] {
    const {root} = this.context.paths
    const found: string[] = []
    const visit = (directory: string): void => {
      for (const entry of readdirSync(directory, {withFileTypes: true})) {
        const path = join(directory, entry.name)
        if (path === this.lockDirectory) continue
        if (entry.isDirectory()) visit(path)
        else if (entry.isFile()) found.push(describeFile(root, path))
        else found.push(relative(root, path))
      }
    }
    visit(root)
    return found.sort()
  }
}

function digestOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)
  } catch (error) {
    // On Windows a program may have it open for itself alone, as a lock.
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return 'in use'
    throw error
  }
}

function describeFile(root: string, path: string): string {
  return `${relative(root, path)} ${(statSync(path).mode & 0o777).toString(8)} ${digestOf(path)}`
}

/** The error that a promise rejects with, which must be of the contract and have this code. */
export async function rejection(code: string, promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  let resolved: unknown
  try {
    resolved = await promise
  } catch (error) {
    assert.ok(isServiceError(error), `expected an error of the contract, got ${String(error)}`)
    assert.equal(error.code, code, `expected ${code}, got ${error.code}: ${error.message}`)
    return error as unknown as Error & Record<string, unknown>
  }
  return assert.fail(`expected a rejection with ${code}, got ${JSON.stringify({resolved})}`)
}
