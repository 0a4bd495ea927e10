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

/** What uninstall and unregister share: several profiles, going on after failures. */
export abstract class RemovalCommand extends BaseCommand {
  protected async removeAll(
    profiles: readonly string[],
    {timeout, quiet}: RemovalFlags,
    remove: (profile: string, options: VerbOptions) => Promise<Removed>,
  ): Promise<RemovedOutput> {
    const {signal} = this.interruption
    const options: VerbOptions = {signal, ...(timeout === undefined ? {} : {timeoutMs: timeout})}
    const removed: Removed[] = []
    const errors: ErrorRow[] = []
    const progress = this.progress(`removing ${profiles.join(' ')}`)
    try {
      for await (const outcome of runBatch(profiles, profile => remove(profile, options), signal)) {
        if ('value' in outcome) {
          removed.push(outcome.value)
          if (quiet !== true) this.print(removedLines(outcome.value))
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
    return envelope({removed, errors, warnings: this.warnings})
  }
}
