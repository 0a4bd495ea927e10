import {readJson, writeJson} from './state-files.js'

/** A fixed number, or one drawn anew each time. */
export type Span = number | {readonly min: number; readonly max: number}

/** The next so many times, or each time with this chance between 0 and 1. */
export type Occurrence = number | {readonly chance: number}

/** What goes wrong on a fake Mac, or differs between real ones. */
export interface Faults {
  /** All chances and spans are drawn from it. */
  readonly seed: number
  /** Each answer is late by so much. */
  readonly latencyMs: Span
  /** A label stays for so long after its process was gone by a bootout. */
  readonly teardownMs: Span
  /** What bootstrap answers for a label that is loaded or being torn down. */
  readonly bootstrapBusyCode: 5 | 37
  /** Bootstraps that fail with 5 although nothing is loaded. */
  readonly spuriousBootstrapFailures: Occurrence
  /** Bootstraps that load the job and never spawn it: "pended nondemand spawn". Only kickstart revives it. */
  readonly droppedSpawns: Occurrence
  /** Prints that end with 1 and garbage. */
  readonly printFailures: Occurrence
  readonly kickstartInTeardown: 37 | 113
  /** What kickstart without -k answers for a job that runs. */
  readonly kickstartRunningCode: 0 | 37
  /** Whether kickstart without -k waits for ThrottleInterval too; with -k it always does. */
  readonly kickstartHonoursThrottle: boolean
  /** Whether kickstart answers only once the job was spawned. */
  readonly kickstartBlocks: boolean
  /** Whether bootout answers 36 while the process is still dying on a new system too. */
  readonly bootoutCode36: boolean
  /** Seconds of a job without ExitTimeOut: 20 by launchd.plist(5), 5 as seen of agents. */
  readonly exitTimeOut: number
  /** For so long after its start a process is still launchd's own xpcproxy, in milliseconds. */
  readonly xpcproxyMs: number
  /** Whether launchctl waits for an answer until this is cleared; what a caller asked that gave up before is not done. */
  readonly hang: boolean
  /** What print answers for a domain that does not exist. */
  readonly missingDomainCode: 112 | 125
  /** Labels that were switched off in Login Items. */
  readonly loginItemsOff: readonly string[]
  /** Labels that list leaves out. */
  readonly listHides: readonly string[]
  /** Whether a definition that only its owner can read is refused. */
  readonly refusesPrivatePlists: boolean
}

/** A machine on which nothing goes wrong. */
export const NO_FAULTS: Faults = {
  seed: 1,
  latencyMs: 0,
  teardownMs: 0,
  bootstrapBusyCode: 5,
  spuriousBootstrapFailures: 0,
  droppedSpawns: 0,
  printFailures: 0,
  kickstartInTeardown: 37,
  kickstartRunningCode: 0,
  kickstartHonoursThrottle: false,
  kickstartBlocks: false,
  bootoutCode36: false,
  exitTimeOut: 20,
  xpcproxyMs: 0,
  hang: false,
  missingDomainCode: 112,
  loginItemsOff: [],
  listHides: [],
  refusesPrivatePlists: false,
}

type Times = Partial<Record<keyof Faults, number>>

interface FaultFile {
  readonly faults: Faults
  /** How often each fault was set, so that "the next three" may be said twice. */
  readonly times: Times
}

const EMPTY: FaultFile = {faults: NO_FAULTS, times: {}}

/** Changes some faults of the machine whose file this is; those left out stay. */
export function changeFaults(path: string, changes: Partial<Faults>): void {
  const {faults, times} = readJson(path, EMPTY)
  const counted: Times = {}
  for (const key of Object.keys(changes) as (keyof Faults)[]) counted[key] = (times[key] ?? 0) + 1
  writeJson(path, {faults: {...faults, ...changes}, times: {...times, ...counted}})
}

type Counted = 'spuriousBootstrapFailures' | 'droppedSpawns' | 'printFailures'

/** The faults of a running machine, read again for every question, with what chance and counting need. */
export class FaultSource {
  readonly #path: string
  readonly #used = new Map<Counted, {time: number; count: number}>()
  #seed: number | null = null
  #state = 0

  constructor(path: string) {
    this.#path = path
  }

  get now(): Faults {
    return readJson(this.#path, EMPTY).faults
  }

  /** Whether it happens this time; counts down where a number was set. */
  happens(fault: Counted): boolean {
    const {faults, times} = readJson(this.#path, EMPTY)
    const occurrence = faults[fault]
    if (typeof occurrence !== 'number') return this.#random() < occurrence.chance
    const time = times[fault] ?? 0
    const last = this.#used.get(fault)
    const count = last?.time === time ? last.count : 0
    if (count >= occurrence) return false
    this.#used.set(fault, {time, count: count + 1})
    return true
  }

  /** A length of time for this once, in milliseconds. */
  drawMs(fault: 'latencyMs' | 'teardownMs'): number {
    const span = this.now[fault]
    return typeof span === 'number' ? span : span.min + this.#random() * (span.max - span.min)
  }

  /** Mulberry32, because Math.random() takes no seed. */
  #random(): number {
    const {seed} = this.now
    if (this.#seed !== seed) this.#state = this.#seed = seed
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
