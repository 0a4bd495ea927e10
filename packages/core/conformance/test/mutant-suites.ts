import {existsSync} from 'node:fs'
import {CLEAN_UP_TITLE} from '@hermes-svc/core/conformance'
import type {ExecutionContext, TestFn} from 'ava'
import {MUTANTS, type Mutant, subjectOf} from './mutants.js'
import {runSuite} from './run-suite.js'

// Dozens of suites flush thousands of records. On a busy disk each of those can stop all of them for seconds.
const MEMORY_DISK = '/dev/shm'
if (existsSync(MEMORY_DISK)) process.env['TMPDIR'] = MEMORY_DISK

/** So many suites at once: they mostly wait, but each wait has to end in time. */
const AT_ONCE = 14
/** Rounds of the lifecycle; the fault that tires out does so before the last one. */
const ROUNDS = 4

async function assertCaught(t: ExecutionContext, mutant: Mutant): Promise<void> {
  const {entries, failed} = await runSuite({...subjectOf(mutant), repeat: ROUNDS})
  const groupOf = new Map(entries.map(({title, group}) => [title, group]))
  const chapters = new Set(mutant.breaks.map(title => groupOf.get(title)))
  for (const title of mutant.breaks) t.true(failed.has(title), `expected a failure of: ${title}`)
  for (const [title, reason] of failed) {
    // A backend that is broken enough cannot be cleaned up after; that is not what it is here for.
    if (title === CLEAN_UP_TITLE) continue
    t.true(chapters.has(groupOf.get(title)), `expected no failure outside ${[...chapters].join()}: ${title}: ${reason}`)
  }
}

/** Declares a test for each mutant of one share of the table, so that test files can run side by side. */
export function testMutants(test: TestFn, share: number, shares: number): void {
  const slots = Array.from({length: AT_ONCE}, () => Promise.resolve())
  for (const [index, mutant] of MUTANTS.filter((_mutant, row) => row % shares === share).entries()) {
    test(`the suite catches ${mutant.fault}, and blames no other chapter`, async t => {
      t.timeout(900_000)
      const turn = index % AT_ONCE
      const mine = (slots[turn] ?? Promise.resolve()).then(() => assertCaught(t, mutant))
      slots[turn] = mine.catch(() => undefined)
      await mine
    })
  }
}
