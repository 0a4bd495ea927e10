import {type Removed, runBatch, type VerbOptions} from '@hermes-svc/core'
import {BaseCommand, type CommonFlags} from './base-command.js'
import {reportError} from './error-report.js'
import {exitCodeOfBatch} from './exit-codes.js'
import {envelope, type ErrorRow, errorRow} from './output/envelope.js'
import type {RemovedOutput} from './output/removed-output.js'
import {removedLines} from './view/verb-lines.js'

interface RemovalFlags extends CommonFlags {
  readonly timeout?: number | undefined
}

/** Takes an error for a profile that is left as it is, whose row it gives; null: it is a failure. */
type Skip = (profile: string, error: Error) => Promise<ErrorRow | null>

/** What uninstall and unregister share: several profiles, going on after failures. */
export abstract class RemovalCommand extends BaseCommand {
  protected async removeAll(
    profiles: readonly string[],
    {timeout, quiet}: RemovalFlags,
    remove: (profile: string, options: VerbOptions) => Promise<Removed>,
    skip: Skip | null = null,
  ): Promise<RemovedOutput> {
    const {signal} = this.interruption
    const options: VerbOptions = {signal, ...(timeout === undefined ? {} : {timeoutMs: timeout})}
    const removed: Removed[] = []
    const errors: ErrorRow[] = []
    const skipped: ErrorRow[] = []
    const progress = this.progress(`removing ${profiles.join(' ')}`)
    try {
      for await (const outcome of runBatch(profiles, profile => remove(profile, options), signal)) {
        if ('value' in outcome) {
          removed.push(outcome.value)
          const isSilent = quiet === true || (skip !== null && outcome.value.removed.length === 0)
          if (!isSilent) this.print(removedLines(outcome.value))
          continue
        }
        const skippedRow = await skip?.(outcome.profile, outcome.error)
        if (skippedRow) {
          skipped.push(skippedRow)
          continue
        }
        if (profiles.length === 1) throw outcome.error
        const report = reportError(outcome.error)
        errors.push(errorRow(outcome.profile, report))
        this.printFailure(report)
      }
    } finally {
      progress.stop()
    }
    this.exitWith(exitCodeOfBatch(errors))
    return envelope({removed, ...(skip && {skipped}), errors, warnings: this.warnings})
  }
}
