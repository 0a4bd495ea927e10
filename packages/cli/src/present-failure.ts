import {isServiceError} from '@hermes-svc/core'
import {type ErrorReport, reportError} from './error-report.js'
import {unknownCommand} from './own-commands.js'
import {envelope} from './output/envelope.js'
import {writeStdout} from './output/write-stdout.js'
import {errorLines} from './view/error-lines.js'

const UNKNOWN = /^command (\S+) not found$/

function understood(thrown: unknown): unknown {
  if (isServiceError(thrown) || !(thrown instanceof Error)) return thrown
  const id = UNKNOWN.exec(thrown.message)?.[1]
  return id === undefined ? thrown : unknownCommand(id.replaceAll(':', ' '))
}

function withBugHint(report: ErrorReport): ErrorReport {
  if (report.code !== 'HSVC_INTERNAL' || report.hint !== undefined) return report
  return {...report, hint: 'this may be a bug: run it again with --verbose, and report what it prints'}
}

/** Tells a failure that reached the end of the program, and returns the exit code. `--help` and `this.exit()` are told nowhere. */
export function presentFailure(thrown: unknown, argv: readonly string[], json: boolean): number {
  const {code, oclif} = (thrown ?? {}) as {code?: unknown; oclif?: {exit?: number}}
  if (code === 'EEXIT') return oclif?.exit ?? 0
  const report = withBugHint(reportError(understood(thrown)))
  const verbose = argv.includes('--verbose')
  if (json) {
    writeStdout(`${JSON.stringify(envelope({error: report}), null, 2)}\n`)
  } else {
    const stack = verbose && thrown instanceof Error ? [thrown.stack ?? '', ...causes(thrown)] : []
    process.stderr.write(`${[...errorLines(report, verbose), ...stack].join('\n')}\n`)
  }
  return report.exitCode
}

function causes({cause}: Error): string[] {
  return cause instanceof Error ? [`caused by ${cause.stack ?? cause.message}`, ...causes(cause)] : []
}
