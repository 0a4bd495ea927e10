import {existsSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import type {BackendContext, GatewaySpec, GatewayState, GatewayStatus, ServiceManager} from '@hermes-svc/core'
import {suiteContext} from '@hermes-svc/core/conformance'
import type {ExecutionContext} from 'ava'
import type {FakeLaunchd, FakeLaunchdOptions} from './fake-launchd/fake-launchd.js'
import {fakeTest, SLEEPER, startFake} from './fake-launchd/fixture.js'
import {createManager} from './fake-mac.js'
import {plainSpec, restart} from './plain-gateway.js'
import {temporaryDirectory} from './temporary-directory.js'

const PATIENCE_MS = 60_000

/** A profile root with the bare manager for it, whose gateways are jobs of a fake launchd. */
export class JobFixture {
  readonly mac: FakeLaunchd
  readonly root: string
  readonly warnings: string[] = []
  readonly context: BackendContext
  readonly manager: ServiceManager
  readonly profile = 'coder'

  constructor(mac: FakeLaunchd, root: string) {
    this.mac = mac
    this.root = root
    const warn = (message: string): number => this.warnings.push(message)
    this.context = suiteContext(this.root, {logger: {debug: () => undefined, warn, incomplete: warn}})
    this.manager = this.create()
  }

  /** Another one of the same, as another program would make it. */
  create(replaced: Partial<BackendContext> = {}): ServiceManager {
    return createManager(this.mac, {...this.context, ...replaced})
  }

  /** A gateway of this root that sleeps, with changes. */
  spec(changes: Partial<GatewaySpec> = {}): GatewaySpec {
    return plainSpec({
      profile: this.profile,
      argv: SLEEPER,
      env: {PATH: '/usr/bin:/bin'},
      cwd: this.root,
      account: null,
      restart: restart({delayMs: 1000}),
      stopTimeoutMs: 5000,
      ...changes,
    })
  }

  /** Defines it, starts it, and waits until it runs. */
  async run(spec = this.spec()): Promise<GatewayStatus> {
    await this.manager.install(spec)
    await this.manager.start(spec.profile)
    return await this.reaches('running', spec.profile)
  }

  async status(profile = this.profile): Promise<GatewayStatus> {
    const [row] = await this.manager.status([profile])
    if (row === undefined) throw new Error(`expected a gateway ${profile}, got none`)
    return row
  }

  /** Waits until it is in a state, with another pid than that of before. */
  async reaches(state: GatewayState, profile = this.profile, before: number | null = null): Promise<GatewayStatus> {
    const end = performance.now() + PATIENCE_MS
    for (;;) {
      const row = await this.status(profile)
      if (row.state === state && (before === null || row.pid !== before)) return row
      if (performance.now() > end) throw new Error(`expected ${profile} to be ${state}, got ${row.state}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  /** Where the definition of a profile is that launchd loads by itself. */
  agent(profile = this.profile): string {
    return join(this.mac.agents, `ai.hermes-svc.${profile}.plist`)
  }

  /** What belongs to the job of a profile. */
  own(profile = this.profile): string {
    return join(this.context.paths.gateways, profile, 'launchd')
  }

  /** Names in it. */
  owned(): string[] {
    return existsSync(this.own()) ? readdirSync(this.own()).sort() : []
  }
}

/** A test with a profile root and a fake launchd of its own; `why` it cannot be run here. */
export function jobTest(
  title: string,
  run: (t: ExecutionContext, fixture: JobFixture) => Promise<void>,
  options: FakeLaunchdOptions = {},
  why?: string,
): void {
  const body = async (t: ExecutionContext): Promise<void> => {
    // First, so that it is removed last: jobs write into it.
    const root = temporaryDirectory(t)
    await run(t, new JobFixture(await startFake(t, options), root))
  }
  fakeTest(title, body, why)
}
