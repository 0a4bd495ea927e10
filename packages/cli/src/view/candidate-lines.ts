import type {Capabilities} from '@hermes-svc/core'
import type {CandidateRow} from '../output/candidates-output.js'
import {toPrintable} from './printable.js'
import type {Paint} from './style.js'
import {tableLines} from './table.js'

const HEADINGS = ['KIND', 'VERSION', 'PRIORITY', 'PRESENCE', 'CAN']

function abilities(capabilities: Capabilities | null): string {
  if (capabilities === null) return '-'
  const {scopes, autostart, runtimeRegistration, runAsUser, follow} = capabilities
  const can = [
    scopes.join('/'),
    autostart && 'autostart',
    runtimeRegistration && 'register',
    runAsUser && 'run as user',
    follow && 'follow logs',
  ]
  return can.filter(Boolean).join(', ')
}

/** The table of `backend list`; the chosen one is marked. */
export function candidateTable(
  chosen: string | null,
  rows: readonly CandidateRow[],
  paint: Paint,
  width = 80,
): string[] {
  if (rows.length === 0) return ['no backend is installed for this platform']
  const cells = rows.map(({kind, version, priority, presence, capabilities, fallback}) => [
    kind === chosen ? `${kind} *` : kind,
    version,
    fallback ? 'fallback' : String(priority),
    {text: presence, paint: (text: string) => (presence === 'available' ? paint('green', text) : text)},
    abilities(capabilities ?? null),
  ])
  return [...tableLines(HEADINGS, cells, width), '', chosen === null ? 'none is chosen' : `* chosen`]
}

/** The evidence of `backend detect`: for each candidate in the order tried, what was looked at and what was found. */
export function evidenceLines(chosen: string | null, rows: readonly CandidateRow[], paint: Paint): string[] {
  const lines = rows.flatMap(({kind, presence, reason, hint, evidence, package: name, version}) => [
    `${paint('bold', kind)}: ${presence}${kind === chosen ? ' (chosen)' : ''}`,
    `  from ${name} ${version}`,
    ...(reason === null ? [] : [`  because ${toPrintable(reason)}`]),
    ...(hint === null ? [] : [`  hint: ${toPrintable(hint)}`]),
    ...evidence.map(({fact, path, value}) => {
      const where = path === null ? '' : ` (${path})`
      return `  - ${toPrintable(`${fact}: ${value}${where}`)}`
    }),
  ])
  return chosen === null ? [...lines, 'no backend is chosen'] : lines
}
