import type {GatewaySpec, LastExit, LogLine, Scope, Wanted} from '@hermes-svc/core'
import type {MemoryMachine, MemoryProcess} from './memory-machine.js'

/** A definition as the simulated init system keeps it: the bytes it was given, and who gave them. */
export interface MemoryDefinition {
  readonly origin: 'installed' | 'registered' | 'foreign'
  /** JSON of a spec. */
  readonly contents: string
  readonly specHash: string
}

const LINES_KEPT = 1000

/** One gateway in the simulated init system. */
export class MemorySlot {
  readonly profile: string
  definition: MemoryDefinition
  wanted: Wanted = 'down'
  process: MemoryProcess | null = null
  startedAt: Date | null = null
  stopping = false
  parked = false
  deaths = 0
  failuresInARow = 0
  lastExit: LastExit | null = null
  nextStartAt: Date | null = null
  readonly lines: LogLine[] = []
  readonly readers = new Set<() => void>()
  /** A gateway that ends with one of these asks to be started again: EX_TEMPFAIL of sysexits(3). */
  restartCodes: readonly number[] = [75]
  readonly #machine: MemoryMachine
  #timer: NodeJS.Timeout | undefined
  #afterExit: 'policy' | 'start' = 'policy'

  constructor(profile: string, definition: MemoryDefinition, machine: MemoryMachine) {
    this.profile = profile
    this.definition = definition
    this.#machine = machine
  }

  get spec(): GatewaySpec {
    return JSON.parse(this.definition.contents) as GatewaySpec
  }

  get scope(): Scope {
    return this.spec.scope
  }

  up(): void {
    this.wanted = 'up'
    this.parked = false
    if (this.process) return
    this.failuresInARow = 0
    this.#spawn()
  }

  down(): void {
    this.wanted = 'down'
    this.cancelTimer()
    this.#afterExit = 'policy'
    this.#terminate()
  }

  again(): void {
    if (!this.process) {
      this.up()
      return
    }
    this.wanted = 'up'
    this.#afterExit = 'start'
    this.#terminate()
  }

  /** The end of the machine: nobody is asked, nothing is recorded. */
  vanish(): void {
    this.cancelTimer()
    const child = this.process
    this.process = null
    child?.end(null, 'SIGKILL')
  }

  cancelTimer(): void {
    clearTimeout(this.#timer)
    this.nextStartAt = null
  }

  print(text: string): void {
    this.lines.push({profile: this.profile, at: new Date().toISOString(), text})
    if (this.lines.length > LINES_KEPT) this.lines.shift()
    for (const wake of this.readers) wake()
  }

  #spawn(): void {
    this.cancelTimer()
    const {argv, env, cwd} = this.spec
    this.startedAt = new Date()
    const child = this.#machine.spawn(argv, env, cwd, {
      onLine: text => {
        this.print(text)
      },
      onExit: (code, signal) => {
        if (this.process === child) this.#ended(code, signal)
      },
    })
    this.process = child
  }

  #terminate(): void {
    const child = this.process
    if (!child) return
    this.stopping = true
    child.signal('SIGTERM')
    this.#later(this.spec.stopTimeoutMs, () => {
      child.signal('SIGKILL')
    })
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    const {delayMs, maxDelayMs, windowMs, giveUpAfter, fatalExitCodes, cleanExitCodes} = this.spec.restart
    const livedMs = Date.now() - (this.startedAt?.getTime() ?? 0)
    const asked = this.stopping
    this.cancelTimer()
    this.process = null
    this.startedAt = null
    this.stopping = false
    this.lastExit = {code, signal, at: new Date().toISOString()}
    if (this.#afterExit === 'start') {
      this.#afterExit = 'policy'
      this.#spawn()
      return
    }
    if (asked || this.wanted === 'down') return
    this.deaths += 1
    this.failuresInARow = livedMs >= windowMs ? 1 : this.failuresInARow + 1
    if (code !== null && !this.restartCodes.includes(code)) {
      this.parked = fatalExitCodes.includes(code)
      if (this.parked || cleanExitCodes.includes(code)) return
    }
    if (giveUpAfter !== null && this.failuresInARow >= giveUpAfter) {
      this.parked = true
      return
    }
    const waitMs = Math.min(delayMs * 2 ** (this.failuresInARow - 1), maxDelayMs)
    this.nextStartAt = new Date(Date.now() + waitMs)
    this.#later(waitMs, () => {
      this.#spawn()
    })
  }

  #later(delayMs: number, action: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(action, Math.min(delayMs, 2 ** 31 - 1))
    // A suite that has ended must not be kept alive by a gateway that waits.
    this.#timer.unref()
  }
}

/** The simulated init system: it holds definitions, keeps gateways up by their policy, and survives a reboot. */
export class MemoryInit {
  readonly machine: MemoryMachine
  readonly slots = new Map<string, MemorySlot>()
  /** Definitions that are written but not visible yet, by profile. */
  readonly staged = new Map<string, MemoryDefinition>()
  /** false: nobody answers. */
  reachable = true
  /** Whether gateways come back after a reboot. */
  startsAtBoot = true
  /** How many more steps whoever writes a definition lives for. */
  stepsLeft = Infinity

  constructor(machine: MemoryMachine) {
    this.machine = machine
  }

  stage(profile: string, definition: MemoryDefinition): void {
    this.step()
    this.staged.set(profile, definition)
  }

  /** Makes a staged definition visible, in one step; what runs goes on as it was started. */
  publish(profile: string): MemorySlot {
    const definition = this.staged.get(profile)
    if (!definition) throw new Error(`nothing is staged for ${profile}`)
    this.step()
    this.staged.delete(profile)
    const slot = this.slots.get(profile) ?? new MemorySlot(profile, definition, this.machine)
    slot.definition = definition
    this.slots.set(profile, slot)
    return slot
  }

  remove(profile: string): void {
    this.slots.get(profile)?.vanish()
    this.slots.delete(profile)
  }

  /** Ends every process, forgets what was only registered, and starts what should be up. */
  reboot(): void {
    for (const slot of this.slots.values()) {
      slot.vanish()
      if (slot.definition.origin === 'registered') this.slots.delete(slot.profile)
      else this.boot(slot)
    }
  }

  /** One instruction of whoever writes a definition, and perhaps its last. */
  step(): void {
    if (this.stepsLeft <= 0) throw new Error('killed')
    this.stepsLeft -= 1
  }

  boot(slot: MemorySlot): void {
    if (this.startsAtBoot && slot.wanted === 'up' && slot.spec.autostart) slot.up()
  }
}
