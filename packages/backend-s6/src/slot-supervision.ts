import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {isDeepStrictEqual} from 'node:util'
import type {BackendContext, Writer} from '@hermes-svc/core'
import {findScandirProblems} from './scandir-problems.js'
import {notedPid, readStatus} from './slot-observation.js'
import {findStray, uidOf} from './stray-process.js'
import {type Listening, listening, superviseControl} from './control-fifo.js'
import type {S6Tools} from './s6-tools.js'
import {runPid, type SuperviseStatus} from './supervise-status.js'

const FIRST_POLL_MS = 2
const LONGEST_POLL_MS = 50
/** A scan takes milliseconds; 500 new services 2 s. */
const SUPERVISED_WITHIN_MS = 10_000
/** A scan that s6 abandoned is asked for again. */
const RESCAN_EVERY_MS = 1000
/** What ./finish takes when it has nothing to wait for, on a busy machine. */
const FINISHED_WITHIN_MS = 5000
/** What a supervisor takes to read its FIFO, on a busy machine. */
const HEEDED_WITHIN_MS = 5000
/** What ./run takes to note of which definition it is, on a busy machine. */
const NOTED_WITHIN_MS = 5000
/** What a process takes to end that KILL was sent to. */
const KILLED_WITHIN_MS = 5000
const GONE_WITHIN_MS = 10_000
/** What a supervisor gets to end by itself before it is told to. */
const PRUNE_GRACE_MS = 1000

/** The parent of a process and the parent's name; null where that cannot be read. */
function parentOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? ''
    return readFileSync(`/proc/${parent}/comm`, 'utf8').trim()
  } catch {
    return null
  }
}

/** s6-supervise makes each service the leader of a process group; what the leader left in it is killed. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // ESRCH: it left nobody.
  }
}

/** Waits for what s6 does with a slot: it answers nothing, and does everything a little later. */
export class SlotSupervision {
  readonly #context: BackendContext
  readonly #tools: S6Tools
  readonly #writer: Writer
  readonly #scandir: string

  constructor(context: BackendContext, tools: S6Tools, writer: Writer, scandir: string) {
    this.#context = context
    this.#tools = tools
    this.#writer = writer
    this.#scandir = scandir
  }

  /** Whether a supervisor reads the control FIFO of a service directory. */
  listening(directory: string): Listening {
    return this.#writer.run(() => listening(superviseControl(directory)))
  }

