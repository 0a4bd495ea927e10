import type {VerificationOutput, VerifiedSentence} from '../output/verification-output.js'
import {durationText} from './duration-text.js'
import {toPrintable} from './printable.js'

const MARKS = {passed: '✓', failed: '✗', skipped: '-'} as const
const MOST_LINES = 20

/** One sentence of the contract and what became of it, under its chapter where that is another than `before`. */
export function sentenceLines({group, title, result, reason}: VerifiedSentence, before: string | null): string[] {
  const why = result === 'skipped' && reason !== null ? ` (${toPrintable(reason)})` : ''
  return [...(group === before ? [] : [group]), `  ${MARKS[result]} ${title}${why}`]
}

function failureLines({group, title, reason}: VerifiedSentence): string[] {
  const lines = (reason ?? '').split('\n').map(line => `    ${toPrintable(line)}`.trimEnd())
  const shown = lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), '    …'] : lines
  return [`${MARKS.failed} ${group}: ${title}`, ...shown.filter(line => line !== '')]
}

function verdict({backend, failed, interrupted}: VerificationOutput, only: string | undefined): string {
  if (interrupted) return `${backend} was not tried to the end`
  if (failed > 0) return `${backend} breaks the contract`
  return only === undefined ? `${backend} keeps the contract` : `${backend} keeps what was tried of the contract`
}

/** The end of the report: each failure with what was expected and got, and the verdict. */
export function verificationSummary(output: VerificationOutput, only?: string): string[] {
  const {tests, passed, failed, skipped, durationMs} = output
  const failures = tests.filter(({result}) => result === 'failed').flatMap(failureLines)
  const counts = `${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} not tried`
  return [
    '',
    ...(failures.length === 0 ? [] : [...failures, '']),
    `${verdict(output, only)}: ${counts}, in ${durationText(durationMs / 1000)}`,
  ]
}
