import {accessSync, constants} from 'node:fs'
import type {Mac} from '../mac.js'
import {askFact, type Fact, type Finding} from './fact.js'
import {DECISION_FACTS} from './decision-facts.js'
import {ENDING_FACTS} from './ending-facts.js'
import {START_FACTS} from './start-facts.js'
import {STATE_FACTS} from './state-facts.js'

const DASH = '/bin/dash'

const MACHINE_FACTS: readonly Fact[] = [
  {
    question: `${DASH}, by which gateways are started`,
    expected: 'can be run',
    isReliedOn: true,
    ask() {
      accessSync(DASH, constants.X_OK)
      return Promise.resolve('can be run')
    },
  },
]

/** Everything that the backend or its documentation takes for granted of launchd. */
export const FACTS: readonly Fact[] = [
  ...MACHINE_FACTS,
  ...START_FACTS,
  ...STATE_FACTS,
  ...ENDING_FACTS,
  ...DECISION_FACTS,
]

/** Asks them all, so many at a time. In their order. */
export async function askAll(mac: Mac, atOnce: number): Promise<Finding[]> {
  const findings: Finding[] = []
  const open = FACTS.map((fact, index) => ({fact, index}))
  const next = async (): Promise<void> => {
    for (let each = open.shift(); each !== undefined; each = open.shift())
      findings[each.index] = await askFact(mac, each.fact)
  }
  await Promise.all(Array.from({length: atOnce}, next))
  return findings
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
