import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import test, {type ExecutionContext} from 'ava'
import {collectRun} from '../../testing/dist/program-run.js'
import {askFact, type Finding, renderFindings} from './fact.js'
import {MACHINE_FACTS} from './machine-facts.js'
import {openWindows, type RealWindows, whyNoWindows} from './real-windows.js'
import {noteInReport} from './report.js'
import {SCENARIOS} from './scenarios.js'
import {Site} from './site.js'
import {HEARTBEAT_FACT, TASK_FACTS} from './task-facts.js'
import {lookAround, sweep} from './throw-away.js'

const LONGEST_MS = 3_600_000
const BIN = fileURLToPath(new URL('../../../packages/cli/bin/run.cjs', import.meta.url))

const reason = whyNoWindows()
const windows = reason === '' ? await openWindows() : null
if (windows !== null) await sweep(windows)
const before = windows === null ? null : await lookAround(windows)

/** A test on the Windows of this machine, or a skip. */
function onWindows(title: string, run: (t: ExecutionContext, real: RealWindows) => Promise<void>): void {
  if (windows === null) {
    test.skip(`${title} (skipped: ${reason})`, () => undefined)
    return
  }
  test.serial(title, async t => {
    t.timeout(LONGEST_MS)
    await run(t, windows)
  })
}

onWindows('Windows does what the backend relies on', async (t, real) => {
  noteInReport('machine', `- ${real.isElevated ? 'with' : 'without'} administrator rights`)
  const findings: Finding[] = []
  for (const fact of [...MACHINE_FACTS, ...TASK_FACTS, HEARTBEAT_FACT]) findings.push(await askFact(real, fact))
  const table = renderFindings(findings)
  t.log(table)
  noteInReport('facts', table)
  const failing = findings.filter(({verdict}) => verdict === 'FAILS')
  t.deepEqual(
    failing.map(({fact, got}) => `${fact.question}: expected ${fact.expected}, got ${got}`),
    [],
  )
})

for (const {title, configuration, play} of SCENARIOS) {
  onWindows(title, async (t, real) => {
    const site = new Site(real, configuration)
    try {
      await t.notThrowsAsync(() => play(site))
    } finally {
      await site.remove()
    }
  })
}

interface Verification {
  readonly passed: number
  readonly tests: readonly {readonly title: string; readonly result: string; readonly reason: string | null}[]
}

onWindows('the backend keeps every sentence of the contract that binds it', async t => {
  const args = [BIN, 'backend', 'verify', 'windows', '--json']
  const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'pipe']})
  const {code, stdout, stderr} = await collectRun(child, '', LONGEST_MS)
  const {passed, tests} = JSON.parse(stdout) as Verification
  noteInReport('figures', `- sentences of the contract that were kept: ${String(passed)} of ${String(tests.length)}`)
  t.deepEqual(
    tests.filter(({result}) => result === 'failed'),
    [],
  )
  t.true(passed > 0)
  t.is(code, 0, stderr)
})

onWindows('tasks and entries of Hermes are as they were', async (t, real) => {
  t.deepEqual(await sweep(real), [], 'expected nothing to be left')
  t.deepEqual(await lookAround(real), before)
})
