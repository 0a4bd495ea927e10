import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {BackendContext, GatewaySpec, GatewayState, GatewayStatus, ServiceManager} from '@hermes-svc/core'
import {suiteContext} from '@hermes-svc/core/conformance'
import type {ExecutionContext} from 'ava'
import {backend} from '../dist/index.js'
import {onWindows} from './fake-host.js'
import type {FakeWindows, FakeWindowsOptions, TaskView} from './fake-windows/fake-windows.js'
import {createTask, fakeTest, startFake} from './fake-windows/fixture.js'
import {temporaryDirectory} from './temporary-directory.js'

const PATIENCE_MS = 60_000

/** A profile root with the bare manager for it, on a fake Windows. */
export class WindowsFixture {
  readonly fake: FakeWindows
  readonly root: string
  readonly warnings: string[] = []
  readonly context: BackendContext
  readonly manager: ServiceManager
  readonly profile = 'coder'
  readonly service = 'hermes-svc-coder'

  constructor(fake: FakeWindows, root: string, configuration: Record<string, unknown> = {}) {
    this.fake = fake
    this.root = root
    const warn = (message: string): number => this.warnings.push(message)
    const context = suiteContext(root, {configuration, logger: {debug: () => undefined, warn, incomplete: warn}})
    this.context = onWindows(fake, context)
    mkdirSync(context.paths.state, {recursive: true, mode: 0o700})
    this.manager = this.create()
  }

  /** Another one of the same, as another program would make it. */
  create(replaced: Partial<BackendContext> = {}): ServiceManager {
    return backend.create({...this.context, ...replaced})
  }

  /** A gateway of this root that sleeps, with changes. */
  spec(changes: Partial<GatewaySpec> = {}): GatewaySpec {
    return {
      profile: this.profile,
      description: 'Hermes gateway coder',
      argv: ['/bin/sleep', '1000'],
      env: {PATH: '/usr/bin:/bin', TOKEN: 'sesame'},
      cwd: this.root,
      port: 8642,
      scope: 'user',
      account: null,
      autostart: true,
      restart: {
        delayMs: 20,
        maxDelayMs: 200,
        windowMs: 60_000,
        giveUpAfter: null,
        fatalExitCodes: [78],
        cleanExitCodes: [0],
      },
      settleMs: 100,
      stopTimeoutMs: 5000,
      logs: {files: 2, sizeBytes: 100_000},
      userSet: [],
      ...changes,
    }
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

  /** Waits until it neither runs nor is about to. */
  async rests(profile = this.profile): Promise<GatewayStatus> {
    await this.manager.stop(profile)
    return await this.reaches('stopped', profile)
  }

  /** The task of the gateway; undefined where there is none. */
  task(name = this.service): TaskView | undefined {
    return this.fake.task(name)
  }

  /** The directory of the gateway's runner. */
  own(profile = this.profile): string {
    return join(this.context.paths.gateways, profile, 'windows')
  }

  /** Names in it, but for those of the runner. */
  made(): string[] {
    const names = existsSync(this.own()) ? readdirSync(this.own()) : []
    return names.filter(name => /^(?:launcher\.|task\.xml|starter)/.test(name)).sort()
  }

  /** Makes what Hermes itself installs: its scripts, and a task or an entry of the Startup folder. Returns its name. */
  async makeForeign(how: 'task' | 'startup', profile = this.profile): Promise<string> {
    const name = `Hermes_Gateway_${profile}`
    const home = join(this.root, 'profiles', profile)
    mkdirSync(join(home, 'gateway-service'), {recursive: true})
    writeFileSync(join(home, 'SOUL.md'), '')
    writeFileSync(join(home, 'gateway-service', `${name}.vbs`), "' Hermes' own\r\n")
    if (how === 'startup') {
      writeFileSync(join(this.fake.places.startup, `${name}.vbs`), "' starts Hermes' own\r\n")
      return name
    }
    await createTask(this.fake, name, {command: '/bin/sleep', args: '1000'})
    return name
  }

  /** The text of a copy that was kept of what was taken over. */
  kept(name: string): Buffer {
    const replaced = join(this.context.paths.gateways, this.profile, 'replaced')
    const [stamp = ''] = readdirSync(replaced)
    return readFileSync(join(replaced, stamp, name))
  }
}

/** The XML of a task but for whether it may be started. */
export function withoutEnabled(xml = ''): string {
  const end = xml.indexOf('<Settings>')
  return xml.slice(0, end) + xml.slice(end).replace(/\s*<Enabled>(?:true|false)<\/Enabled>/, '')
}

/** What a test may choose of its machine and its configuration. */
export interface FixtureOptions extends FakeWindowsOptions {
  readonly configuration?: Record<string, unknown>
}

/** A test with a profile root and a fake Windows of its own. */
export function windowsTest(
  title: string,
  run: (t: ExecutionContext, fixture: WindowsFixture) => Promise<void>,
  {configuration, ...options}: FixtureOptions = {},
): void {
  fakeTest(title, async t => {
    // First, so that it is removed last: runners write into it.
    const root = temporaryDirectory(t)
    const fake = startFake(t, {...options, roots: [root]})
    await run(t, new WindowsFixture(fake, root, configuration))
  })
}
