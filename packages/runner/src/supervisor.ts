import type {Wanted} from '@hermes-svc/core'
import type {ControlReply, ControlVerb} from './control-socket.js'
import {type GatewayEnd, type GatewayProcess, spawnGateway} from './gateway-process.js'
import {newInvocation} from './invocation.js'
import {OutputPump} from './output-pump.js'
import {judgeDeath} from './restart-policy.js'
import {RotatingLog} from './rotating-log.js'
import type {Definition} from './runner-files.js'
import type {RunnerState} from './runner-state.js'

// setTimeout takes a longer delay for 1 ms.
const LONGEST_TIMER_MS = 2 ** 31 - 1
const DRAIN_MS = 1000
const LAST_LINES_MS = 100
const LAST_WORDS_MS = 2000

/** What the supervisor tells of itself; the host of it adds who and where it is. */
export type SupervisorReport = Omit<RunnerState, 'schemaVersion' | 'writtenBy' | 'runner' | 'socket'>

/** What the supervisor gets from outside. */
export interface SupervisorHost {
  /** Digits that name the directory, see directoryHash. */
  readonly digits: string
  readonly definition: Definition
  /** Reads the definition again; throws when it is broken. */
  readDefinition(): Definition
  /** The counters to go on from. */
  readonly previous: Pick<RunnerState, 'deaths' | 'lastExit'> | null
  publish(report: SupervisorReport): void
  /** Called once, when the gateway is down for good and nothing of it is left. */
  end(last: SupervisorReport): void
}

function join(reason: string, problem: string | null): string {
  return problem === null ? reason : `${reason}; ${problem}`
}

/** Keeps one gateway as wanted: start, back-off, stop. Every timer is monotonic. */
export class Supervisor {
  readonly #host: SupervisorHost
  readonly #log: RotatingLog
  readonly #pumps = new Set<OutputPump>()
  #definition: Definition
  #gateway: GatewayProcess | null = null
  #startedMs = 0
  #timer: NodeJS.Timeout | null = null
  /** What comes after the gateway has ended as asked; null: nobody asked. */
  #after: 'exit' | 'start' | null = null
  #ending = false
  #report: SupervisorReport

