import {readJson, writeJson} from './json-files.js'

/** The next so many times, or each time with this chance between 0 and 1, where wanted never twice in a row. */
export type Occurrence = number | {readonly chance: number; readonly neverTwice?: boolean}

/** What schtasks can be told to refuse. */
export type Verb = 'create' | 'delete' | 'query' | 'change' | 'run' | 'end'

/** What goes wrong on a fake Windows. */
export interface Faults {
  /** All chances are drawn from it. */
  readonly seed: number
  /** What a policy denies this account. */
  readonly denies: readonly Verb[]
  /** Whether schtasks waits until this is cleared; what a caller asked that gave up before is not done. */
  readonly hangs: boolean
  /** Each answer of schtasks is late by so much, after what was asked is done. */
  readonly latencyMs: number
  /** What /Run starts comes so much later. */
  readonly runDelayMs: number
  /** Calls of /Run that answer 0 and start nothing. */
  readonly droppedRuns: Occurrence
  /** Calls of schtasks that fail with a text nobody has seen before, and do nothing. */
  readonly spuriousErrors: Occurrence
}

/** A machine on which nothing goes wrong. */
export const NO_FAULTS: Faults = {
  seed: 1,
  denies: [],
  hangs: false,
  latencyMs: 0,
  runDelayMs: 0,
  droppedRuns: 0,
  spuriousErrors: 0,
}

type Counted = 'droppedRuns' | 'spuriousErrors'

interface FaultFile {
  readonly faults: Faults
  /** How often each was set, so that "the next three" may be said twice. */
  readonly times: Readonly<Partial<Record<keyof Faults, number>>>
}

interface UsedFile {
  readonly draws: number
  /** What a chance last gave. */
  readonly last: Partial<Record<Counted, boolean>>
  readonly used: Partial<Record<Counted, {readonly time: number; readonly count: number}>>
}

const EMPTY: FaultFile = {faults: NO_FAULTS, times: {}}

/** Changes some faults of the machine whose file this is; those left out stay. */
export function changeFaults(path: string, changes: Partial<Faults>): void {
  const {faults, times} = readJson(path, EMPTY)
  const counted = {...times}
  for (const key of Object.keys(changes) as (keyof Faults)[]) counted[key] = (times[key] ?? 0) + 1
  writeJson(path, {faults: {...faults, ...changes}, times: counted})
}

/** The faults now. */
export function readFaults(path: string): Faults {
  return readJson(path, EMPTY).faults
}

/** The number between 0 and 1 at a place of the sequence that a seed gives: Mulberry32, because Math.random() takes no seed. */
function random(seed: number, place: number): number {
  const state = (seed + Math.imul(place, 0x6d2b79f5)) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

/** Whether it happens this time. What was used up is noted in a file of its own, which only holders of the lock write. */
export function happens(paths: {readonly faults: string; readonly used: string}, fault: Counted): boolean {
  const {faults, times} = readJson(paths.faults, EMPTY)
  const occurrence = faults[fault]
  if (occurrence === 0) return false
  const {draws, last, used} = readJson<UsedFile>(paths.used, {draws: 0, last: {}, used: {}})
  if (typeof occurrence !== 'number') {
    const isOver = occurrence.neverTwice === true && last[fault] === true
    const isDrawn = !isOver && random(faults.seed, draws + 1) < occurrence.chance
    writeJson(paths.used, {draws: draws + 1, last: {...last, [fault]: isDrawn}, used})
    return isDrawn
  }
  const time = times[fault] ?? 0
  const count = used[fault]?.time === time ? used[fault].count : 0
  if (count >= occurrence) return false
  writeJson(paths.used, {draws, last, used: {...used, [fault]: {time, count: count + 1}}})
  return true
}
