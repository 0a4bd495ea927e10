import type {FakeWindowsOptions} from './settings.js'

/** The name of a kind of machine. */
export type FaultProfile =
  | 'calm'
  | 'old-windows'
  | 'japanese'
  | 'made-up-language'
  | 'no-vbscript'
  | 'denied'
  | 'missing'
  | 'dropping'
  | 'late'
  | 'flaky'
  | 'hanging'

/** Kinds of machines that a backend has to cope with; a seed of one's own goes into `faults`. */
export const FAULT_PROFILES: Readonly<Record<FaultProfile, FakeWindowsOptions>> = {
  /** Everything works, at once. */
  calm: {},
  /** No /HRESULT, and a language in which nothing can be read by its words. */
  'old-windows': {windows: 'old', language: 'ru'},
  /** Output of two bytes for a character. */
  japanese: {language: 'ja'},
  /** Words that are in no list. */
  'made-up-language': {windows: 'old', language: 'made-up'},
  /** As Windows is to be in a few years. */
  'no-vbscript': {vbscript: false},
  /** A policy lets nobody but administrators make tasks. */
  denied: {windows: 'old', language: 'de', faults: {denies: ['create', 'delete', 'change', 'run', 'end']}},
  /** There is no schtasks. */
  missing: {missing: ['schtasks']},
  /** What is asked for with /Run may not come. */
  dropping: {faults: {droppedRuns: {chance: 0.5}}},
  /** Answers are late, and what /Run starts comes after its answer. */
  late: {faults: {latencyMs: 150, runDelayMs: 400}},
  /** What fails now works when it is asked again at once. */
  flaky: {faults: {spuriousErrors: {chance: 0.2, neverTwice: true}, droppedRuns: {chance: 0.2}}},
  /** schtasks never answers, so each call lasts as long as its caller waits. */
  hanging: {faults: {hangs: true}},
}
