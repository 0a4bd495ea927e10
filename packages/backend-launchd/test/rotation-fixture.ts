import {existsSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import type {ExecutionContext} from 'ava'
import type {BackendContext} from '@hermes-svc/core'
import {suiteContext} from '@hermes-svc/core/conformance'
import type {MachinePlaces} from '../dist/job-paths.js'
import type {JobScope} from '../dist/launchd-facts.js'
import {LaunchdMachine} from '../dist/launchd-machine.js'
import {rotationPlace, type RotationPlace} from '../dist/rotation-place.js'
import {LogRotationJob} from '../dist/log-rotation-job.js'
import type {FakeLaunchd, FakeLaunchdOptions} from './fake-launchd/fake-launchd.js'
import {startFake} from './fake-launchd/fixture.js'
import {temporaryDirectory} from './temporary-directory.js'
import {WrittenLog} from './rotated-logs.js'

/** A profile root on a fake Mac, and the job that rotates the logs of its gateways. */
export class RotationFixture {
  readonly mac: FakeLaunchd
  readonly scope: JobScope
  readonly places: MachinePlaces
  readonly context: BackendContext
  readonly machine: LaunchdMachine
  readonly warnings: string[] = []
  readonly #t: ExecutionContext

  private constructor(t: ExecutionContext, mac: FakeLaunchd, scope: JobScope) {
    this.#t = t
    this.mac = mac
    this.scope = scope
    const warn = (message: string): number => this.warnings.push(message)
    const context = suiteContext(temporaryDirectory(t), {
      platform: 'darwin',
      logger: {debug: () => undefined, warn, incomplete: warn},
      configuration: {launchctl: mac.launchctl},
    })
    this.context = {...context, caller: {...context.caller, home: mac.home}}
    mkdirSync(this.context.paths.gateways, {recursive: true, mode: 0o700})
    this.places = {
      daemons: mac.daemons,
      support: join(mac.directory, 'support'),
      logs: join(mac.directory, 'system-logs'),
    }
    this.machine = new LaunchdMachine(this.context, this.places)
  }

  static async create(t: ExecutionContext, scope: JobScope = 'user', options: FakeLaunchdOptions = {}) {
    return new RotationFixture(t, await startFake(t, options), scope)
  }

  /** Another root on the same Mac. */
  another(): RotationFixture {
    return new RotationFixture(this.#t, this.mac, this.scope)
  }

  get place(): RotationPlace {
    return rotationPlace(this.machine.scope(this.scope).place)
  }

  /** A job of the same root, with parts of the context replaced. */
  job(replaced: Partial<BackendContext> = {}): LogRotationJob {
    const context = {...this.context, ...replaced}
    return new LogRotationJob(context, new LaunchdMachine(context, this.places))
  }

  async ensure(signal?: AbortSignal): Promise<void> {
    await this.job().ensure(this.scope, await this.machine.facts(), signal)
  }

  async remove(): Promise<string[]> {
    return await this.job().remove(this.scope)
  }

  /** Where the job is loaded. */
  get domains(): string[] {
    return this.mac.jobs().flatMap(({label, domain}) => (label === this.place.label ? [domain] : []))
  }

  /** What launchd starts: the arguments of the job that it has. */
  get loaded(): string[] | null {
    const [domain] = this.domains
    if (domain === undefined) return null
    const target = domain === 'system' ? domain : `${domain}/${String(process.getuid?.())}`
    const {stdout} = this.mac.run('print', `${target}/${this.place.label}`)
    return (
      /\targuments = \{\n(.*?)\n\t\}/s
        .exec(stdout)?.[1]
        ?.split('\n')
        .map(line => line.trim()) ?? null
    )
  }

  /** The first words of what launchctl was asked since a number of calls. */
  callsSince(count: number): string[] {
    return this.mac
      .calls()
      .slice(count)
      .map(({argv}) => argv[0] ?? '')
  }

  /** What of the job is on disk. */
  get files(): string[] {
    const {directory, script, plist} = this.place
    return [directory, script, plist].filter(path => existsSync(path))
  }

  log(profile: string): WrittenLog {
    return new WrittenLog(this.#t, join(this.context.paths.logs, profile), '3 100\n')
  }
}
