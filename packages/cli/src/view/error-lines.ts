import type {ErrorReport} from '../error-report.js'
import {lastExitText} from './gateway-text.js'
import {toPrintable} from './printable.js'

/** A failure for people: what, how it ended, the end of the log, what to do. */
export function errorLines(report: ErrorReport, verbose = false): string[] {
  const {message, hint, lastExit, logTail = [], remains = [], tool, code, exitCode} = report
  const lines = [`✗ ${toPrintable(message)}`]
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
  if (hint !== undefined) lines.push(`  hint: ${toPrintable(hint)}`)
  if (verbose) lines.push(`  code: ${code} (exit ${String(exitCode)})`)
  return lines
}
