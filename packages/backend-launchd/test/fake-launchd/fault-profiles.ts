import type {FakeLaunchdOptions} from './settings.js'

/** The name of a kind of machine. */
export type FaultProfile = 'calm' | 'slow-teardown' | 'unlucky' | 'old-macos' | 'no-gui' | 'flaky'

/** Kinds of machines that a backend has to cope with; a seed of one's own goes into `faults`. */
export const FAULT_PROFILES: Readonly<Record<FaultProfile, FakeLaunchdOptions>> = {
  /** Everything works, at once. */
  calm: {},
  /** A label outlives its process for a while. */
  'slow-teardown': {faults: {teardownMs: 300}},
  /** Every answer is late, nothing takes the same time twice, and codes are those of the fewest systems. */
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
  /** What fails now may work the next time. */
  flaky: {faults: {spuriousBootstrapFailures: {chance: 0.3}, droppedSpawns: {chance: 0.3}}},
}
