import {homedir} from 'node:os'
import type {ErrorReport} from '../error-report.js'
import {lastExitText} from './gateway-text.js'
import {toPrintable} from './printable.js'

const COMMAND = /^(?:sudo|hermes|hermes-svc) /

/** Paths below the home with a tilde, but for values that are assigned: shells leave one there as it is. */
function abbreviate(text: string, home: string): string {
  return text.replaceAll(`${home}/`, (path, at: number) => (text[at - 1] === '=' ? path : '~/'))
}

/** What to do, as a sentence. */
function advice(hint: string): string {
  return COMMAND.test(hint) ? `Try: ${hint}` : hint.slice(0, 1).toUpperCase() + hint.slice(1)
}

/** A failure for people: what and what to do in one line; where there is more to say, how it ended and the end of the log between them. */
export function errorLines(report: ErrorReport, verbose = false, home = homedir()): string[] {
  const {message, hint, lastExit, logTail = [], remains = [], tool, code, exitCode} = report
  const shown = (text: string): string => toPrintable(abbreviate(text, home))
  const lines = [`✗ ${shown(message)}`]
  if (lastExit) lines.push(`  last exit: ${lastExitText(lastExit)}`)
  if (logTail.length > 0) lines.push('  last log lines:', ...logTail.map(line => `    ${toPrintable(line)}`))
  if (remains.length > 0) lines.push('  left behind:', ...remains.map(line => `    ${toPrintable(line)}`))
  const stderr = tool?.stderr.trim() ?? ''
  if (stderr !== '')
    lines.push(
      ...stderr
        .split('\n')
        .slice(0, 10)
        .map(line => `    ${toPrintable(line)}`),
    )
  if (hint !== undefined) {
    if (lines.length > 1) lines.push(`  ${shown(advice(hint))}`)
    else lines[0] = `✗ ${shown(message)}${/[.?!]$/.test(message) ? '' : '.'} ${shown(advice(hint))}`
  }
  if (verbose) lines.push(`  code: ${code} (exit ${String(exitCode)})`)
  return lines
}
