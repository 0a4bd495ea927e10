import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {
  canonicalSpec,
  defineBackend,
  type ErrorCode,
  type ErrorDetails,
  type Backend,
  type BackendContext,
  type Capabilities,
  type GatewaySpec,
  type GatewayState,
  type GatewayStatus,
  hashSpec,
  type LogLine,
  type LogOptions,
  type Plan,
  publishFile,
  type ServiceManager,
} from '@hermes-svc/core'
import type {MemoryInit, MemorySlot} from './memory-init.js'

/** The name of the simulated init system's tool, as on a command line. */
export const MEMORY_TOOL = 'memory-init'

/** What the memory backend can do unless a test takes something away. */
export const MEMORY_CAPABILITIES: Capabilities = {
  runtimeRegistration: true,
  scopes: ['user'],
  autostart: true,
  readiness: false,
  restartCount: true,
  backoff: 'exponential',
  giveUp: true,
  fatalExitCodes: true,
  logs: 'file',
  follow: true,
  runAsUser: true,
  reclaimsStrays: false,
  maxGateways: null,
}

/** Native condition → state, in the order asked: every backend has such a table. */
function stateOf(slot: MemorySlot): GatewayState {
  if (slot.process) return slot.stopping ? 'stopping' : 'running'
  if (slot.parked) return 'failed'
  return slot.nextStartAt ? 'backoff' : 'stopped'
}

function definitionPath(profile: string): string {
  return `/memory/gateways/${profile}.json`
}

/** Pure: what install hands to the init system. */
export function planMemory(spec: GatewaySpec): Plan {
  const contents = new TextEncoder().encode(canonicalSpec(spec))
  const path = definitionPath(spec.profile)
  return {
    entries: [{kind: 'file', path, mode: 0o600, owner: null, contents, sensitive: true}],
    commands: [{file: MEMORY_TOOL, args: ['load', spec.profile]}],
    notes: [],
  }
}

/** The verbs over a simulated init system, and nothing that the guard does for every backend. */
export class MemoryServiceManager implements ServiceManager {
  readonly kind = 'memory'
  readonly init: MemoryInit
  readonly context: BackendContext
  readonly capabilities: Capabilities

  constructor(init: MemoryInit, context: BackendContext, capabilities: Capabilities) {
    this.init = init
    this.context = context
    this.capabilities = capabilities
  }

  async start(profile: string, options: {signal?: AbortSignal} = {}): Promise<GatewayStatus> {
    return await this.tell('up', profile, options.signal)
  }

  async stop(profile: string, options: {signal?: AbortSignal} = {}): Promise<GatewayStatus> {
    return await this.tell('down', profile, options.signal)
  }

  async restart(profile: string, options: {signal?: AbortSignal} = {}): Promise<GatewayStatus> {
    return await this.tell('again', profile, options.signal)
  }

  async isRunning(profile: string): Promise<boolean> {
    const [row] = await this.status([profile])
    return row?.state === 'running'
  }

  async status(profiles?: readonly string[]): Promise<GatewayStatus[]> {
    await this.answer()
    const slots = [...this.init.slots.values()].filter(({profile}) => profiles?.includes(profile) ?? true)
    return slots.map(slot => this.row(slot)).sort((a, b) => (a.profile < b.profile ? -1 : 1))
  }

  async *logs(profile: string, options: LogOptions = {}): AsyncGenerator<LogLine, void, undefined> {
    const {lines = 100, since, follow = false, signal} = options
    const slot = this.slot(profile)
    let next = slot.lines.length
    const tail = slot.lines.filter(({at}) => !since || (at !== null && at >= since.toISOString()))
    yield* lines === 0 ? [] : tail.slice(-lines)
    while (follow && signal?.aborted !== true) {
      if (next === slot.lines.length) await this.newLine(slot, signal)
      while (next < slot.lines.length) yield slot.lines[next++] as LogLine
    }
  }

  async facts(): Promise<{version: number}> {
    await this.answer()
    return {version: 1}
  }

  plan(spec: GatewaySpec): Plan {
    return planMemory(spec)
  }

  async install(spec: GatewaySpec, options: {adopt?: boolean} = {}): Promise<GatewayStatus> {
    await this.answer()
    const standing = this.init.slots.get(spec.profile)
    if (standing?.definition.origin === 'foreign') {
      if (options.adopt !== true) throw this.error('HSVC_ALREADY_EXISTS', `${spec.profile} was made by somebody else`)
      this.backUp(spec.profile, standing.definition.contents)
    }
    return this.define(spec, 'installed')
  }

  async uninstall(profile: string): Promise<{profile: string; removed: string[]; kept: string[]}> {
    await this.answer()
    const slot = this.init.slots.get(profile)
    this.init.remove(profile)
    return {profile, removed: slot ? [definitionPath(profile)] : [], kept: []}
  }

  supportsRuntimeRegistration(): boolean {
    return this.capabilities.runtimeRegistration
  }

