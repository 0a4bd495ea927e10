import type {FakeLaunchdOptions} from './settings.js'

/** Kinds of machines that a backend has to cope with; a seed of one's own goes into `faults`. */
export const FAULT_PROFILES = {
  /** Everything works, at once. */
  calm: {},
  /** A label outlives its process for a while, and the answer tells that it was too early. */
  'slow-teardown': {faults: {teardownMs: 300, bootstrapBusyCode: 5}},
  /** Nothing is ever done when it is answered, and nothing takes the same time twice. */
  unlucky: {
    faults: {
      teardownMs: {min: 0, max: 300},
      latencyMs: {min: 0, max: 40},
      bootstrapBusyCode: 37,
      kickstartInTeardown: 113,
      kickstartRunningCode: 37,
    },
  },
  /** Formats and codes up to Mojave. */
  'old-macos': {macos: 'old', faults: {teardownMs: 50}},
  /** Somebody came in by ssh only. */
  'no-gui': {domains: ['user'], session: 'Background', faults: {missingDomainCode: 125}},
  /** What fails now works the next time. */
  flaky: {faults: {spuriousBootstrapFailures: {chance: 0.3}, droppedSpawns: {chance: 0.3}}},
} as const satisfies Record<string, FakeLaunchdOptions>

/** The name of a profile. */
export type FaultProfile = keyof typeof FAULT_PROFILES
