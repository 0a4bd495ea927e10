import type {VerifiedSentence} from '../output/verification-output.js'
import {toPrintable} from './printable.js'

const MARKS = {passed: '✓', failed: '✗', skipped: '-'} as const
const LONGEST_REASON = 300

/** One sentence of the contract and what became of it. */
export function sentenceLines({title, result, reason}: VerifiedSentence): string[] {
  const why = reason === null ? '' : toPrintable(reason).slice(0, LONGEST_REASON)
  if (result === 'skipped') return [`${MARKS[result]} ${title} (${why})`]
  return [`${MARKS[result]} ${title}`, ...(why === '' ? [] : [`  ${why}`])]
}

/** The last line of `backend verify`. */
export function verificationSummary(
  backend: string,
  counts: {readonly passed: number; readonly failed: number; readonly skipped: number},
  interrupted = false,
): string {
  const {passed, failed, skipped} = counts
  const tried = `${String(passed)} passed, ${String(failed)} failed`
  if (interrupted) return `${backend} was not tried to the end: ${tried}, ${String(skipped)} were not tried`
  return `${backend} ${failed === 0 ? 'keeps' : 'breaks'} the contract: ${tried}, ${String(skipped)} do not apply`
}
