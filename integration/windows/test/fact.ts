import {ProbeTask, type ProbeOptions} from './probe-task.js'
import type {RealWindows} from './real-windows.js'

/** What Windows does, as its documentation and other people's reports have it, and how to see what it does here. */
export interface Fact {
  readonly question: string
  /** What our documentation says. */
  readonly expected: string
  /** What else is as good. Default: nothing. */
  readonly accepts?: RegExp
  /** Whether the backend does not work where it is otherwise. */
  readonly isReliedOn: boolean
  /** Why it cannot be asked here; null when it can. Default: always null. */
  readonly exempt?: (windows: RealWindows) => string | null
  readonly ask: (asker: Asker) => Promise<string>
}

/** Makes the tasks that one fact needs, and takes them away again. */
export class Asker {
  readonly windows: RealWindows
  readonly #probes: ProbeTask[] = []

  constructor(windows: RealWindows) {
    this.windows = windows
  }

  /** A task that is not registered yet. */
  probe(options: ProbeOptions = {}): ProbeTask {
    const probe = new ProbeTask(this.windows, options)
    this.#probes.push(probe)
    return probe
  }

  async removeAll(): Promise<void> {
    for (const probe of this.#probes) await probe.remove()
  }
}

/** What became of a fact. */
export interface Finding {
  readonly fact: Fact
  /** What was seen, or why it was not. */
  readonly got: string
  readonly verdict: 'as expected' | 'otherwise' | 'FAILS' | 'not asked'
}

function judge({expected, accepts, isReliedOn}: Fact, got: string): Finding['verdict'] {
  if (got === expected || accepts?.test(got) === true) return 'as expected'
  return isReliedOn ? 'FAILS' : 'otherwise'
}

/** Asks one question. What goes wrong on the way counts as an answer. */
export async function askFact(windows: RealWindows, fact: Fact): Promise<Finding> {
  const reason = fact.exempt?.(windows) ?? null
  if (reason !== null) return {fact, got: reason, verdict: 'not asked'}
  const asker = new Asker(windows)
  let got: string
  try {
    got = await fact.ask(asker)
  } catch (error) {
    got = `error: ${(error as Error).message}`
  }
  try {
    await asker.removeAll()
  } catch (error) {
    got += `; clean-up: ${(error as Error).message}`
  }
  return {fact, got, verdict: judge(fact, got)}
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
}

/** The answers as a table in Markdown. Pure. */
export function renderFindings(findings: readonly Finding[]): string {
  const rows = findings.map(({fact, got, verdict}) =>
    [fact.question, fact.expected, got, fact.isReliedOn ? 'yes' : 'no', verdict].map(cell).join(' | '),
  )
  const head = ['question', 'expected', 'got', 'relied on', 'verdict']
  return [head.join(' | '), head.map(() => '---').join(' | '), ...rows].map(row => `| ${row} |\n`).join('')
}
