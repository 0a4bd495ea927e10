import {randomBytes} from 'node:crypto'
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {BackendContext, GatewaySpec, GatewayStatus, ServiceManager} from '@hermes-svc/core'
import {suiteContext} from '@hermes-svc/core/conformance'
import type {ExecutionContext} from 'ava'
import {backend} from '../dist/index.js'
import {plainSpec} from './plain-gateway.js'
import {eventually, S6Scandir} from './s6-scandir.js'

/** Whether a process is there and not a zombie. */
export function lives(pid: number | null | undefined): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${String(pid)}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** A scan directory and a profile root of its own with the bare manager for them; everything that ran there ends with the test. */
export class SlotFixture {
  readonly scandir = new S6Scandir()
  readonly root = mkdtempSync(join(tmpdir(), 's6-root-'))
  readonly warnings: string[] = []
  readonly context: BackendContext
  readonly manager: ServiceManager
  /** A profile that nobody else has, so that its processes can be told. */
  readonly profile = `coder-${randomBytes(4).toString('hex')}`

  constructor(t: ExecutionContext, configuration: BackendContext['configuration'] = {}) {
    this.context = suiteContext(this.root, {
      logger: {
        debug: () => undefined,
        warn: message => this.warnings.push(message),
        incomplete: message => this.warnings.push(message),
      },
      configuration: {scandir: this.scandir.path, ...configuration},
    })
    this.manager = backend.create(this.context)
    t.teardown(() => this.#remove())
  }

  get slot(): string {
    return this.slotOf(this.profile)
  }

  slotOf(profile: string): string {
    return join(this.scandir.path, `gateway-${profile}`)
  }

  spec(script = 'exec sleep 1000', changes: Partial<GatewaySpec> = {}): GatewaySpec {
    return plainSpec({
      profile: this.profile,
      argv: ['/bin/sh', '-c', script],
      env: {PATH: '/usr/bin:/bin'},
      cwd: this.root,
      scope: process.geteuid?.() === 0 ? 'system' : 'user',
      account: null,
      stopTimeoutMs: 300,
      ...changes,
    })
  }

  /** Installs and starts it. */
  async run(script?: string, changes?: Partial<GatewaySpec>): Promise<GatewayStatus> {
    await this.manager.install(this.spec(script, changes))
    await this.manager.start(this.profile)
    return await this.reaches('running')
  }

  async status(profile = this.profile): Promise<GatewayStatus> {
    const [row] = await this.manager.status([profile])
    if (row === undefined) throw new Error(`expected a slot of ${profile}, got none`)
    return row
  }

  async reaches(state: GatewayStatus['state'], also: (row: GatewayStatus) => boolean = () => true) {
    let row = await this.status()
    await eventually(`${this.profile} is ${state}`, async () => {
      row = await this.status()
      return row.state === state && also(row)
    })
    return row
  }

  /** Pids of the supervisors of the gateway and of its logger, whatever became of their directories. */
  supervisors(): number[] {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .filter(pid => {
        try {
          const command = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')
          return command.startsWith('s6-supervise\0') && command.includes(`gateway-${this.profile}`) && lives(pid)
        } catch {
          return false
        }
      })
  }

  async #remove(): Promise<void> {
    for (const name of this.scandir.entries()) {
      if (name.startsWith('gateway-')) await this.manager.uninstall(name.slice('gateway-'.length))
    }
    await this.scandir.remove()
    rmSync(this.root, {recursive: true, force: true})
  }
}
