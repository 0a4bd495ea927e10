import type {Finding} from '../output/doctor-output.js'
import {toPrintable} from './printable.js'

const MARKS = {error: '✗', warning: '!', ok: '✓'} as const

/** The report of `doctor`: each finding, and what to do about it. */
export function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap(({severity, message, hint}) => [
    `${MARKS[severity]} ${toPrintable(message)}`,
    ...(hint === null ? [] : [`  hint: ${toPrintable(hint)}`]),
  ])
}