  constructor(host: SupervisorHost) {
    this.#host = host
    this.#definition = host.definition
    this.#log = this.#openLog()
    this.#report = {
      state: 'starting',
      wanted: 'up',
      gateway: null,
      startedAt: null,
      deaths: host.previous?.deaths ?? 0,
      failures: 0,
      lastExit: host.previous?.lastExit ?? null,
      nextStartAt: null,
      invocation: null,
      reason: null,
      labels: host.definition.spec.labels,
    }
  }

  /** Says that this runner is here, before anything is started. */
  announce(): void {
    this.#tell({})
  }

  /** The first start, and each later one; nothing happens when it has been started or is ending. */
  start(): void {
    if (this.#gateway !== null || this.#ending) return
    this.#setTimer(null)
    this.#log.aimAt(this.#definition.spec.logs)
    this.#after = null
    const invocation = newInvocation(this.#host.digits)
    const gateway = spawnGateway(this.#definition, invocation)
    this.#gateway = gateway
    this.#startedMs = performance.now()
    for (const stream of gateway.outputs) {
      const pump = new OutputPump(stream, this.#log)
      this.#pumps.add(pump)
      void pump.done.then(() => this.#pumps.delete(pump))
    }
    this.#tell({
      state: gateway.identity === null ? 'starting' : 'running',
      gateway: gateway.identity,
      startedAt: new Date().toISOString(),
      nextStartAt: null,
      invocation,
      reason: null,
      labels: this.#definition.spec.labels,
    })
    void gateway.ended.then(end => this.#clearUp(gateway, end))
  }

  /** Takes a request from the control socket. */
  request(verb: ControlVerb): ControlReply {
    if (this.#ending) return {ok: false, message: 'the runner is ending'}
    try {
      if (verb === 'stop') this.#end('exit', 'down')
      if (verb === 'reload') {
        this.#definition = this.#host.readDefinition()
        this.#tell({labels: this.#definition.spec.labels})
      }
      if (verb === 'restart') this.#restart()
      if (verb === 'start') {
        if (this.#report.state === 'running' && this.#gateway !== null) this.#tell({wanted: 'up'})
        else this.#restart()
      }
      return {ok: true}
    } catch (error) {
      return {ok: false, message: (error as Error).message}
    }
  }

  /** The machine shuts down, or somebody ended the runner: the gateway stops, what is wanted stays. */
  terminate(): void {
    this.#end('exit', this.#report.wanted)
  }

  /** Puts a line of the runner's own into the gateway's log. */
  note(text: string): void {
    this.#log.append([Buffer.from(`hermes-svc: ${text.replaceAll('\n', ' ')}\n`)])
  }

  #restart(): void {
    const definition = this.#host.readDefinition()
    const {stopTimeoutMs} = this.#definition.spec
    this.#definition = definition
    this.#tell({failures: 0})
    this.#end('start', 'up', stopTimeoutMs)
  }

  #end(after: 'exit' | 'start', wanted: Wanted, stopTimeoutMs = this.#definition.spec.stopTimeoutMs): void {
    if (this.#ending) return
    const before = this.#report.state
    const gateway = this.#gateway
    this.#after = after
    if (gateway === null) {
      // Backing off: nothing runs.
      this.#tell({wanted})
      this.#goOn()
      return
    }
    this.#tell({wanted, state: 'stopping'})
    if (before === 'stopping') return
    this.#setTimer(() => void this.#killTree(gateway), gateway.askToEnd() ? stopTimeoutMs : 0)
  }

  async #killTree(gateway: GatewayProcess): Promise<void> {
    const left = await gateway.killTree().catch((error: unknown) => {
      this.note(`cannot list processes: ${(error as Error).message}`)
      return []
    })
    if (left.length > 0) this.note(`these processes of the gateway would not die: ${left.join(', ')}`)
  }

  /** After the main process: the rest of its tree goes, its last lines come, and then follows what was decided. */
  async #clearUp(gateway: GatewayProcess, end: GatewayEnd): Promise<void> {
    const upMs = performance.now() - this.#startedMs
    const {deaths, failures} = this.#report
    const asked = this.#after !== null
    const verdict = judgeDeath({code: end.code, upMs, failures}, this.#definition.spec.restart)
    if (end.problem !== null) this.note(end.problem)
    // Whoever sees the death may look into the log next.
    await this.#drain(LAST_LINES_MS)
    this.#tell({
      gateway: null,
      lastExit: {code: end.code, signal: end.signal, at: new Date().toISOString()},
      reason: end.problem,
      deaths: asked ? deaths : deaths + 1,
      failures: asked ? failures : verdict.failures,
      state: this.#after === null && verdict.action === 'restart' ? 'backoff' : 'stopping',
    })
    await this.#killTree(gateway)
    await this.#drain(DRAIN_MS)
    this.#setTimer(null)
    this.#gateway = null
    // Asked for in the meantime, too: then the verdict does not matter.
    if (this.#after !== null) this.#goOn()
    else if (verdict.action === 'end')
      await this.#finish({state: verdict.state, parked: true, reason: join(verdict.reason, end.problem)})
    else this.#backOff(verdict.delayMs)
  }

  #backOff(delayMs: number): void {
    this.#setTimer(() => {
      this.start()
    }, delayMs)
    this.#tell({state: 'backoff', nextStartAt: new Date(Date.now() + delayMs).toISOString()})
  }

  #goOn(): void {
    if (this.#after === 'start') this.start()
    else void this.#finish({state: 'stopped', failures: 0, nextStartAt: null})
  }

  async #finish(last: Partial<SupervisorReport>): Promise<void> {
    this.#ending = true
    // The answer to the request that led here goes out first.
    await new Promise(resolve => setImmediate(resolve))
    this.#setTimer(null)
    for (const pump of this.#pumps) pump.cut()
    const started = performance.now()
    while (this.#log.blocked && performance.now() - started < LAST_WORDS_MS) {
      await new Promise(resolve => setTimeout(resolve, 100))
      this.#log.flush()
    }
    this.#log.close()
    this.#report = {...this.#report, nextStartAt: null, ...last}
    this.#host.end(this.#report)
  }

  /** Waits for the outputs to be closed, but not for long: a process that escaped may hold them. */
  async #drain(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>(resolve => (timer = setTimeout(resolve, timeoutMs)))
    await Promise.race([Promise.all([...this.#pumps].map(pump => pump.done)), patience])
    clearTimeout(timer)
  }

  #openLog(): RotatingLog {
    return new RotatingLog(this.#definition.spec.logs, problem => {
      if (problem === null) for (const pump of this.#pumps) pump.resume()
      this.#tell({reason: problem})
    })
  }

  #setTimer(action: (() => void) | null, delayMs = 0): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = action === null ? null : setTimeout(action, Math.min(delayMs, LONGEST_TIMER_MS))
  }

  #tell(news: Partial<SupervisorReport>): void {
    this.#report = {...this.#report, ...news}
    this.#host.publish(this.#report)
  }
}