  /** Has s6-svscan look at its directory. Throws HSVC_NOT_SUPERVISED where nobody does. */
  scan(letters: string): void {
    if (this.#tools.scan(this.#scandir, letters)) return
    throw this.#context.error('HSVC_NOT_SUPERVISED', `expected s6-svscan to listen on ${this.#scandir}, got nobody`, {
      hint: 'start s6-svscan, or restart the container',
    })
  }

  /** Whether service and logger are supervised. */
  isSupervised(directory: string): boolean {
    const log = join(directory, 'log')
    const places = this.#writer.run(() => existsSync(log)) ? [directory, log] : [directory]
    return places.every(place => this.listening(place) === 'yes') && this.#status(directory) !== null
  }

  /** Waits until service and logger are supervised, which a rescan only begins. Rejects HSVC_NOT_SUPERVISED. */
  async untilSupervised(directory: string, signal?: AbortSignal): Promise<void> {
    if (this.isSupervised(directory)) return
    const started = this.#context.clock.monotonic()
    let scannedAt = -Infinity
    const supervised = await this.#until(SUPERVISED_WITHIN_MS, signal, () => {
      const now = this.#context.clock.monotonic()
      if (now - scannedAt >= RESCAN_EVERY_MS) {
        this.scan('a')
        scannedAt = now
      }
      return this.isSupervised(directory)
    })
    if (supervised) return
    const [problem] = this.#writer.run(() => findScandirProblems(this.#scandir))
    const waited = Math.round((this.#context.clock.monotonic() - started) / 1000)
    throw this.#context.error(
      'HSVC_NOT_SUPERVISED',
      `expected s6-svscan to take up ${directory}, got nothing in ${String(waited)} s${problem ? `: ${problem.message}` : ''}`,
      {hint: problem?.hint ?? 'hermes-svc doctor'},
    )
  }

  /** Has the supervisors of a hidden slot end, and waits for it. Rejects HSVC_TIMEOUT. */
  async untilUnsupervised(directory: string, signal?: AbortSignal): Promise<void> {
    const places = [directory, join(directory, 'log')]
    const isGone = (): boolean => places.every(place => this.listening(place) === 'no')
    if (isGone()) return
    // Without s6-svscan its supervisors can still be told themselves.
    this.#tools.scan(this.#scandir, 'an')
    if (await this.#until(PRUNE_GRACE_MS, signal, isGone)) return
    // A scan that s6 abandons prunes nothing. x: end when the service is down, and down it is told to go.
    this.#tools.command(directory, 'xd')
    this.#tools.command(join(directory, 'log'), 'x')
    if (await this.#until(PRUNE_GRACE_MS, signal, isGone)) return
    this.#tools.command(join(directory, 'log'), 'xd')
    if (await this.#until(GONE_WITHIN_MS, signal, isGone)) return
    throw this.#context.error('HSVC_TIMEOUT', `expected the supervisors of ${directory} to end, got no end`, {
      state: 'stopping',
      hint: 'hermes-svc doctor',
    })
  }

  /**
   * Removes a hidden slot, again and again while somebody writes into it: a supervisor that was just being started, or whose FIFO
   * somebody took away, shows itself in no other way. Rejects with what hinders it otherwise, or to the end.
   */
  async untilRemoved(remove: () => void, signal?: AbortSignal): Promise<void> {
    let isTold = false
    const isRemoved = (): boolean => {
      try {
        remove()
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
        if (!isTold) this.#tools.scan(this.#scandir, 'an')
        isTold = true
        return false
      }
    }
    if (!(await this.#until(GONE_WITHIN_MS, signal, isRemoved))) remove()
  }

  /**
   * Tells a supervisor what is wanted, and waits until it has taken note: on a busy machine its status says otherwise for a
   * while.
   */
  async want(directory: string, letters: string, isWantedUp: boolean, signal?: AbortSignal): Promise<void> {
    const before = this.#status(directory)
    this.#tools.command(directory, letters)
    // A gateway may have died and been parked already; that too is another status.
    await this.#until(HEEDED_WITHIN_MS, signal, () => {
      const now = this.#status(directory)
      return now?.isWantedUp === isWantedUp || !isDeepStrictEqual(now, before)
    })
  }

  /** Waits until what was just started has noted its definition: taken away before that, it would die of it. */
  async untilNoted(directory: string, signal?: AbortSignal): Promise<void> {
    await this.#until(NOTED_WITHIN_MS, signal, () => {
      const pid = runPid(this.#status(directory))
      return pid === null || this.#writer.run(() => notedPid(directory)) === pid
    })
  }

  /** Waits until ./run has this pid no more. false when it did not come to that in time. */
  async untilGone(directory: string, pid: number, withinMs: number, signal?: AbortSignal): Promise<boolean> {
    return await this.#until(withinMs, signal, () => runPid(this.#status(directory)) !== pid)
  }

  /** The same for a process that was told to end: KILL after its time, which s6 itself sends in stops only. */
  async endRun(directory: string, pid: number, withinMs: number, signal?: AbortSignal): Promise<void> {
    if (await this.untilGone(directory, pid, withinMs, signal)) return
    this.#tools.command(directory, 'k')
    await this.untilGone(directory, pid, KILLED_WITHIN_MS, signal)
  }

  /** Waits until what is on its way down is gone, and ./finish has ended by itself. */
  async untilFinished(directory: string, signal?: AbortSignal): Promise<void> {
    await this.#until(FINISHED_WITHIN_MS, signal, () => {
      const status = this.#status(directory)
      return status?.pid == null || (status.isWantedUp && !status.isFinishing)
    })
  }

  /**
   * Ends the sleep of ./finish, which s6-svc cannot. Anything else that has its pid by now is left alone, and any process
   * of another account than the gateway's, which may have written the status itself. `only`: this one, and not that of a
   * gateway that was started meanwhile and died at once, whose delay is to be kept.
   */
  async interruptFinish(directory: string, uid: number, signal?: AbortSignal, only?: number): Promise<void> {
    await this.#until(GONE_WITHIN_MS, signal, () => {
      const status = this.#status(directory)
      if (status?.isFinishing !== true || status.pid === null) return true
      if (only !== undefined && status.pid !== only) return true
      const parent = parentOf(status.pid)
      const isFinish = parent === null || parent === 's6-supervise'
      try {
        // While it is still root's it has not become its account yet, and is asked again.
        if (isFinish && uidOf(status.pid) === uid) process.kill(status.pid, 'SIGTERM')
      } catch {
        // ESRCH: it has just ended.
      }
      return false
    })
  }

  /**
   * Ends a process that outlived its supervisor. The status that names it may have been written by its account, so no
   * other account's process is touched. Rejects HSVC_TIMEOUT.
   */
  async endStray(directory: string, uid: number, withinMs: number, signal?: AbortSignal): Promise<void> {
    const find = (): number | null => this.#writer.run(() => findStray(readStatus(directory)))
    const pid = find()
    if (pid === null) return
    if (uidOf(pid) === uid) {
      const isGone = (): boolean => find() === null
      for (const [name, patienceMs] of [
        ['SIGTERM', withinMs],
        ['SIGKILL', GONE_WITHIN_MS],
      ] as const) {
        process.kill(pid, name)
        if (!(await this.#until(patienceMs, signal, isGone))) continue
        endGroup(pid)
        return
      }
    }
    throw this.#context.error('HSVC_TIMEOUT', `process ${String(pid)} of ${directory} outlived its supervisor`, {
      state: 'unknown',
      hint: `see what it is, and end it: kill ${String(pid)}`,
    })
  }

  #status(directory: string): SuperviseStatus | null {
    return this.#writer.run(() => readStatus(directory))
  }

  async #until(withinMs: number, signal: AbortSignal | undefined, probe: () => boolean): Promise<boolean> {
    const {clock} = this.#context
    const deadline = clock.monotonic() + withinMs
    for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_POLL_MS)) {
      if (probe()) return true
      if (clock.monotonic() > deadline) return false
      await clock.sleep(pauseMs, signal)
    }
  }
}
