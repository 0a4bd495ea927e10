import {conformance, type ConformanceOptions, type ConformanceReport} from '@hermes-svc/core/conformance'

/** What became of a suite: the report, the titles that ran, and those that failed with their reason. */
export interface SuiteOutcome extends ConformanceReport {
  readonly ran: readonly string[]
  readonly failed: ReadonlyMap<string, string>
}

/** A test runner in ten lines, to show that the suite needs no particular one. */
export async function runSuite(options: Omit<ConformanceOptions, 'test'>): Promise<SuiteOutcome> {
  const tests: {title: string; run: () => Promise<void>}[] = []
  const {entries} = conformance({...options, test: (title, run) => tests.push({title, run})})
  const failed = new Map<string, string>()
  for (const {title, run} of tests) {
    await run().catch((error: unknown) => failed.set(title, (error as Error).message))
  }
  return {entries, ran: tests.map(({title}) => title), failed}
}