  async registerProfileGateway(profile: string, options: {spec?: GatewaySpec} = {}): Promise<GatewayStatus> {
    if (!this.capabilities.runtimeRegistration) throw this.error('HSVC_UNSUPPORTED', 'memory has no register here')
    await this.answer()
    if (this.init.slots.has(profile)) throw this.error('HSVC_ALREADY_EXISTS', `${profile} is registered already`)
    if (!options.spec) throw this.error('HSVC_INVALID_SPEC', 'register: expected a resolved spec, got none')
    return this.define(options.spec, 'registered')
  }

  async unregisterProfileGateway(profile: string): Promise<void> {
    if (!this.capabilities.runtimeRegistration) throw this.error('HSVC_UNSUPPORTED', 'memory has no unregister here')
    await this.answer()
    if (this.init.slots.get(profile)?.definition.origin === 'installed') {
      throw this.error('HSVC_ALREADY_EXISTS', `${profile} is installed`, {hint: `gateway uninstall ${profile}`})
    }
    this.init.remove(profile)
  }

  async listProfileGateways(): Promise<string[]> {
    if (!this.capabilities.runtimeRegistration) return []
    await this.answer()
    const slots = [...this.init.slots.values()].filter(({definition}) => definition.origin === 'registered')
    return slots.map(({profile}) => profile).sort()
  }

  /** Sends one command to the init system by its tool. Sending is all: the guard observes what comes of it. */
  async tell(command: 'up' | 'down' | 'again', profile: string, signal?: AbortSignal): Promise<GatewayStatus> {
    await this.context.tools.run(MEMORY_TOOL, [command, profile], signal ? {signal} : {})
    return this.row(this.slot(profile))
  }

  define(spec: GatewaySpec, origin: 'installed' | 'registered'): GatewayStatus {
    const [entry] = this.plan(spec).entries
    const contents = new TextDecoder().decode(entry?.contents ?? new Uint8Array())
    this.init.stage(spec.profile, {origin, contents, specHash: hashSpec(spec)})
    return this.row(this.init.publish(spec.profile))
  }

  row(slot: MemorySlot): GatewayStatus {
    const {profile, definition, process, startedAt, nextStartAt, spec} = slot
    return {
      profile,
      backend: this.kind,
      scope: slot.scope,
      service: `memory-${profile}`,
      state: stateOf(slot),
      wanted: slot.wanted,
      autostart: this.capabilities.autostart && spec.autostart,
      pid: process?.pid ?? null,
      startedAt: startedAt?.toISOString() ?? null,
      uptimeSeconds: startedAt ? Math.floor((Date.now() - startedAt.getTime()) / 1000) : null,
      restarts: this.capabilities.restartCount ? slot.deaths : null,
      lastExit: slot.lastExit,
      nextStartAt: nextStartAt?.toISOString() ?? null,
      ready: null,
      health: null,
      port: spec.port,
      origin: definition.origin,
      definition: definitionPath(profile),
      drift: null,
      logs: {kind: this.capabilities.logs},
      specHash: definition.specHash,
    }
  }

  slot(profile: string): MemorySlot {
    const slot = this.init.slots.get(profile)
    if (!slot) throw this.error('HSVC_NOT_FOUND', `no gateway ${profile}`)
    return slot
  }

  error(code: ErrorCode, message: string, details?: ErrorDetails): Error {
    return this.context.error(code, message, {backend: this.kind, ...details})
  }

  /** Every question to an init system can stay without an answer; then the verb rejects, and nothing is guessed. */
  async answer(): Promise<void> {
    await Promise.resolve()
    if (!this.init.reachable) throw this.error('HSVC_BACKEND_UNAVAILABLE', 'the memory init system does not answer')
  }

  backUp(profile: string, contents: string): void {
    const directory = join(this.context.paths.gateways, profile, this.kind)
    mkdirSync(directory, {recursive: true, mode: 0o700})
    publishFile(join(directory, 'foreign.json'), contents)
  }

  async newLine(slot: MemorySlot, signal?: AbortSignal): Promise<void> {
    await new Promise<void>(resolve => {
      const wake = (): void => {
        slot.readers.delete(wake)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      slot.readers.add(wake)
      signal?.addEventListener('abort', wake)
    })
  }
}

/** The Backend over one simulated init system. */
export function memoryBackend(init: MemoryInit, capabilities: Capabilities): Backend {
  return defineBackend({
    contract: 1,
    kind: 'memory',
    capabilities,
    detect: () =>
      Promise.resolve({
        presence: init.reachable ? 'available' : 'unreachable',
        scope: 'user',
        evidence: [{fact: 'simulated init system', path: null, value: init.reachable ? 'answers' : 'silent'}],
        ...(init.reachable ? {} : {reason: 'it does not answer'}),
      }),
    create: context => new MemoryServiceManager(init, context, capabilities),
  })
}
