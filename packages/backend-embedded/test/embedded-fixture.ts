import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {
  type BackendContext,
  type GatewaySpec,
  type GatewayStatus,
  type ServiceManager,
  systemClock,
} from '@hermes-svc/core'
import {suiteContext} from '@hermes-svc/core/conformance'
import {directoryHash, endOrphan, invocationPrefix} from '@hermes-svc/runner'
import type {ExecutionContext} from 'ava'
import {backend} from '../dist/index.js'

/** Polls until the condition gives something other than false, null and undefined; fails after the deadline. */
export async function eventually<T>(
  what: string,
  condition: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  deadlineMs = 60_000,
): Promise<T> {
  const started = performance.now()
  for (;;) {
    const value = await condition()
    if (value !== false && value !== null && value !== undefined) return value
    if (performance.now() - started > deadlineMs) throw new Error(`not within ${String(deadlineMs)} ms: ${what}`)
    await systemClock.sleep(10)
  }
}

/** Whether a process is there and not a zombie. */
export function lives(pid: number | null | undefined): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${String(pid)}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** A profile root of its own with the bare manager for it; everything that ran there ends with the test. */
export class EmbeddedFixture {
  readonly root: string
  readonly context: BackendContext
  readonly manager: ServiceManager
  readonly incomplete: string[] = []
  readonly warnings: string[] = []

  constructor(t: ExecutionContext) {
    this.root = mkdtempSync(join(tmpdir(), 'hermes-svc-embedded-'))
    this.context = suiteContext(this.root, {
      logger: {
        debug: () => undefined,
        warn: message => this.warnings.push(message),
        incomplete: message => this.incomplete.push(message),
      },
    })
    mkdirSync(this.context.paths.state, {mode: 0o700})
    this.manager = backend.create(this.context)
    t.teardown(() => this.#remove())
  }

  directory(profile: string): string {
    return join(this.context.paths.gateways, profile, 'embedded')
  }

  spec(profile: string, script = 'exec sleep 1000', changes: Partial<GatewaySpec> = {}): GatewaySpec {
    return {
      profile,
      description: `Hermes gateway ${profile}`,
      argv: ['/bin/sh', '-c', script],
      env: {PATH: '/bin:/usr/bin', TOKEN: 'sesame'},
      cwd: '/',
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
      stopTimeoutMs: 2000,
      logs: {files: 3, sizeBytes: 1_000_000},
      userSet: [],
      ...changes,
    }
  }

  async status(profile: string): Promise<GatewayStatus> {
    const [row] = await this.manager.status([profile])
    if (row === undefined) throw new Error(`${profile} has no definition`)
    return row
  }

  reaches(profile: string, state: GatewayStatus['state']): Promise<GatewayStatus> {
    return eventually(`${profile} is ${state}`, async () => {
      const row = await this.status(profile)
      return row.state === state && row
    })
  }

  /** Pids of runners of this root. */
  runners(): number[] {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .filter(pid => {
        try {
          const command = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')
          return lives(pid) && command.includes(`${this.root}/`) && command.includes('main.js')
        } catch {
          return false
        }
      })
  }

  runnerOf(profile: string): number {
    return this.runners().find(pid =>
      readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').includes(this.directory(profile)),
    ) as number
  }

  async #remove(): Promise<void> {
    for (const pid of this.runners()) process.kill(pid, 'SIGKILL')
    for (const profile of readdirSync(this.root).includes('hermes-svc') ? this.#profiles() : []) {
      const invocation = invocationPrefix(directoryHash(this.directory(profile)))
      await endOrphan({gateway: null, invocation, stopTimeoutMs: 0})
    }
    rmSync(this.root, {recursive: true, force: true})
  }

  #profiles(): string[] {
    try {
      return readdirSync(this.context.paths.gateways).filter(
        name => !name.startsWith('.') && readdirSync(join(this.context.paths.gateways, name)).includes('embedded'),
      )
    } catch {
      return []
    }
  }
}
